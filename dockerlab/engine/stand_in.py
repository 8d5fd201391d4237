"""Make a stand-in for the base image, on a machine that reaches a Debian mirror and no image registry.

It consists of Debian packages and of CPython built from its source, and follows the official image closely. It is kept
as an archive in the cache folder, and made again only when what it is made from has changed.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from dockerlab.engine.apt import Apt, Mirror, find_mirror, unpack
from dockerlab.engine.boundary import PLAIN_BUILD, stop
from dockerlab.engine.engine import Engine
from dockerlab.engine.labels import STAND_IN
from dockerlab.engine.packages import System
from dockerlab.engine.provider import Progress
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed
from dockerlab.paths import cache_folder

RECIPE = Path(__file__).parent / "standin"
DEBIAN_RELEASE = "bookworm"  # the last Debian whose own Python is 3.11, and so the last that has its source
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
KEY_LABEL = f"{STAND_IN}.key"  # holds Ingredients.key
_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")


@dataclass(frozen=True)
class Ingredients:
    """What a stand-in is made from, apart from what is downloaded.

    Lessons push images made from it to a registry, so addresses are kept without user names and passwords.
    """

    mirror: str  # the address of the Debian mirror
    # File of the build context -> content: the recipe, and the settings that pip and apt of this machine need to reach
    # their index and mirror
    files: dict[str, bytes]
    has_left_out: bool  # whether an address had a user name or a password

    @classmethod
    def gather(cls) -> Self:
        """Those of this machine.

        Raises:
            BaseImageUnavailable, DownloadFailed: it has no Debian mirror.
        """
        mirror = _mirror().uri
        pip, apt = pip_settings(_pip_config(), os.environ), _apt_settings()
        values = [mirror, *pip.values(), *apt.values()]
        files = {file.name: file.read_bytes() for file in RECIPE.iterdir() if file.is_file()}
        pip = {name: without_user(value) for name, value in pip.items()}
        if CERTIFICATES.exists():
            files[f"certificates/{CERTIFICATES.name}"] = CERTIFICATES.read_bytes()
            pip["cert"] = str(CERTIFICATES)
        pip_text = "[global]\n" + "".join(f"{name} = {value}\n" for name, value in pip.items())
        apt_text = "".join(f'{name} "{without_user(value)}";\n' for name, value in apt.items())
        files |= {"machine/etc/pip.conf": pip_text.encode(), "machine/etc/apt/apt.conf.d/machine": apt_text.encode()}
        return cls(without_user(mirror), files, any(without_user(value) != value for value in values))

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits, the same for the same ingredients."""
        parts = [self.mirror.encode()]
        for name in sorted(self.files):
            parts += [name.encode(), self.files[name]]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def make(reference: str, engine: Engine, ingredients: Ingredients, progress: Progress) -> None:
    """Put the stand-in into the engine under the name `reference`: loaded from the cache, else built.

    Raises:
        BaseImageUnavailable, DownloadFailed.
    """
    archive = cache_folder() / "base" / f"stand-in-{ingredients.key}.tar"
    try:
        if archive.exists():
            progress("Loading the stand-in from the cache (some seconds) …")
            engine.run("load", "-q", "-i", archive)
            return
        progress(
            f"Building a stand-in for {reference} from Debian packages and CPython's source: about 4 minutes, once."
        )
        with tempfile.TemporaryDirectory(prefix="dockerlab-standin-") as scratch:
            version = _fill(Path(scratch), ingredients, progress)
            _build(reference, engine, Path(scratch), version, ingredients.key, progress)
        archive.parent.mkdir(exist_ok=True)
        partial = archive.with_suffix(".partial")
        engine.run("save", "-o", partial, reference)
    except DockerCommandFailed as error:
        raise _not_made(reference, error.command, error.exit_code, error.output) from None
    partial.rename(archive)
    with contextlib.suppress(DockerCommandFailed):
        engine.run("buildx", "prune", "-af")  # the compiler's layers are no longer needed


