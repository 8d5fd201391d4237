"""Images that lessons need, without an engine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dockerlab.build import supplies
from dockerlab.build.supplies import STAND_INS, programs_of, supply
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.errors import BaseImageUnavailable, NoSuchImage
from tests.engines import engine_of


@pytest.mark.parametrize(
    ("reference", "programs"),
    [
        ("registry:2", ["docker-registry"]),
        (
            "docker:dind",
            [
                "dockerd", "docker-proxy", "containerd", "containerd-shim-runc-v2", "runc", "docker", "tini-static",
                "docker-buildx",
            ],
        ),
        ("postgres:17-alpine", []),  # installs Debian's packages in its build
        ("redis:7-alpine", []),
    ],
)  # fmt: skip
def test_a_recipe_says_which_programs_it_needs(reference, programs):
    _, recipe, _ = STAND_INS[reference]
    assert [path.rpartition("/")[2] for path in programs_of(recipe)] == programs


def test_without_a_registry_and_without_the_programs_there_is_no_image(tmp_path, monkeypatch):
    def missing(name):
        raise NoSuchImage(name)

    engine = engine_of("exit 0", tmp_path)
    client = SimpleNamespace(images=SimpleNamespace(get=missing))
    monkeypatch.setattr(Engine, "client", lambda self: client)
    stand_in = BaseImage("python:3.11-slim", "Debian 12, CPython 3.11.2", "sha256:1", 1)
    with pytest.raises(BaseImageUnavailable, match="hold no dockerd to make docker:dind from"):
        supply("docker:dind", engine, stand_in)
    official = BaseImage("python:3.11-slim", "", "sha256:1", 1)
    assert supply("docker:dind", engine, official) == "Engine image: the official docker:dind."
    refusing = engine_of('[ "$1" = version ] || { echo no route to host; exit 1; }', tmp_path)
    with pytest.raises(BaseImageUnavailable, match="docker:dind could not be pulled") as caught:
        supply("docker:dind", refusing, official)
    assert caught.value.last_lines == ("no route to host",)


@pytest.mark.parametrize(
    ("labels", "is_official"),
    [(None, True), ({}, True), ({"dockerlab.course": "docker-fundamentals-measured"}, False)],
    ids=["pulled, without labels", "pulled", "a stand-in of an earlier version"],
)
def test_an_older_stand_in_is_not_called_official(tmp_path, monkeypatch, labels, is_official):
    images = SimpleNamespace(get=lambda name: SimpleNamespace(labels=labels))
    monkeypatch.setattr(Engine, "client", lambda self: SimpleNamespace(images=images))
    made = []
    monkeypatch.setattr(supplies, "_make", lambda reference, engine, made_of: made.append(reference))
    stand_in = BaseImage("python:3.11-slim", "Debian 12, CPython 3.11.2", "sha256:1", 1)
    said = supply("redis:7-alpine", engine_of("exit 0", tmp_path), stand_in)
    assert ("the official redis:7-alpine" in said, made) == (is_official, [] if is_official else ["redis:7-alpine"])
