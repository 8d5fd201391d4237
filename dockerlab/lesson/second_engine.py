"""A second Docker engine, in a container: another machine, as far as builds and images are concerned.

It runs in the image `docker:dind`, which is pulled. Where no registry answers, and only in an engine that the course
has started, the image is made from that engine's own packages: the same programs, started in the same way. The second
engine listens to nothing but `docker exec`. All that it keeps is in an anonymous volume, which goes with the container.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import docker

from dockerlab.build.builder import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.engine.find import MICRO_VM, store_name
from dockerlab.engine.vm.machine import MicroVM
from dockerlab.engine.vm.parts import take_out
from dockerlab.errors import DockerCommandFailed, EngineLost, EngineStartFailed
from dockerlab.lesson.stand_in import ensure_image, not_in_packages
from dockerlab.run.container import docker as run_docker

DIND = "docker:dind"
START_SECONDS = 60
PROGRAMS = (
    "usr/sbin/dockerd",
    "usr/sbin/docker-proxy",
    "usr/bin/containerd",
    "usr/bin/containerd-shim-runc-v2",
    "usr/sbin/runc",
    "usr/bin/docker",
    "usr/bin/tini-static",
)
BUILDX = "usr/libexec/docker/cli-plugins/docker-buildx"
# Without iptables the steps of a build there reach no network; the official image's do. Images are kept by
# containerd, as a fresh engine does from release 29: only then can the engine's own builder export a cache.
DOCKERFILE = """\
FROM {base}
COPY {programs} /usr/local/bin/
COPY {buildx} /usr/local/libexec/docker/cli-plugins/
COPY <<EOF /etc/docker/daemon.json
{{"iptables": false, "ip6tables": false, "features": {{"containerd-snapshotter": true}}}}
EOF
COPY --chmod=755 <<"EOF" /usr/local/bin/dockerd-entrypoint.sh
#!/bin/sh
set -e
rm -f /run/docker.pid
cd /sys/fs/cgroup
if [ -f cgroup.controllers ]; then # version 2: a group that hands out controllers must hold no process itself
    mkdir -p start
    for process in $(cat cgroup.procs); do echo "$process" > start/cgroup.procs || true; done
    for controller in $(cat cgroup.controllers); do echo "+$controller" > cgroup.subtree_control || true; done
fi
cd /
exec tini-static -- "$@"
EOF
VOLUME /var/lib/docker
ENTRYPOINT ["dockerd-entrypoint.sh"]
"""


# An attestation carries the time of the build; the client's own variables do not reach into a container.
_PLAIN = ("-e", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")


@dataclass(frozen=True)
class SecondEngine(Engine):
    """An engine in a container of another one, asked through `docker exec`.

    Attributes:
        outer: the engine that runs the container.
        container: its name.
    """

    outer: Engine
    container: str

    @property
    def sees_files(self) -> bool:
        """It sees the files of its container only."""
        return False

    def lost(self, summary: str, said: Sequence[str] = ()) -> EngineLost:
        """The exception for this engine, which lives as long as its container."""
        advice = f"`docker logs {self.container}` has its last words. Run the chapter again from its first cell."
        return EngineLost(summary, last_lines=said, advice=advice)

    def client(self) -> docker.DockerClient:
        """There is none: nothing but `docker exec` leads there.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"The engine in the container {self.container} has no address for the docker SDK.")

    def with_options(self, options: Sequence[str]) -> SecondEngine:
        """The same engine, asked through `docker exec OPTIONS …`."""
        return replace(self, docker=[*self.outer.docker, "exec", *options, *_PLAIN, self.container, "docker"])

    def stop_builds(self) -> None:
        """Cancel the builds that go on there: to end `docker exec` does not end what it has started."""
        with contextlib.suppress(DockerCommandFailed):  # the container has ended, and its builds with it
            run_docker(f"exec {self.container} sh -c 'kill $(pidof docker-buildx) || true'", engine=self.outer)


def ensure_dind(engine: Engine, base: BaseImage, run: str = "") -> str:
    """Have the image in the engine; gives back what it is: official, or made from the engine's packages.

    Raises:
        BaseImageUnavailable: it can neither be pulled nor made.
    """
    return ensure_image(DIND, _make, engine, base, run)


