"""The base image that every lesson builds on: python:3.11-slim, or a faithful stand-in for it.

It is pulled. Where that fails, and only in an engine that the course has started, a stand-in is built from Debian
packages and CPython's source, and kept as an archive in the cache folder. It is built again only when what it is made
from has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import docker.errors

from dockerlab.engine.apt import Apt, Mirror, find_mirror, unpack
from dockerlab.engine.find import MICRO_VM, Engine, say
from dockerlab.engine.labels import BASE as BASE_LABEL
from dockerlab.engine.private import System
from dockerlab.errors import BaseImageUnavailable, DockerLabError
from dockerlab.paths import cache_folder, locked

BASE = "python:3.11-slim"
RECIPE = Path(__file__).parent / "standin"
DEBIAN_RELEASE = "bookworm"  # the last Debian whose own Python is 3.11, and so the one that has its source
ANSWER_SECONDS = 15  # a registry that has not answered by then will not
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
KEY_LABEL = f"{BASE_LABEL}.key"  # holds Ingredients.key
_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")


@dataclass(frozen=True)
class BaseImage:
    """The base image as it is in the engine.

    Attributes:
        reference: what FROM names.
        stand_in: what the stand-in consists of, such as "Debian 12, CPython 3.11.2"; "" for the official image.
        image_id: its ID.
        size_bytes: what the engine says; depends on its store.
        key: what the stand-in was made from, as Ingredients.key; "" where it does not say so.
    """

    reference: str
    stand_in: str
    image_id: str
    size_bytes: int
    key: str = ""

    def describe(self) -> str:
        """A phrase for pages that state a size."""
        if not self.stand_in:
            return f"the official {self.reference}"
        return f"a stand-in for {self.reference} ({self.stand_in}, {self.size_bytes / 1e6:.0f} MB)"


def present_base(engine: Engine) -> BaseImage | None:
    """The base image, where the engine has it."""
    try:
        image = engine.client().images.get(BASE)
    except docker.errors.ImageNotFound:
        return None
    labels = image.labels or {}
    stand_in, key = (labels.get(name, "") for name in (BASE_LABEL, KEY_LABEL))
    return BaseImage(BASE, stand_in, image.id, image.attrs.get("Size", 0), key)


def ensure_base(engine: Engine, progress: Callable[[str], object] | None = None) -> BaseImage:
    """Have the base image in the engine: present, pulled, loaded from the cache, or built.

    A stand-in that was made from something else than there is now is replaced, but kept where that fails.

    Raises:
        BaseImageUnavailable, DownloadFailed: none of these is possible; with the engine's own words.
    """
    if (base := present_base(engine)) and not _is_outdated(engine, base):
        return base
    progress = progress or say
    with locked(cache_folder() / "base.lock"):
        old = present_base(engine)
        if old and not _is_outdated(engine, old):  # another process was faster
            return old
        if old:
            progress("The course's files or this machine's settings have changed since the stand-in was made.")
        try:
            _get(engine, progress)
        except DockerLabError as error:
            if not old:
                raise
            progress(f"{error.summary} The stand-in that is there stays.")
            return old
        base = present_base(engine)
        if not base:
            raise BaseImageUnavailable(f"The base image {BASE} is not in the engine, although it was just put there.")
        if old and old.image_id != base.image_id:
            _remove_unnamed(engine, old.image_id)
        return base


def _is_outdated(engine: Engine, base: BaseImage) -> bool:
    """Whether it is a stand-in that would be made of something else now, and could be."""
    # In a micro-VM it was made on another machine, and is not to be made on this one.
    if not base.stand_in or not engine.is_ours or engine.source == MICRO_VM:
        return False
    try:
        return base.key != Ingredients.gather().key
    except DockerLabError:  # there is no Debian mirror
        return False


def _get(engine: Engine, progress: Callable[[str], object]) -> None:
    progress(f"Pulling {BASE} …")
    said = _pull(engine)
    if not said:
        return
    if not engine.is_ours:
        raise BaseImageUnavailable(
            f"The base image {BASE} could not be pulled.",
            last_lines=said[-4:],
            advice=f"Check the network and `docker pull {BASE}`. The course puts nothing in its place "
            "in an engine that it has not started.",
        )
    progress(f"{BASE} could not be pulled: {said[-1]}")
    try:
        ingredients = Ingredients.gather()
    except DockerLabError as error:
        raise BaseImageUnavailable(
            f"{BASE} could not be pulled. {error.summary}", last_lines=said[-4:], advice=error.advice
        ) from None
    _stand_in(engine, ingredients, progress)


def _remove_unnamed(engine: Engine, image_id: str) -> None:
    """Remove an image that has lost its name to another; not where it has one more, or a container uses it."""
    with contextlib.suppress(docker.errors.APIError):
        image = engine.client().images.get(image_id)
        if not image.tags:
            image.remove()


def _pull(engine: Engine) -> list[str]:
    """Pull; what docker said where that failed. Gives up where no registry answers within ANSWER_SECONDS."""
    process = subprocess.Popen(
        [*engine.docker, "pull", BASE],
        env=os.environ | engine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    give_up = threading.Timer(ANSWER_SECONDS, process.kill)
    give_up.start()
    lines = []
    for line in process.stdout:
        if "Pulling from" in line:
            give_up.cancel()
        if line.strip():
            lines.append(line.rstrip())
    code = process.wait()
    give_up.cancel()
    process.stdout.close()
    if code < 0:  # killed
        lines.append(f"no registry answered within {ANSWER_SECONDS} s")
    return (lines or [f"docker ended with exit code {code}"]) if code else []


def _stand_in(engine: Engine, ingredients: Ingredients, progress: Callable[[str], object]) -> None:
    archive = cache_folder() / "base" / f"stand-in-{ingredients.key}.tar"
    variables = os.environ | engine.environment()
    if archive.exists():
        progress("Loading the stand-in from the cache (some seconds) …")
        _must(
            subprocess.run([*engine.docker, "load", "-q", "-i", archive], env=variables, capture_output=True, text=True)
        )
        return
    progress(f"Building a stand-in for {BASE} from Debian packages and CPython's source: about 4 minutes, once.")
    with tempfile.TemporaryDirectory(prefix="dockerlab-standin-") as scratch:
        context = Path(scratch)
        version = _fill(context, ingredients, progress)
        command = [
            *engine.docker, "buildx", "build", "--progress=plain", "--load", f"--tag={BASE}",
            f"--file={context / 'standin.Dockerfile'}", f"--label={BASE_LABEL}=Debian 12, CPython {version}",
            f"--label={KEY_LABEL}={ingredients.key}", f"--build-arg=PYTHON_VERSION={version}", context,
        ]  # fmt: skip
        _build(command, variables | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}, progress)
    archive.parent.mkdir(exist_ok=True)
    partial = archive.with_suffix(".partial")
    _must(subprocess.run([*engine.docker, "save", "-o", partial, BASE], env=variables, capture_output=True, text=True))
    partial.rename(archive)
    # The compiler's layers are of no more use.
    subprocess.run([*engine.docker, "buildx", "prune", "-af"], env=variables, capture_output=True)


@dataclass(frozen=True)
class Ingredients:
    """What a stand-in is made from, other than what is downloaded.

    Lessons push images made from it to a registry, so addresses are here without their user information.

    Attributes:
        mirror: the address of the Debian mirror.
        files: file of the build's context -> content: the recipe, and what the machine's own pip and apt need to
            reach their index and mirror.
        has_left_out: whether an address had user information.
    """

    mirror: str
    files: dict[str, bytes]
    has_left_out: bool

    @classmethod
    def gather(cls) -> Ingredients:
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
        """The same for the same ingredients, whoever makes it from whichever folder."""
        parts = [self.mirror.encode()]
        for name in sorted(self.files):
            parts += [name.encode(), self.files[name]]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def without_user(value: str) -> str:
    """Addresses without their user information, such as https://user:password@…; a proxy may have no https://."""
    return re.sub(r"(^|\s|://)[^/\s]*@", r"\1", value)


