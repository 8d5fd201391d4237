"""Compose on a real engine: its objects carry the run's labels and go with it, and it says itself what is wrong."""

from __future__ import annotations

import json

import pytest

from dockerlab.engine.labels import COURSE, RUN, clean
from dockerlab.errors import DockerCommandFailed
from dockerlab.run import docker_command

pytestmark = pytest.mark.engine

PROJECT = "dockerlab-test-compose"
FILE = """\
services:
  web:
    build: .
    command: sleep 600
    init: true
    networks: [default, inner]
    volumes: ["data:/data"]
  tool:
    image: python:3.11-slim
    profiles: [tools]
    command: "true"
networks:
  inner:
volumes:
  data:
"""
DOCKERFILE = "FROM python:3.11-slim\nRUN echo {} > /x\n"


@pytest.fixture
def compose(engine, run, tmp_path):
    """Runs `docker compose …` in a folder with a project, labelled; the project goes at the end."""
    (tmp_path / "compose.yaml").write_text(FILE)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(run))

    def compose(words: str, *files: str) -> str:
        named = " ".join(f"-f {file}" for file in files)
        return docker_command(f"compose -p {PROJECT} {named} {words}", engine=engine, run=run, cwd=tmp_path)

    yield compose
    clean(engine, run)


def labelled(engine, run: str) -> dict[str, set[str]]:
    """The names of what carries the run's label."""
    client, wanted = engine.client(), {"label": [f"{RUN}={run}", COURSE]}
    return {
        "containers": {c.name for c in client.containers.list(all=True, filters=wanted)},
        "networks": {n.name for n in client.networks.list(filters=wanted)},
        "volumes": {v.name for v in client.volumes.list(filters=wanted)},
        "images": {tag for image in client.images.list(filters=wanted) for tag in image.tags},
    }


EVERYTHING = {
    "containers": {f"{PROJECT}-web-1"},
    "networks": {f"{PROJECT}_default", f"{PROJECT}_inner"},
    "volumes": {f"{PROJECT}_data"},
    "images": {f"{PROJECT}-web:latest"},
}
NOTHING = {kind: set() for kind in EVERYTHING}


def test_what_compose_makes_goes_with_the_run(engine, run, compose):
    compose("up -d --wait")
    assert labelled(engine, run) == EVERYTHING
    compose("run -d --name dockerlab-test-compose-tool tool sleep 600")  # a container of a profile's service
    assert "dockerlab-test-compose-tool" in labelled(engine, run)["containers"]
    clean(engine, run)
    assert labelled(engine, run) == NOTHING
    left = engine.run("ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}")
    assert left == ""


def test_a_second_up_changes_nothing_and_down_takes_it_back(engine, run, compose):
    compose("up -d --wait")
    first = engine.run("inspect", "--format", "{{.Id}}", f"{PROJECT}-web-1")
    compose("up -d --wait")
    assert engine.run("inspect", "--format", "{{.Id}}", f"{PROJECT}-web-1") == first
    assert [json.loads(line)["Service"] for line in compose("ps --format json").splitlines()] == ["web"]
    compose("down --volumes --rmi local")
    assert labelled(engine, run) == NOTHING


def test_files_that_are_named_and_the_one_that_compose_finds_by_itself(engine, run, compose, tmp_path):
    (tmp_path / "compose.override.yaml").write_text("services: {web: {environment: {WHO: override}}}\n")
    (tmp_path / "more.yaml").write_text("services: {web: {environment: {MORE: yes-please}}}\n")
    wanted = {
        (): ["WHO=override"],
        ("compose.yaml",): [],
        ("compose.yaml", "more.yaml"): ["MORE=yes-please"],
    }
    for files, expected in wanted.items():
        compose("up -d", *files)
        variables = json.loads(engine.run("inspect", "--format", "{{json .Config.Env}}", f"{PROJECT}-web-1"))
        assert [text for text in variables if text.startswith(("WHO=", "MORE="))] == expected
        assert labelled(engine, run) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services:\n  web:\n   image: [\n", "compose.yaml"),
        ("services: {web: {image: python:3.11-slim, ports: ['x:y']}}\n", "nvalid"),
        ("services: {web: {imagine: python:3.11-slim}}\n", "imagine"),
        ("services: {web: {image: python:3.11-slim, networks: [nowhere]}}\n", "nowhere"),
        (
            "services: {web: {image: python:3.11-slim, command: sleep 60, init: true, healthcheck: {test: 'false', "
            "interval: 1s, retries: 1}}}\n",
            "unhealthy",
        ),
        ("services: {web: {image: python:3.11-slim, command: 'false'}}\n", "exited"),
        (
            "services: {web: {image: python:3.11-slim, networks: [own]}}\n"
            "networks: {own: {external: true, name: dockerlab-test-nowhere}}\n",
            "dockerlab-test-nowhere",
        ),
    ],
    ids=["no YAML", "no port", "unknown key", "unknown network", "never healthy", "ends at once", "external network"],
)
def test_compose_says_what_is_wrong_and_nothing_stays(engine, run, compose, tmp_path, text, said):
    (tmp_path / "compose.yaml").write_text(text)
    with pytest.raises(DockerCommandFailed) as caught:
        compose("up -d --wait")
    assert said in caught.value.output
    clean(engine, run)
    assert labelled(engine, run) == NOTHING


def test_a_network_of_somebody_else_under_the_same_name_stays(engine, run, compose):
    engine.run("network", "create", f"{PROJECT}_default")
    try:
        with pytest.raises(DockerCommandFailed) as caught:
            compose("up -d --wait")
        assert f"{PROJECT}_default" in caught.value.output
        clean(engine, run)
        assert f"{PROJECT}_default" in engine.run("network", "ls", "--format", "{{.Name}}")
    finally:
        engine.run("network", "rm", f"{PROJECT}_default")


def test_compose_is_there_in_an_engine_that_the_course_has_started(engine):
    if engine.provider is None:
        pytest.skip("the reader's own engine may have none")
    assert "Docker Compose version" in docker_command("compose version", engine=engine)
