"""Record BuildKit's progress streams for tests/unit/build/streams, with the buildx of this machine or another one.

    .venv/bin/python -m tools.record_streams                       # the buildx that the course uses
    .venv/bin/python -m tools.record_streams --buildx PATH/docker-buildx --only failure
    .venv/bin/python -m tools.record_streams --host unix:///run/other/docker.sock

Each scene of SCENES is built in an engine of its own (root on Debian or Ubuntu), which is gone afterwards. What buildx
wrote to stderr is kept as it came, in BUILDX/SCENE.gz, or in BUILDX-containerd/SCENE.gz if containerd keeps the images.
That store can do more, so it has scenes of its own: they need `--host`, an engine that has it and nothing of value.
After recording, tests/unit/build/test_streams.py says what has changed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import re
import shlex
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dockerlab.build.supplies import supply
from dockerlab.engine import Engine, find
from dockerlab.engine.base import ensure_base
from dockerlab.engine.boundary import PLAIN_BUILD
from dockerlab.engine.engine import Server
from dockerlab.engine.find import connect
from dockerlab.engine.private import PrivateEngine
from dockerlab.paths import project_root

STREAMS = project_root(Path(__file__).parent) / "tests/unit/build/streams"
BASE = "FROM python:3.11-slim"
RUN = "record-streams"  # the label's run; all of it goes with the engine


@dataclass(frozen=True)
class Scene:
    """A build to record. {registry} and {files} in its texts become addresses on 127.0.0.1."""

    dockerfile: str
    options: str = ""
    files: dict[str, str] = field(default_factory=dict)  # the build context besides the Dockerfile
    first: str = ""  # a Dockerfile that is built before, with nothing recorded
    first_options: str = ""
    between: str = ""  # docker commands after that, one a line
    stops: bool = False  # end the build when a step has printed something


DATA = {"data.txt": "x" * 5000, "more.txt": "more\n"}
SECRET = {"token.txt": "not-so-secret\n"}
SCENES = {
    "failure": Scene(f"{BASE}\nRUN echo one && sleep 0.3 && echo two >&2 && exit 7\nRUN echo never\n"),
    "failure-beside-a-running-stage": Scene(
        f"{BASE} AS slow\nRUN sleep 60\n{BASE} AS bad\nRUN sleep 2; echo bad; exit 3\n"
        f"{BASE}\nCOPY --from=slow /etc/hostname /a\nCOPY --from=bad /etc/hostname /b\n"
    ),
    "missing-file": Scene(f"{BASE}\nCOPY absent /x\n"),
    "unknown-instruction": Scene("\n" * 8 + f"{BASE}\nRNU echo x\n"),
    "twelve-steps": Scene("\n".join([BASE, *(f"RUN echo step {number}" for number in range(2, 13))])),
    "one-line-changed": Scene(
        f"{BASE}\nWORKDIR /app\nCOPY data.txt .\nRUN echo two $(date +%N)\nRUN echo three\n",
        first=f"{BASE}\nWORKDIR /app\nCOPY data.txt .\nRUN echo one\nRUN echo three\n",
        files=DATA,
    ),
    "parallel-stages": Scene(
        f"{BASE} AS one\nRUN sleep 1; echo one > /one\n{BASE} AS two\nRUN sleep 1; echo two > /two\n"
        f"{BASE} AS unused\nRUN echo never\n{BASE}\nCOPY --from=one /one /\nCOPY --from=two /two /\n"
    ),
    "copy-from-an-image": Scene(
        "FROM scratch\nCOPY --from=python:3.11-slim /etc/hostname /\nCOPY data.txt /\n", files=DATA
    ),
    "link": Scene(f"{BASE}\nWORKDIR /app\nCOPY --link data.txt .\nCOPY --link --chown=1 data.txt /b\n", files=DATA),
    "link-cached": Scene(
        f"{BASE}\nRUN echo $(date +%N) new base\nCOPY --link data.txt /linked.txt\n",
        first=f"{BASE}\nRUN echo old base\nCOPY --link data.txt /linked.txt\n",
        files=DATA,
    ),
    "add-url": Scene("FROM scratch\nADD {files}/more.txt /\nCOPY data.txt /\n", files=DATA),
    "heredoc": Scene(f"{BASE}\nRUN <<EOF\necho one\necho two [1/2]\nEOF\nCOPY <<EOF /settings\na=1\nEOF\n"),
    "mounts": Scene(
        f"{BASE}\nRUN --mount=type=secret,id=token test -s /run/secrets/token\n"
        "RUN --mount=type=bind,target=/src --mount=type=cache,target=/cache,uid=1000 wc -c /src/data.txt\n",
        "--secret id=token,src=token.txt",
        DATA | SECRET,
    ),
    "no-utf-8": Scene(f"{BASE}\nRUN printf 'caf\\351 \\377\\n'; printf 'caf\\303'; sleep 0.3; printf '\\251\\n'\n"),
    "warnings": Scene(
        "from python:3.11-slim as one\nMAINTAINER nobody\nENV KEY value\nRUN echo one\n"
        "FROM python:3.11-slim as two\nENV OTHER value\nARG TOKEN\nCOPY --from=one /etc/hostname /\nCMD echo hello\n",
        "-f odd.Dockerfile",
    ),
    "interrupted": Scene(f"{BASE}\nRUN echo begin; sleep 60\nRUN echo never\n", stops=True),
    "pull": Scene("FROM {registry}/recorded/pulled\nCOPY data.txt /\n", files=DATA),
    "missing-image": Scene("FROM {registry}/recorded/absent\nRUN echo here\n"),
    "cache-from-a-registry": Scene(
        f"{BASE}\nRUN head -c 3000000 /dev/urandom > /random\nRUN echo two > /two\nCOPY data.txt /\n",
        "--cache-from={registry}/recorded/cached",
        DATA,
        first=f"{BASE}\nRUN head -c 3000000 /dev/urandom > /random\nRUN echo two > /two\n",
        first_options="--build-arg BUILDKIT_INLINE_CACHE=1 -t {registry}/recorded/cached",
        between="push -q {registry}/recorded/cached\nrmi -f {registry}/recorded/cached\nbuilder prune -a -f",
    ),
    "onbuild": Scene(
        "FROM dockerlab-test:onbuild\nRUN echo own\n",
        "--pull=false",
        DATA,
        first=f"{BASE}\nONBUILD COPY data.txt /\nONBUILD RUN echo inherited\n",
        first_options="-t dockerlab-test:onbuild",
    ),
    "from-scratch": Scene("FROM scratch\nCOPY data.txt /\nWORKDIR /\n", files=DATA),
    "much-output": Scene(f"{BASE}\nRUN yes a line of output | head -n 200000\n"),
}
# For an engine whose images containerd keeps.
CONTAINERD_SCENES = {
    "link": SCENES["link"],
    "link-cached": SCENES["link-cached"],
    "two-platforms": Scene(
        "FROM scratch AS one\nARG TARGETARCH\nCOPY data.txt /$TARGETARCH/\nFROM scratch\nCOPY --from=one / /\n",
        "--platform=linux/amd64,linux/arm64",
        files=DATA,
    ),
    "cache-from-a-folder": Scene(
        f"{BASE}\nRUN head -c 3000000 /dev/urandom > /random\nRUN echo $(date +%N) new\n",
        "--cache-from=type=local,src=cache --cache-to=type=local,dest=new-cache",
        first=f"{BASE}\nRUN head -c 3000000 /dev/urandom > /random\nRUN echo old\n",
        first_options="--no-cache --cache-to=type=local,dest=cache,mode=max",
        between="builder prune -a -f",
    ),
}
# These take steps from the cache; the others run everything.
CACHED = ("one-line-changed", "link-cached", "cache-from-a-registry", "cache-from-a-folder")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--buildx", type=Path, help="another docker-buildx program")
    parser.add_argument("--host", help="another engine, as a DOCKER_HOST value; its build cache is emptied")
    parser.add_argument("--only", action="append", help="this scene; may be given several times")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dockerlab-record-") as scratch:
        own = nullcontext(at(options.host)) if options.host else own_engine(Path(scratch, "cache"))
        with own as engine:
            load_base(engine)
            if options.buildx:
                engine = with_buildx(engine, options.buildx, Path(scratch, "config"))
            scenes = CONTAINERD_SCENES if engine.server.has_containerd_store else SCENES
            folder = STREAMS / (engine.buildx + "-containerd" * engine.server.has_containerd_store)
            folder.mkdir(parents=True, exist_ok=True)
            with registry(engine) as address, file_server() as files:
                push(engine, f"{address}/recorded/pulled")
                for name in options.only or scenes:
                    with tempfile.TemporaryDirectory(prefix="dockerlab-scene-") as context:
                        addresses = {"registry": address, "files": files}
                        stream = record(engine, scenes[name], name in CACHED, Path(context), addresses)
                    packed = gzip.compress(stream, mtime=0)
                    (folder / f"{name}.gz").write_bytes(packed)
                    print(f"{folder.name}/{name}: {len(stream)} bytes, {len(packed)} in gzip")


@contextmanager
def own_engine(cache: Path) -> Iterator[Engine]:
    """A private engine in a cache folder of its own, ended afterwards."""
    cache.mkdir()
    private = PrivateEngine(cache)
    try:
        private.up(print)
        yield connect(private)
    finally:
        private.down()


def at(host: str) -> Engine:
    """The engine at an address, with the course's docker command."""
    usual = find()
    line = replace(usual.line, variables=usual.line.variables | {"DOCKER_HOST": host})
    found = replace(usual, host=host, line=line)
    return replace(found, server=Server.from_info(json.loads(found.run("info", "--format", "{{json .}}"))))


