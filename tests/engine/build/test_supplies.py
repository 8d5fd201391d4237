"""The images that lessons need: made or pulled, they do what the lessons ask of them."""

import pytest

from dockerlab.build import build
from dockerlab.build.supplies import supply
from dockerlab.engine.base import ensure_base
from dockerlab.engine.labels import COURSE, COURSE_VALUE, clean
from dockerlab.errors import DockerCommandFailed
from dockerlab.run import Container, docker_command

pytestmark = pytest.mark.engine


def test_an_image_comes_back_from_the_registry_as_it_was_sent(engine, run, tmp_path):
    what = supply("registry:2", engine, ensure_base(engine))
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


def test_the_database_follows_the_official_image_as_far_as_lessons_use_it(engine, run, tmp_path):
    what = supply("postgres:17-alpine", engine, ensure_base(engine))
    assert "postgres:17-alpine" in what
    with pytest.raises(DockerCommandFailed, match="superuser password is not specified"):
        docker_command(f"run --rm --name {run} postgres:17-alpine", engine=engine, run=run)
    (tmp_path / "first.sql").write_text("create table notes (note text); insert into notes values ('from a file');\n")
    docker_command(
        f"create --name {run} -v {run}:/var/lib/postgresql/data -e POSTGRES_USER=news "
        "-e POSTGRES_PASSWORD=not-a-real-one -e POSTGRES_DB=articles postgres:17-alpine",
        engine=engine,
        run=run,
    )
    docker_command(f"cp {tmp_path / 'first.sql'} {run}:/docker-entrypoint-initdb.d/", engine=engine)
    docker_command(f"start {run}", engine=engine)
    assert ask(engine, run, "select note from notes") == "from a file"
    docker_command(f"exec {run} psql -h 127.0.0.1 -U news -d articles -c 'delete from notes'", engine=engine)
    docker_command(f"rm -f {run}", engine=engine)
    # The data are in the volume: no password is asked for again, and no file is read.
    docker_command(f"run -d --name {run} -v {run}:/var/lib/postgresql/data postgres:17-alpine", engine=engine, run=run)
    assert ask(engine, run, "select count(*) from notes") == "0"
    assert docker_command(f"exec {run} stat -c %U /proc/1", engine=engine).strip() == "postgres"
    assert set(engine.client().images.get("postgres:17-alpine").attrs["Config"]["ExposedPorts"]) == {"5432/tcp"}


def test_what_was_supplied_stays_for_other_sessions(engine, run):
    """Chapter 9's end took the database away from an exercise that was using it."""
    reference = "redis:7-alpine"
    supply(reference, engine, ensure_base(engine))
    image = engine.client().images.get(reference)
    docker_command(f"create --name {run} {reference}", engine=engine, run=run)
    clean(engine, run)
    assert supply(reference, engine, ensure_base(engine)).startswith("Cache image: ")
    assert engine.client().images.get(reference).id == image.id


def test_a_learners_own_container_of_a_stand_in_is_not_the_course_s(engine, run):
    supply("redis:7-alpine", engine, ensure_base(engine))
    engine.run("create", "--name", f"{run}-own", "redis:7-alpine")
    try:
        labels = engine.client().containers.get(f"{run}-own").labels
        assert labels.get(COURSE) != COURSE_VALUE
    finally:
        engine.run("rm", "-f", "-v", f"{run}-own")


def ask(engine, container: str, query: str) -> str:
    """What the database answers, as soon as it takes connections."""
    ready = "for try in $(seq 60); do pg_isready -q -h 127.0.0.1 && break; sleep 1; done"
    docker_command(["exec", container, "sh", "-c", ready], engine=engine)
    asked = ["exec", container, "psql", "-h", "127.0.0.1", "-U", "news", "-d", "articles", "-Atc", query]
    return docker_command(asked, engine=engine).strip()


def test_the_cache_follows_the_official_image_as_far_as_lessons_use_it(engine, run):
    assert "redis:7-alpine" in supply("redis:7-alpine", engine, ensure_base(engine))
    docker_command(f"run -d --name {run} --network bridge redis:7-alpine", engine=engine, run=run)
    ready = "for try in $(seq 60); do redis-cli ping && break; sleep 1; done"
    assert "PONG" in docker_command(["exec", run, "sh", "-c", ready], engine=engine)
    # From another container, without a password.
    (network,) = engine.client().containers.get(run).attrs["NetworkSettings"]["Networks"].values()
    asked = f"run --rm redis:7-alpine redis-cli -h {network['IPAddress']} ping"
    assert docker_command(asked, engine=engine, run=run).strip() == "PONG"
    config = engine.client().images.get("redis:7-alpine").attrs["Config"]
    assert (set(config["ExposedPorts"]), set(config["Volumes"]), config["WorkingDir"]) == (
        {"6379/tcp"}, {"/data"}, "/data",
    )  # fmt: skip
