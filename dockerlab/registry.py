"""The image `registry:2`, for lessons that push and pull without leaving the machine.

It is pulled. Where no registry answers, and only in an engine that the course has started, it is made from the
registry server that came with that engine's packages: the same program, in the same place, on the same port.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import docker.errors

from dockerlab.build import build
from dockerlab.container import docker as run_docker
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed
from dockerlab.labels import RUN

REGISTRY = "registry:2"
DOCKERFILE = """\
FROM {base}
COPY docker-registry /bin/registry
COPY config.yml /etc/docker/registry/config.yml
EXPOSE 5000
ENTRYPOINT ["/bin/registry"]
CMD ["serve", "/etc/docker/registry/config.yml"]
"""
CONFIG = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
"""


def ensure_registry(engine: Engine, base: BaseImage, run: str = "") -> str:
    """Have the image in the engine; gives back what it is: official, or made from the engine's packages.

    Raises:
        BaseImageUnavailable: it can neither be pulled nor made.
    """
    try:
        image = engine.client().images.get(REGISTRY)
    except docker.errors.ImageNotFound:
        image = None
    if image is not None and RUN not in (image.labels or {}):
        return f"the official {REGISTRY}"
    if base.stand_in:  # where the base could not be pulled, this could not either
        return _make(engine, base, run)
    try:
        run_docker(f"pull -q {REGISTRY}", engine=engine)
    except DockerCommandFailed as error:
        raise BaseImageUnavailable(
            f"The image {REGISTRY} could not be pulled.",
            last_lines=error.last_lines,
            advice=f"Check the network and `docker pull {REGISTRY}`.",
        ) from None
    return f"the official {REGISTRY}"


def _make(engine: Engine, base: BaseImage, run: str) -> str:
    server = Path(engine.docker[0]).with_name("docker-registry")
    if not server.exists():
        raise BaseImageUnavailable(
            f"No registry answers, and the engine's packages hold no registry server to make {REGISTRY} from.",
            advice="Give the engine a registry to pull from, for example with --registry-mirror.",
        )
    with tempfile.TemporaryDirectory(prefix="dockerlab-registry-") as scratch:
        context = Path(scratch)
        shutil.copy(server, context)
        (context / "config.yml").write_text(CONFIG, encoding="utf-8")
        (context / "Dockerfile").write_text(DOCKERFILE.format(base=base.reference), encoding="utf-8")
        build(["-t", REGISTRY, str(context)], engine=engine, run=run)
    return f"a stand-in for {REGISTRY} (Debian's docker-registry)"
