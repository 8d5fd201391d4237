"""Getting the base image: pulled, kept, replaced or made, without an engine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dockerlab.engine import base
from dockerlab.engine.base import BASE, ensure_base
from dockerlab.engine.labels import STAND_IN
from dockerlab.engine.stand_in import KEY_LABEL, Ingredients
from dockerlab.errors import BaseImageUnavailable, DownloadFailed, NoSuchImage
from tests.engines import engine_of

NOW = Ingredients("http://m.example/debian", {}, False)
OFFICIAL, CURRENT = {}, {STAND_IN: "Debian 12", KEY_LABEL: NOW.key}
OUTDATED, UNKNOWN = CURRENT | {KEY_LABEL: "another"}, {STAND_IN: "Debian 12"}


@pytest.fixture
def engine_with_base(tmp_path, monkeypatch):
    """A function that makes an engine which has the base image with some labels, and notes what is done to get it."""
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))

    def make(source, labels, registry=False, mirror=True, builds=True):
        images = {} if labels is None else {BASE: SimpleNamespace(id="old", labels=labels, attrs={}, tags=[])}
        done = []

        def get(name):
            if name == "old":
                return SimpleNamespace(tags=[], remove=lambda: done.append("removed"))
            if name not in images:
                raise NoSuchImage(name)
            return images[name]

        def pull(engine):
            done.append("pull")
            if registry:
                images[BASE] = SimpleNamespace(id="official", labels={}, attrs={}, tags=[BASE])
            return [] if registry else ["trying", "no such host"]

        def make_stand_in(reference, engine, ingredients, progress):
            done.append("build")
            if not builds:
                raise BaseImageUnavailable("The stand-in could not be built.")
            images[BASE] = SimpleNamespace(id="made", labels=CURRENT, attrs={}, tags=[BASE])

        def gather():
            if not mirror:
                raise DownloadFailed("No mirror.", advice="Give apt one.")
            return NOW

        monkeypatch.setattr(base, "_pull", pull)
        monkeypatch.setattr(base, "make", make_stand_in)
        monkeypatch.setattr(Ingredients, "gather", gather)
        client = SimpleNamespace(images=SimpleNamespace(get=get))
        provider = None if source == "own" else SimpleNamespace(builds_base=source == "private")
        return SimpleNamespace(provider=provider, client=lambda: client, done=done)

    return make


@pytest.mark.parametrize(
    ("source", "labels", "machine", "image_id", "done"),
    [
        ("own", OFFICIAL, {}, "old", []),
        ("own", OUTDATED, {}, "old", []),
        ("micro-VM", CURRENT, {}, "old", []),
        ("micro-VM", OUTDATED, {}, "old", []),
        ("micro-VM", UNKNOWN, {}, "old", []),
        ("private", OFFICIAL, {}, "old", []),
        ("private", CURRENT, {}, "old", []),
        ("private", OUTDATED, {}, "made", ["pull", "build", "removed"]),
        ("private", UNKNOWN, {}, "made", ["pull", "build", "removed"]),
        ("private", OUTDATED, {"registry": True}, "official", ["pull", "removed"]),
        ("private", OUTDATED, {"mirror": False}, "old", []),
        ("private", OUTDATED, {"builds": False}, "old", ["pull", "build"]),
        ("private", None, {}, "made", ["pull", "build"]),
        ("private", None, {"registry": True}, "official", ["pull"]),
        ("own", None, {"registry": True}, "official", ["pull"]),
    ],
)
def test_a_stand_in_is_made_again_only_where_it_is_ours_and_would_be_another(
    engine_with_base, source, labels, machine, image_id, done
):
    engine = engine_with_base(source, labels, **machine)
    assert ensure_base(engine, lambda text: None).image_id == image_id
    assert engine.done == done


@pytest.mark.parametrize(
    ("source", "machine", "summary"),
    [
        ("own", {}, f"The base image {BASE} could not be pulled."),
        ("private", {"mirror": False}, f"{BASE} could not be pulled. No mirror."),
        ("private", {"builds": False}, "The stand-in could not be built."),
    ],
)
def test_no_base_image_is_said_with_what_docker_said(engine_with_base, source, machine, summary):
    said = []
    with pytest.raises(BaseImageUnavailable) as caught:
        ensure_base(engine_with_base(source, None, **machine), said.append)
    assert caught.value.summary == summary
    assert "no such host" in "\n".join([*said, *caught.value.last_lines])


def test_a_failed_pull_is_reported_in_docker_s_words(engine_with_base):
    said = []
    ensure_base(engine_with_base("private", None), said.append)
    assert f"{BASE} could not be pulled: no such host" in said


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo Pulling from x; echo done", []),
        ("echo toomanyrequests: no more today >&2; echo; exit 1", ["toomanyrequests: no more today"]),
        ("exit 3", ["docker ended with exit code 3"]),
        ("exec sleep 9", ["no registry answered within 0.2 s"]),
        ("echo retrying; exec sleep 9", ["retrying", "no registry answered within 0.2 s"]),
    ],
)
def test_what_docker_says_of_a_pull(tmp_path, monkeypatch, script, said):
    monkeypatch.setattr(base, "ANSWER_SECONDS", 0.2)
    assert base._pull(engine_of(script, tmp_path)) == said