def load_base(engine: Engine) -> None:
    """Put the base image of the course's engine into this one."""
    usual = find()
    ensure_base(usual)
    saved = usual.popen("save", "python:3.11-slim", stderr=None)
    subprocess.run([*engine.line.command, "load", "-q"], stdin=saved.stdout, env=engine.environment(), check=True)
    saved.wait()


def with_buildx(engine: Engine, program: Path, config: Path) -> Engine:
    """The same engine, whose docker command has another buildx."""
    plugins = config / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-buildx").symlink_to(program.resolve())
    line = replace(engine.line, variables=engine.line.variables | {"DOCKER_CONFIG": str(config)})
    found = replace(engine, line=line)
    version = re.search(r"\d+\.\d+\.\d+", found.run("buildx", "version"))[0]
    return replace(found, buildx=version)


@contextmanager
def registry(engine: Engine) -> Iterator[str]:
    """A registry in the engine; yields its address."""
    supply("registry:2", engine, ensure_base(engine))
    name = engine.run("run", "-d", "-p", "127.0.0.1::5000", "registry:2").strip()
    try:
        yield engine.run("port", name, "5000").split()[0]
    finally:
        engine.run("rm", "-f", name)


@contextmanager
def file_server() -> Iterator[str]:
    """A web server with the files of DATA; yields its address."""
    with tempfile.TemporaryDirectory(prefix="dockerlab-files-") as folder:
        for name, text in DATA.items():
            Path(folder, name).write_text(text)
        handler = partial(SimpleHTTPRequestHandler, directory=folder)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_address[1]}"
            server.shutdown()


