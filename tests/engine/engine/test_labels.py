"""Clean-up by label: what the course made goes, what anybody else made stays."""

import os
import platform
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dockerlab.build import build
from dockerlab.engine.labels import clean, make_free
from dockerlab.engine.sessions import token, token_of
from dockerlab.errors import EngineRefused
from dockerlab.run import docker_command

pytestmark = pytest.mark.engine

BASE = "python:3.11-slim"
NAME = "dockerlab-sentinel"


@pytest.fixture
def sentinels(engine):
    """One object of each kind without the course's label, as a reader might have; removed by name."""

    engine.run("network", "create", NAME)
    engine.run("volume", "create", NAME)
    engine.run("tag", BASE, f"{NAME}:1")
    engine.run("create", "--name", NAME, BASE, "true")
    yield
    engine.run("rm", "-f", NAME)
    engine.run("rmi", f"{NAME}:1")
    engine.run("volume", "rm", NAME)
    engine.run("network", "rm", NAME)


def everything(engine, run: str) -> dict[str, set[str]]:
    """The names of what is there, without what other runs of the course make and remove meanwhile."""
    client = engine.client()

    def counts(labels: dict | None) -> bool:
        whose = (labels or {}).get("dockerlab.run", "")
        return not whose or whose.startswith(run)

    return {
        "containers": {c.name for c in client.containers.list(all=True) if counts(c.labels)},
        "networks": {n.name for n in client.networks.list() if counts(n.attrs["Labels"])},
        "volumes": {v.name for v in client.volumes.list() if counts(v.attrs["Labels"])},
        "images": {tag for image in client.images.list() if counts(image.labels) for tag in image.tags},
    }


def make_one_of_each(engine, folder: Path, run: str) -> None:
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo {time.time_ns()} > /x\n")
    build(f"-t dockerlab-test:{run} .", engine=engine, cwd=folder, run=run)
    build(".", engine=engine, cwd=folder, run=run)
    docker_command(f"network create {run}", engine=engine, run=run)
    docker_command(f"volume create {run}", engine=engine, run=run)
    docker_command(
        f"run -d --name {run} --network {run} -v {run}:/data dockerlab-test:{run} sleep 60", engine=engine, run=run
    )


def test_clean_up_removes_the_runs_objects_and_nothing_else(engine, sentinels, run, tmp_path):
    before = everything(engine, run)
    other = f"{run}-other"
    make_one_of_each(engine, tmp_path, run)
    make_one_of_each(engine, tmp_path, other)
    with_other = everything(engine, run)
    removed = clean(engine, run)
    assert {kind: removed[kind] for kind in ("containers", "networks", "volumes")} == {
        "containers": 1,
        "networks": 1,
        "volumes": 1,
    }
    assert removed["images"] >= 1
    now = everything(engine, run)
    assert {kind: with_other[kind] - now[kind] for kind in now} == {
        "containers": {run},
        "networks": {run},
        "volumes": {run},
        "images": {f"dockerlab-test:{run}"},
    }
    clean(engine, other)
    assert everything(engine, run) == before
    assert NAME in before["containers"] & before["networks"] & before["volumes"]
    assert clean(engine, run) == {}


def test_a_network_and_a_volume_that_a_readers_container_uses_stay_and_the_rest_goes(engine, run, tmp_path):
    make_one_of_each(engine, tmp_path, run)
    reader = f"{run}-reader"
    words = ["run", "-d", "--name", reader, "--network", run, "-v", f"{run}:/data", BASE, "sleep", "60"]
    engine.run(*words)
    try:
        removed = clean(engine, run)
        assert (removed["containers"], removed["networks"], removed["volumes"]) == (1, 0, 0)
        now = everything(engine, run)
        assert {reader, run} & now["containers"] == {reader}
        assert (run in now["networks"], run in now["volumes"]) == (True, True)
    finally:
        engine.client().containers.get(reader).remove(force=True)


def test_an_image_that_a_readers_container_uses_stays_and_the_rest_goes(engine, run, tmp_path):
    make_one_of_each(engine, tmp_path, run)
    # The reader's own container, whose label says that it is not the course's.
    reader = f"{run}-reader"
    words = ["create", "--name", reader, "--label", "dockerlab.run=", "--label", "dockerlab.course="]
    engine.run(*words, f"dockerlab-test:{run}", "true")
    try:
        clean(engine, run)
        now = everything(engine, run)
        assert {reader, run} & now["containers"] == {reader}
        assert f"dockerlab-test:{run}" in now["images"]
        engine.run("start", reader)
    finally:
        engine.client().containers.get(reader).remove(force=True)


