"""The base image that every lesson builds on: python:3.11-slim, or a faithful stand-in for it.

It is pulled. Where no registry answers, and only in an engine that the course has started, a stand-in is built from
Debian packages and CPython's source, once, and kept as an archive in the cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker.errors

from dockerlab.engine.apt import Apt, Mirror, find_mirror, unpack
from dockerlab.engine.find import Engine, say
from dockerlab.engine.private import System
from dockerlab.errors import BaseImageUnavailable
from dockerlab.labels import BASE as BASE_LABEL
from dockerlab.paths import cache_folder

BASE = "python:3.11-slim"
RECIPE = Path(__file__).parent / "standin"
DEBIAN_RELEASE = "bookworm"  # the last Debian whose own Python is 3.11, and so the one that has its source
ANSWER_SECONDS = 15  # a registry that has not answered by then will not
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")


@dataclass(frozen=True)
class BaseImage:
    """The base image as it is in the engine.

    Attributes:
        reference: what FROM names.
        stand_in: what the stand-in consists of, such as "Debian 12, CPython 3.11.2"; "" for the official image.
        image_id: its ID.
        size_bytes: what the engine says; depends on its store.
    """

    reference: str
    stand_in: str
    image_id: str
    size_bytes: int

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
    return BaseImage(BASE, (image.labels or {}).get(BASE_LABEL, ""), image.id, image.attrs.get("Size", 0))


def ensure_base(engine: Engine, progress: Callable[[str], object] | None = None) -> BaseImage:
    """Have the base image in the engine: present, pulled, loaded from the cache, or built.

    Raises:
        BaseImageUnavailable: none of these is possible; with the engine's own words.
    """
    if base := present_base(engine):
        return base
    progress = progress or say
    with _lock():
        if base := present_base(engine):  # another process was faster
            return base
        progress(f"Pulling {BASE} …")
        said = _pull(engine)
        if said:
            if not engine.is_ours:
                raise BaseImageUnavailable(
                    f"The base image {BASE} could not be pulled.",
                    last_lines=said[-4:],
                    advice=f"Check the network and `docker pull {BASE}`. The course puts nothing in its place "
                    "in an engine that it has not started.",
                )
            progress("No registry answers.")
            _stand_in(engine, progress)
    if base := present_base(engine):
        return base
    raise BaseImageUnavailable(f"The base image {BASE} is not in the engine, although it was just put there.")


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
        lines.append(line.rstrip())
    code = process.wait()
    give_up.cancel()
    process.stdout.close()
    return (lines or [f"no registry answered within {ANSWER_SECONDS} s"]) if code else []


def _stand_in(engine: Engine, progress: Callable[[str], object]) -> None:
    archive = cache_folder() / "base" / f"stand-in-{_recipe_key()}.tar"
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
        facts = _gather(context, progress)
        command = [
            *engine.docker, "buildx", "build", "--progress=plain", "--load", f"--tag={BASE}",
            f"--file={context / 'standin.Dockerfile'}", f"--label={BASE_LABEL}={facts['description']}",
            f"--build-arg=PYTHON_VERSION={facts['python']}", context,
        ]  # fmt: skip
        _build(command, variables | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}, progress)
    archive.parent.mkdir(exist_ok=True)
    partial = archive.with_suffix(".partial")
    _must(subprocess.run([*engine.docker, "save", "-o", partial, BASE], env=variables, capture_output=True, text=True))
    partial.rename(archive)
    # The compiler's layers are of no more use.
    subprocess.run([*engine.docker, "buildx", "prune", "-af"], env=variables, capture_output=True)


def _recipe_key() -> str:
    content = b"".join(file.read_bytes() for file in sorted(RECIPE.iterdir()) if file.is_file())
    content += _apt_settings().encode()
    return hashlib.sha256(content).hexdigest()[:12]


def _gather(context: Path, progress: Callable[[str], object]) -> dict[str, str]:
    """Put all that the stand-in's build needs into its context; the facts that its label states."""
    system = System.read()
    if system.distribution != "debian":
        raise BaseImageUnavailable(
            f"No registry answers, and a stand-in for {BASE} can only be made where apt has a Debian mirror.",
            advice=f"Give the engine a registry that has {BASE}, for example with --registry-mirror.",
        )
    mirror = find_mirror(system.distribution, system.release)
    apt = Apt(cache_folder() / "apt", mirror)
    for file in RECIPE.iterdir():
        if file.is_file():
            shutil.copy(file, context)
    progress("downloading CPython's source")
    sources = context / "source"
    sources.mkdir()
    apt.download_source(DEBIAN_RELEASE, "python3.11", sources)
    tarball = next(sources.glob("*.orig.tar.*"))
    shutil.move(tarball, context / "python.orig.tar.gz")
    progress("making a minimal Debian (half a minute)")
    tools = unpack(apt, {system.release: ["mmdebstrap"]}, cache_folder() / "packages" / f"mmdebstrap-{system.release}")
    _debootstrap(tools, mirror, context / "rootfs.tar")
    machine = context / "machine" / "etc"
    (machine / "apt/apt.conf.d").mkdir(parents=True)
    (context / "certificates").mkdir()
    pip = pip_settings(_pip_config(), os.environ)
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, context / "certificates" / CERTIFICATES.name)
        pip["cert"] = str(CERTIFICATES)
    (machine / "pip.conf").write_text("[global]\n" + "".join(f"{k} = {v}\n" for k, v in pip.items()))
    (machine / "apt/apt.conf.d/machine").write_text(_apt_settings())
    version = tarball.name.split("_")[1].split(".orig")[0]
    return {"python": version, "description": f"Debian 12, CPython {version}"}


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


def _apt_settings() -> str:
    """Of the machine's apt configuration, what a build needs to reach the same mirror, and to accept its lists."""
    done = subprocess.run(["apt-config", "dump"], capture_output=True, text=True)
    lines = re.findall(r"^Acquire::(?:https?::Proxy|Check-Valid-Until) .*$", done.stdout, re.M)
    return "".join(f"{line}\n" for line in lines)


@contextmanager
def _lock() -> Iterator[None]:
    with (cache_folder() / "base.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


__all__ = ["BASE", "BaseImage", "ensure_base", "pip_settings", "present_base"]