def push(engine: Engine, name: str) -> None:
    """Push an image of one layer that the engine has never had, so that a build has to pull it."""
    archive, noise = io.BytesIO(), os.urandom(3_000_000)
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("noise")
        member.size = len(noise)
        tar.addfile(member, io.BytesIO(noise))
    command = [*engine.line.command, "import", "-", name]
    subprocess.run(command, input=archive.getvalue(), env=engine.environment(), stdout=subprocess.DEVNULL, check=True)
    engine.run("push", "-q", name)
    engine.run("rmi", name)


def record(engine: Engine, scene: Scene, cached: bool, folder: Path, addresses: dict[str, str]) -> bytes:
    """What buildx writes to stderr while it builds a scene."""

    def filled(text: str) -> str:
        for key, address in addresses.items():
            text = text.replace(f"{{{key}}}", address)
        return text

    for path, text in scene.files.items():
        (folder / path).write_text(text)
        os.utime(folder / path, (1_700_000_000, 1_700_000_000))
    if scene.first:
        (folder / "Dockerfile").write_text(filled(scene.first))
        engine.run("buildx", "build", *shlex.split(filled(scene.first_options)), ".", cwd=folder)
    for command in filled(scene.between).splitlines():
        engine.run(*shlex.split(command))
    options = shlex.split(filled(scene.options))
    file = next((word for word in options if word.endswith("Dockerfile")), "Dockerfile")
    (folder / file).write_text(filled(scene.dockerfile))
    fresh = () if cached else ("--no-cache",)
    process = engine.popen(
        *("buildx", "build", "--progress=rawjson", *fresh, *options, "."),
        cwd=folder,
        variables=PLAIN_BUILD,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    stream, stops = b"", scene.stops
    while chunk := process.stderr.read1(65536):
        stream += chunk
        if stops and b'"logs"' in stream:
            process.terminate()
            stops = False
    process.wait()
    return stream


if __name__ == "__main__":
    main()