def _mirror() -> Mirror:
    system = System.read()
    if system.distribution != "debian":
        raise BaseImageUnavailable(
            f"A stand-in for {BASE} can only be made where apt has a Debian mirror.",
            advice=f"Give the engine a registry that has {BASE}, for example with --registry-mirror.",
        )
    return find_mirror(system.distribution, system.release)


def _fill(context: Path, ingredients: Ingredients, progress: Callable[[str], object]) -> str:
    """Put all that the stand-in's build needs into its context; the version of CPython."""
    if ingredients.has_left_out:
        progress("An address in apt's or pip's settings has user information: the stand-in gets it without.")
    (context / "certificates").mkdir()
    for name, content in ingredients.files.items():
        file = context / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o644)  # for every user of the image, whatever this one's umask
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
    _must(subprocess.run(command, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL))


def _build(command: Sequence, variables: Mapping[str, str], progress: Callable[[str], object]) -> None:
    process = subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    last: list[str] = []
    for line in process.stdout:
        last = [*last[-19:], line.rstrip()]
        if step := re.match(r"#\d+ \[(\S+ \d+/\d+)\] (RUN|COPY|ADD) ", line):
            progress(f"  {step[1]} {step[2]}")
    process.stdout.close()
    if process.wait():
        raise BaseImageUnavailable(
            f"The stand-in for {BASE} could not be built.",
            last_lines=last[-8:],
            advice="Check that the machine reaches its Debian mirror, then try again.",
        )


def _must(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        said = ((done.stdout or "") + (done.stderr or "")).strip().splitlines()
        raise BaseImageUnavailable(
            f"The stand-in for {BASE} could not be made: {Path(str(done.args[0])).name} ended with {done.returncode}.",
            last_lines=said[-6:],
            advice="Check the disk (`df -h`) and the network, then try again.",
        )


def _pip_config() -> str:
    done = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True)
    return done.stdout


def pip_settings(listed: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Of the machine's pip configuration, what a build needs to reach the same index; variables come before files.

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
    if "extra-index-url" in kept:  # a folder of the machine is not there in a build
        urls = [u for u in re.split(r"\s+|\\n", kept.pop("extra-index-url")) if u.startswith("http")]
        kept |= {"extra-index-url": " ".join(urls)} if urls else {}
    return kept


def _apt_settings() -> dict[str, str]:
    """Of the machine's apt configuration, what a build needs to reach the same mirror, and to accept its lists."""
    done = subprocess.run(["apt-config", "dump"], capture_output=True, text=True)
    return dict(re.findall(r'^(Acquire::(?:https?::Proxy|Check-Valid-Until)) "(.*)";$', done.stdout, re.M))


__all__ = ["BASE", "BaseImage", "ensure_base", "pip_settings", "present_base"]
