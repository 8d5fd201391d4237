"""`dockerlab layers` and `dockerlab diff`, tried without an engine: what they print, and their exit status."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from dockerlab.engine import Engine
from dockerlab.errors import ImageUnreadable, NoSuchImage
from dockerlab.show import image_commands
from dockerlab.show.image_commands import diff, layers
from tests.archives import archive, engine_with, image, tar

FIRST = image(tar({"etc/a": b"x" * 80, "etc/b": b"y" * 10}), tar({"etc/b": b"z" * 20, "etc/.wh.a": b""}))
SECOND = image(tar({"etc/a": b"x" * 80, "etc/b": b"y" * 10}), config={"User": "app"})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs a command against an engine with two images."""

    def call(command, *words, content=None):
        folder = tmp_path / "engine"
        folder.mkdir(exist_ok=True)
        engine: Engine = engine_with(folder, content or archive(FIRST, SECOND), first=FIRST, second=SECOND)
        monkeypatch.setattr(image_commands, "find", lambda: engine)
        return CliRunner().invoke(command, words)

    return call


def test_each_layer_has_a_row(run):
    done = run(layers, "first")
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert rows[0] == "first: 2 layers, 110 B"
    assert rows[2:5] == [
        "size added changed removed instruction", "1 90 B 2 0 0 COPY 1 /", "2 20 B 0 1 1 COPY 2 /",
    ]  # fmt: skip
    assert "Efficiency 9.1%; 110 B wasted, 550.0% of what the layers above the lowest hold." in rows
    assert "80 B 2× /etc/a" in rows
    assert "No container can see 90 B of it: later layers replaced or deleted those files." in rows
    assert (done.exit_code, done.stderr) == (0, "Reading first …\n")


def test_a_script_gets_json_and_nothing_else(run):
    told = json.loads(run(layers, "first", "--json").stdout)
    assert [(x["layer"], x["added"], x["changed"], x["removed"]) for x in told["layers"]] == [
        (1, 2, 0, 0),
        (2, 0, 1, 1),
    ]
    assert (told["size_bytes"], told["visible_bytes"], told["wasted_bytes"]) == (110, 20, 110)
    assert told["wasted"][0] == {"path": "/etc/a", "occurrences": 2, "size_bytes": 80}


@pytest.mark.parametrize(
    ("options", "exceeded"),
    [
        ([], []),
        (["--ci"], ["lowestEfficiency", "highestUserWastedPercent"]),
        (["--ci", "--lowestEfficiency", "0", "--highestUserWastedPercent", "1"], ["highestUserWastedPercent"]),
        (["--lowestEfficiency", "0.05"], []),
        (["--highestWastedBytes", "110B"], []),
        (["--highestWastedBytes", "109"], ["highestWastedBytes"]),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_the_exit_status_says_whether_a_threshold_is_exceeded(run, options, exceeded, form):
    done = run(layers, "first", *options, *form)
    assert done.exit_code == bool(exceeded)
    said = [line for line in done.stderr.splitlines() if line.startswith("Exceeded: ")]
    assert [line.split()[1].rstrip(".") for line in said] == exceeded
    if form:
        assert [x["rule"] for x in json.loads(done.stdout)["thresholds"] if not x["holds"]] == exceeded


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        (layers, [], "Missing argument"),
        (layers, ["first", "second"], "takes one image"),
        (layers, ["first", "--highestWastedBytes", "10XB"], "is no size"),
        (layers, ["first", "--lowestEfficiency", "90"], "not in the range"),
        (diff, ["first"], "takes two images"),
        (diff, ["first", "second", "first"], "takes two images"),
    ],
)
def test_a_wrong_command_line_is_explained(run, command, words, said):
    done = run(command, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("command", "words", "content", "error"),
    [
        (layers, ["nowhere"], None, NoSuchImage),
        (diff, ["first", "nowhere"], None, NoSuchImage),
        (layers, ["first"], archive(FIRST)[:1400], ImageUnreadable),
    ],
)
def test_an_image_that_is_not_there_or_cannot_be_read(run, command, words, content, error):
    assert isinstance(run(command, *words, content=content).exception, error)


def test_two_images_are_compared(run):
    done = run(diff, "first", "second")
    assert done.exit_code == 0
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "1 layer shared, 90 B" in rows
    assert "User – app" in rows
    told = json.loads(run(diff, "first", "second", "--json").stdout)
    assert [x["path"] for x in told["only_in_b"]] == ["/etc/a"]
    assert run(diff, "first", "first").exit_code == 0


def test_a_terminal_is_told_how_far_it_is(run, monkeypatch):
    seen = []

    class Terminal:
        is_terminal = True

        def status(self, text):
            seen.append(text)
            return self

        def __enter__(self):
            return SimpleNamespace(update=seen.append)

        def __exit__(self, *_):
            seen.append("gone")

    monkeypatch.setattr(image_commands, "Console", lambda **_: Terminal())
    assert run(layers, "first").stderr == ""
    assert [str(text).split(",")[0] for text in seen] == [
        "Reading first",
        "Reading first: layer 1",
        "Reading first: layer 2",
        "gone",
    ]
