"""A walk through what every chapter needs of an engine, in a process of its own; prints what it found as JSON.

    python -m tests.engine.engine.walk [CACHE RELEASE]

Args: the cache folder and the release of a private engine that runs; without them, the engine that `find` gives.
"""

import json
import os
import sys
import uuid
from pathlib import Path

from dockerlab.build import build
from dockerlab.build.xray import xray
from dockerlab.engine import Engine, find
from dockerlab.engine.base import ensure_base
from dockerlab.engine.find import connect
from dockerlab.engine.labels import clean
from dockerlab.engine.private import PrivateEngine
from dockerlab.image import ImageReader
from dockerlab.image.search import find_in_image
from dockerlab.paths import make_scratch
from dockerlab.run import Container, docker_command

RUN = f"test-walk-{os.getpid()}"
NEEDLE = f"needle-{uuid.uuid4().hex}"  # a step that no cache has seen
DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /srv
COPY page.html .
RUN echo {needle} > made.txt
HEALTHCHECK --interval=1s CMD ["env", "no_proxy=*", "python", "-c", \
"import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000')"]
CMD ["python", "-m", "http.server"]
"""


def walk(engine: Engine) -> dict:
    """Build, build again, look, run, ask, stop and clean up."""
    folder = make_scratch("walk")
    context, tag = folder / "context", f"{RUN}:1"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE.replace("{needle}", NEEDLE))
    (context / "page.html").write_text("hello")
    os.chdir(context)
    first = build(f"-t {tag} .", engine=engine, run=RUN)
    again = build(f"-t {tag} .", engine=engine, run=RUN)
    image = ImageReader(engine).read(tag)[tag]
    printed = docker_command(f"run --rm {tag} cat made.txt", engine=engine, run=RUN)
    docker_command(f"run -d --name {RUN} -p 127.0.0.1::8000 {tag}", engine=engine, run=RUN)
    answer = Container(RUN, engine).ask("page.html")
    health = list(Container(RUN, engine).watch_health("healthy")["health"])
    Container(RUN, engine).stop()
    result = {
        "needle": NEEDLE,
        "source": engine.source,
        "store": engine.server.store,
        "version": engine.server.version,
        "buildx": engine.buildx,
        "ran": first.ran,
        "ran again": again.ran,
        "same ID": again.image_id == first.image_id == engine.client().images.get(tag).id,
        "context": [file.path for file in xray(".").inside],
        "own layers": [layer.created_by for layer in image.layers[-3:]],
        "found in": sorted(set(find_in_image(engine, tag, NEEDLE)["where"])),
        "printed": printed.strip(),
        "answer": [answer.status, answer.body],
        "healthy": health[-1],
    }
    clean(engine, RUN)
    wanted = {"label": f"dockerlab.run={RUN}"}
    client = engine.client()
    result["left"] = len(client.containers.list(all=True, filters=wanted)) + len(client.images.list(filters=wanted))
    return result


if __name__ == "__main__":
    found = connect(PrivateEngine(Path(sys.argv[1]), release=sys.argv[2])) if sys.argv[1:] else find()
    ensure_base(found)
    print(json.dumps(walk(found)))
