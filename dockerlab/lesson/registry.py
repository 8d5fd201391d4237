"""The image `registry:2`, for lessons that push and pull without leaving the machine.

It is pulled. Where no registry answers, and only in an engine that the course has started, it is made from the
registry server that came with that engine's packages: the same program, in the same place, on the same port.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from dockerlab.build.builder import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.lesson.stand_in import ensure_image, not_in_packages

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
    return ensure_image(REGISTRY, _make, engine, base, run)


def _make(engine: Engine, base: BaseImage, run: str) -> str:
    server = Path(engine.docker[0]).with_name("docker-registry")
    if not server.exists():
        raise not_in_packages(REGISTRY, "registry server")
    with tempfile.TemporaryDirectory(prefix="dockerlab-registry-") as scratch:
        context = Path(scratch)
        shutil.copy(server, context)
        (context / "config.yml").write_text(CONFIG, encoding="utf-8")
        (context / "Dockerfile").write_text(DOCKERFILE.format(base=base.reference), encoding="utf-8")
        build(["-t", REGISTRY, str(context)], engine=engine, run=run)
    return f"a stand-in for {REGISTRY} (Debian's docker-registry)"
