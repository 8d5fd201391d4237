"""The local registry: made or pulled, and an image that goes through it comes back the same."""

import pytest

from dockerlab.build.builder import build
from dockerlab.engine.base import ensure_base
from dockerlab.lesson.registry import ensure_registry
from dockerlab.run.container import ask, docker

pytestmark = pytest.mark.engine


def test_an_image_comes_back_from_the_registry_as_it_was_sent(engine, run, tmp_path):
    what = ensure_registry(engine, ensure_base(engine), run)
    assert "registry:2" in what
    docker(f"run -d --name {run} -p 127.0.0.1::5000 registry:2", engine=engine, run=run)
    assert ask(run, "/v2/", engine=engine).status == 200
    address = docker(f"port {run} 5000", engine=engine).split()[0]
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\nRUN echo {run} > /sent\n")
    name = f"{address}/dockerlab-test:1"
    build(f"-t {name} .", engine=engine, cwd=tmp_path, run=run)
    sent = engine.client().images.get(name).id
    docker(f"push -q {name}", engine=engine)
    assert ask(run, "/v2/dockerlab-test/tags/list", engine=engine).body["tags"] == ["1"]
    docker(f"rmi {name}", engine=engine)
    docker(f"pull -q {name}", engine=engine)
    assert engine.client().images.get(name).id == sent