def _build(reference: str, engine: Engine, context: Path, version: str, key: str, progress: Progress) -> None:
    arguments = (
        "buildx", "build", "--progress=plain", "--load", f"--tag={reference}", f"--file={context}/standin.Dockerfile",
        f"--label={STAND_IN}=Debian 12, CPython {version}", f"--label={KEY_LABEL}={key}",
        f"--build-arg=PYTHON_VERSION={version}", context,
    )  # fmt: skip
    process = engine.popen(*arguments, variables=PLAIN_BUILD)
    last: list[str] = []
    try:
        for line in process.stdout:
            last = [*last[-19:], line.decode(errors="replace").rstrip()]
            if step := re.match(r"#\d+ \[(\S+ \d+/\d+)\] (RUN|COPY|ADD) ", last[-1]):
                progress(f"  {step[1]} {step[2]}")
        code = process.wait()
    finally:
        stop(process)
        process.stdout.close()
    if code:
        raise BaseImageUnavailable(
            f"The stand-in for {reference} could not be built.",
            last_lines=last[-8:],
            advice="Check that the machine reaches its Debian mirror, then try again.",
        )


def _fill(context: Path, ingredients: Ingredients, progress: Progress) -> str:
    """Put everything that the build needs into its context; gives the version of CPython."""
    if ingredients.has_left_out:
        progress("An address in apt's or pip's settings has user information: the stand-in gets it without.")
    (context / "certificates").mkdir()
    for name, content in ingredients.files.items():
        file = context / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o644)  # readable for every user of the image, whatever umask this process has
    system, mirror = System.read(), _mirror()
    apt = Apt(cache_folder() / "apt", mirror)
    progress("downloading CPython's source")
    sources = context / "source"
    sources.mkdir()
    apt.download_source(DEBIAN_RELEASE, "python3.11", sources)
    tarball = next(sources.glob("*.orig.tar.*"))
    shutil.move(tarball, context / "python.orig.tar.gz")
    progress("making a minimal Debian (half a minute)")
    tools = unpack(apt, {system.release: ["mmdebstrap"]}, cache_folder() / "packages" / f"mmdebstrap-{system.release}")
    _debootstrap(tools, replace(mirror, uri=ingredients.mirror), context / "rootfs.tar")
    return tarball.name.split("_")[1].split(".orig")[0]


def _debootstrap(tools: Path, mirror: Mirror, target: Path) -> None:
    program = tools / "usr/bin/mmdebstrap"
    excluded = ("man", "locale", "info", "lintian", "groff")
    options = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in excluded]
    options += ["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    command = [
        "perl", program, "--mode=root", "--variant=minbase", "--components=main", f"--keyring={mirror.signed_by}",
        '--aptopt=APT::Install-Recommends "false"', *options, DEBIAN_RELEASE, target, mirror.uri,
    ]  # fmt: skip
    variables = os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise _not_made("the base image", "mmdebstrap", done.returncode, done.stdout + done.stderr)


def _not_made(reference: str, command: str, code: int, output: str) -> BaseImageUnavailable:
    return BaseImageUnavailable(
        f"The stand-in for {reference} could not be made: {command} ended with {code}.",
        last_lines=output.strip().splitlines()[-6:],
        advice="Check the disk (`df -h`) and the network, then try again.",
    )


def without_user(value: str) -> str:
    """Addresses without their user information, such as https://user:password@…; a proxy may have no https://."""
    return re.sub(r"(^|\s|://)[^/\s]*@", r"\1", value)


def _mirror() -> Mirror:
    system = System.read()
    if system.distribution != "debian":
        raise BaseImageUnavailable(
            "A stand-in for the base image can only be made where apt has a Debian mirror.",
            advice="Give the engine a registry that has the image, for example with --registry-mirror.",
        )
    return find_mirror(system.distribution, system.release)


def _pip_config() -> str:
    return subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout


def pip_settings(listed: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The part of pip's configuration that a build needs to reach the same index; variables override files.

    Args:
        listed: what `pip config list` prints, such as "global.index-url='https://…'".
    """
    found = dict(re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed, re.M))
    found |= {
        key: environment[name]
        for key in _PIP_SETTINGS
        if (name := "PIP_" + key.upper().replace("-", "_")) in environment
    }
    kept = {key: found[key] for key in _PIP_SETTINGS if key in found}
    if "extra-index-url" in kept:  # a folder of this machine does not exist in a build
        urls = [u for u in re.split(r"\s+|\\n", kept.pop("extra-index-url")) if u.startswith("http")]
        kept |= {"extra-index-url": " ".join(urls)} if urls else {}
    return kept


def _apt_settings() -> dict[str, str]:
    """The part of apt's configuration that a build needs to reach the same mirror and to accept its lists."""
    done = subprocess.run(["apt-config", "dump"], capture_output=True, text=True)
    return dict(re.findall(r'^(Acquire::(?:https?::Proxy|Check-Valid-Until)) "(.*)";$', done.stdout, re.M))
