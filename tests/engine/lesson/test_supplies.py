"""The local registry: made or pulled, and an image that goes through it comes back the same."""

import pytest

from dockerlab.build import build
from dockerlab.engine.base import ensure_base
from dockerlab.lesson.supplies import supply
from dockerlab.run import Container, docker_command

pytestmark = pytest.mark.engine


def test_an_image_comes_back_from_the_registry_as_it_was_sent(engine, run, tmp_path):
    what = supply("registry:2", engine, ensure_base(engine), run)
    assert "registry:2" in what
    docker_command(f"run -d --name {run} -p 127.0.0.1::5000 registry:2", engine=engine, run=run)
    assert Container(run, engine).ask("/v2/").status == 200
    address = docker_command(f"port {run} 5000", engine=engine).split()[0]
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\nRUN echo {run} > /sent\n")
    name = f"{address}/dockerlab-test:1"
    build(f"-t {name} .", engine=engine, cwd=tmp_path, run=run)
    sent = engine.client().images.get(name).id
    docker_command(f"push -q {name}", engine=engine)
    assert Container(run, engine).ask("/v2/dockerlab-test/tags/list").body["tags"] == ["1"]
    docker_command(f"rmi {name}", engine=engine)
    docker_command(f"pull -q {name}", engine=engine)
    assert engine.client().images.get(name).id == sent