@pytest.mark.parametrize(
    "mount",
    ["-v {}:/data", "--volume={}:/data:ro", "--mount source={},target=/data", "--mount=type=volume,src={},dst=/x"],
)
@pytest.mark.parametrize("command", ["run --rm", "create"])
def test_a_volume_that_docker_makes_for_a_container_goes_too(engine, run, command, mount):
    docker_command(f"{command} {mount.format(run)} {BASE} true", engine=engine, run=run)
    assert clean(engine, run)["volumes"] == 1
    assert run not in {volume.name for volume in engine.client().volumes.list()}


def test_a_learners_own_volume_is_mounted_as_it_is(engine, run):
    engine.run("volume", "create", "--label", "mine=1", f"{run}-own")
    try:
        docker_command(f"run --rm -v {run}-own:/data {BASE} touch /data/x", engine=engine, run=run)
        clean(engine, run)
        assert engine.client().volumes.get(f"{run}-own").attrs["Labels"] == {"mine": "1"}
    finally:
        engine.run("volume", "rm", f"{run}-own")


COURSE_LABELS = {"dockerlab.course": "docker-fundamentals-measured", "dockerlab.run": "test-make-free"}
OVER = f"{platform.node()}:1:1"  # no process of this machine has started then
# Whose something is -> its labels, whether its name may be had, and whether it is still there afterwards.
OWNERS = {
    "the reader's": ({}, False, True),
    "a session's that is over": (COURSE_LABELS | {"dockerlab.session": OVER}, True, False),
    "a session's that runs": (COURSE_LABELS | {"dockerlab.session": token_of(os.getppid())}, False, True),
    "this session's": (COURSE_LABELS | {"dockerlab.session": token()}, True, True),
    "a class's": (COURSE_LABELS | {"dockerlab.session": OVER, "dockerlab.class": "test-make-free"}, False, True),
}
COMPOSE_LABEL = "com.docker.compose.project"


def make_named(engine, kind: str, name: str, labels: dict[str, str]) -> None:
    options = [f"--label={key}={value}" for key, value in labels.items()]
    if kind == "container":
        engine.run("create", *options, "--name", name, BASE, "true")
    elif kind == "image":
        # For this session the container is its own, whoever's the image is.
        engine.run("create", "--name", name, BASE, "true")
        engine.run("commit", *(f"--change=LABEL {key}={value}" for key, value in labels.items()), name, f"{name}:1")
        engine.run("rm", name)
    else:
        engine.run(kind, "create", *options, name)


def there(engine, name: str) -> list[str]:
    """The kinds of what has a name."""
    api, found = engine.client().api, []
    for kind in ("container", "image", "network", "volume"):
        with suppress(EngineRefused):
            getattr(api, f"inspect_{kind}")(f"{name}:1" if kind == "image" else name)
            found.append(kind)
    return found


@pytest.fixture
def names(engine, run):
    """A name of the test's own and a longer one; what has them is removed afterwards."""
    name = "dockerlab-make-free"
    both = (name, f"{name}-too")

    def remove():
        found = [(kind, one) for one in both for kind in there(engine, one)]
        for kind, one in sorted(found):  # containers first: they may use the others
            engine.run(kind, "rm", "-f", f"{one}:1" if kind == "image" else one)

    remove()
    yield both
    remove()


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("kind", ["container", "image", "network", "volume"])
def test_a_name_may_be_had_if_nobody_else_has_it(engine, names, kind, owner):
    labels, is_free, stays = OWNERS[owner]
    name, longer = names
    make_named(engine, kind, name, labels)
    make_named(engine, kind, longer, COURSE_LABELS | {"dockerlab.session": OVER})
    assert make_free(engine, kind, name) is is_free
    assert there(engine, name) == ([kind] if stays or kind == "image" else [])
    assert there(engine, longer) == [kind]


@pytest.mark.parametrize("kind", ["container", "image", "network", "volume", "project"])
def test_a_name_that_nothing_has_is_free(engine, names, kind):
    assert make_free(engine, kind, names[0])


@pytest.mark.parametrize("owner", OWNERS)
def test_a_compose_project_is_whoever_has_made_its_parts(engine, names, owner):
    labels, is_free, stays = OWNERS[owner]
    name, other = names
    for kind in ("container", "network", "volume"):
        make_named(engine, kind, name, labels | {COMPOSE_LABEL: "dockerlab-make-free"})
        make_named(engine, kind, other, labels | {COMPOSE_LABEL: "dockerlab-make-free-too"})
    assert make_free(engine, "project", "dockerlab-make-free") is is_free
    parts = ["container", "network", "volume"]
    assert (there(engine, name), there(engine, other)) == (parts if stays else [], parts)


def test_what_a_readers_container_uses_keeps_its_name(engine, names):
    name, reader = names
    make_named(engine, "volume", name, OWNERS["a session's that is over"][0])
    engine.run("create", "--name", reader, "-v", f"{name}:/data", BASE, "true")
    assert not make_free(engine, "volume", name)
    assert there(engine, name) == ["volume"]