def _make(engine: Engine, base: BaseImage, run: str) -> str:
    recipe = DOCKERFILE.format(base=base.reference, programs=" ".join(PROGRAMS), buildx=BUILDX)
    with tempfile.TemporaryDirectory(prefix="dockerlab-dind-") as scratch:
        packages = _packages(engine, Path(scratch, "packages"))
        if missing := [name for name in (*PROGRAMS, BUILDX) if not (packages / name).exists()]:
            raise not_in_packages(DIND, Path(missing[0]).name)
        (Path(scratch) / "Dockerfile").write_text(recipe, encoding="utf-8")
        # The packages themselves are the context: only what COPY names is sent, and only once.
        build(["-t", DIND, "-f", f"{scratch}/Dockerfile", str(packages)], engine=engine, run=run)
    return f"a stand-in for {DIND} (Debian's docker.io {engine.version})"


def _packages(engine: Engine, scratch: Path) -> Path:
    """The folder of the engine's packages; those of a micro-VM are on its disk, all but the client's."""
    client = Path(engine.docker[0]).parents[2]
    if engine.source != MICRO_VM:
        return client
    take_out(MicroVM().parts.disk, (name for name in PROGRAMS if not (client / name).exists()), scratch)
    for name in (*PROGRAMS, BUILDX):
        if not (scratch / name).exists():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(client / name, scratch / name)
    return scratch


def wait_for(engine: Engine, container: str, timeout: float = START_SECONDS) -> SecondEngine:
    """The engine in a running container, as soon as it answers.

    Raises:
        EngineStartFailed: it did not answer in time, or its container has ended; with its last log lines. Also
            where it can export no cache, as engines before release 29 cannot if not told otherwise.
        DockerCommandFailed: there is no such container.
    """
    begin = time.monotonic()
    inside = f"exec {container} docker"
    while True:
        state = run_docker(f"inspect --format {{{{.State.Status}}}} {container}", engine=engine).strip()
        try:
            said = run_docker(f"{inside} info --format '{{{{json .}}}}'", engine=engine).splitlines()
            info = json.loads(next((line for line in said if line.startswith("{")), "{}"))
            if info.get("ServerVersion"):
                break
        except DockerCommandFailed:
            pass  # not yet
        if state != "running" or time.monotonic() - begin > timeout:
            raise _not_up(engine, container, state, timeout)
        time.sleep(0.1)
    buildx = run_docker(f"{inside} buildx version", engine=engine).split()
    found = SecondEngine(
        source=f"in the container {container}",
        host="",
        docker=[],
        variables=engine.environment(),
        version=info["ServerVersion"],
        store=store_name(info),
        buildx=buildx[1].removeprefix("v") if len(buildx) > 1 else "",
        operating_system=info.get("OperatingSystem", ""),
        outer=engine,
        container=container,
    ).with_options(())
    if not found.has_containerd_store:
        raise EngineStartFailed(
            f"The second engine, Docker {found.version} with {found.store}, can export no cache.",
            advice=f"`docker pull {DIND}` gets a newer one, of release 29 or later.",
        )
    return found


def asked(engines: Mapping[str, SecondEngine], words: Sequence[str]) -> tuple[SecondEngine, list[str]] | None:
    """For `exec [OPTIONS] NAME docker …`, the engine of that name and what follows `docker`; None for all else."""
    if words[:1] != ["exec"] or "docker" not in words[2:]:
        return None
    place = words.index("docker", 2)
    found = engines.get(words[place - 1])
    return (found.with_options(words[1 : place - 1]), list(words[place + 1 :])) if found else None


def _not_up(engine: Engine, container: str, state: str, timeout: float) -> EngineStartFailed:
    last = run_docker(f"logs --tail 8 {container}", engine=engine).splitlines()
    what = f"no answer in {timeout:.0f} s" if state == "running" else f"its container is {state}"
    return EngineStartFailed(
        f"The second engine, in the container {container}, did not come up: {what}.",
        last_lines=last,
        advice="It has to be run with --privileged, which not every engine allows.",
    )
