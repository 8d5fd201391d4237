"""`dockerlab timeline`: files, a build of its own, JSON, and exit statuses."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from dockerlab import cli
from dockerlab.build import Build
from dockerlab.errors import BuildFailed
from dockerlab.show import timeline
from tests.traces import trace_of, vertex

STREAM = Path(__file__).parents[1] / "build/streams/0.29.1/parallel-stages.gz"


@pytest.fixture
def run(monkeypatch, capsys):
    """A function that runs the command; it gives the exit status and what stdout and stderr got."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["dockerlab", "timeline", *map(str, words)])
        status = 0
        try:
            cli.run()
        except SystemExit as ended:
            status = ended.code
        printed, said = capsys.readouterr()
        return status, printed, said

    return run


@pytest.fixture
def recording(tmp_path):
    file = tmp_path / "build.json"
    file.write_bytes(gzip.decompress(STREAM.read_bytes()))
    return file


def test_a_file_is_drawn(run, recording):
    status, printed, said = run(recording)
    assert (status, said) == (0, "")
    assert printed.startswith("2.37 s, 1.38 s of it in parallel; ")
    assert "Stage stage-3\n* 2/3 COPY --from=one /one /" in printed


def test_two_files_are_compared_under_their_names(run, recording):
    status, printed, _ = run(recording, recording)
    assert status == 0
    assert printed.startswith("Both took about 2.37 s\n")
    assert printed.count("Stage stage-3\n") == 2


def test_figures_for_a_script(run, recording):
    status, printed, _ = run("--json", recording)
    (build,) = json.loads(printed)["builds"]
    assert (status, build["ending"], build["seconds"]) == (0, "DONE", 2.367)
    assert [build["steps"][run["step"]]["place"] for run in build["path"]][-4:] == [
        "one 2/2", "stage-3 2/3", "stage-3 3/3", ""
    ]  # fmt: skip
    _, printed, _ = run(recording, recording, "--json")
    assert {"builds", "changes"} == set(json.loads(printed))
    change = next(c for c in json.loads(printed)["changes"] if c["place"] == "one 2/2")
    assert change["first_seconds"] == change["second_seconds"] == 1.382


def test_a_file_that_stops_early_is_shown_with_a_word_about_it(run, recording):
    recording.write_bytes(recording.read_bytes()[:-300])
    status, printed, _ = run(recording)
    assert status == 0
    assert "The file ends in the middle of a record." in printed


def test_nothing_to_show(run, recording, tmp_path):
    (tmp_path / "empty").touch()
    for words in ([tmp_path / "empty"], [recording, tmp_path / "empty"], [tmp_path / "absent"]):
        status, printed, said = run(*words)
        assert (status, printed) == (1, "")
        assert said.startswith(f"FilesUnreadable: {words[-1]} cannot be read as the progress of a build: ")


@pytest.mark.parametrize("words", [(), ("a", "b", "c")])
def test_how_to_use_it(run, words):
    status, printed, said = run(*words)
    assert (status, printed) == (2, "")
    assert "Name one file, or two to compare, or --build" in said


@pytest.fixture
def builds(monkeypatch):
    """A function that says what a build does instead; it gives the list of the arguments that builds got."""

    def does(outcome):
        given = []

        def build(arguments, *, engine, watcher):
            given.append(arguments)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(timeline, "find", lambda: None)
        monkeypatch.setattr(timeline.builder, "build", build)
        return given

    return does


def test_a_build_of_its_own_gets_docker_s_arguments(run, builds):
    given = builds(Build("docker build .", "", trace_of({"vertexes": [vertex("[1/1] RUN x", 0, 2)]}), 2.5))
    status, printed, _ = run("--build", "-t", "x", "--no-cache", "--build-arg", "A=1", "-fX", ".")
    assert (status, given) == (0, [["-t", "x", "--no-cache", "--build-arg", "A=1", "-fX", "."]])
    assert printed.startswith("2.00 s, one step at a time; 1/1 RUN x decides")


def test_a_build_that_fails_is_shown_and_then_explained(run, builds):
    trace = trace_of({"vertexes": [vertex("[1/1] RUN x", 0, 2, error="exit code: 3")]})
    builds(BuildFailed("The build stopped at step [1/1] RUN x.", trace=trace))
    status, printed, said = run("--build", ".")
    assert (status, printed.splitlines()[0]) == (1, "Failed after 2.00 s: 1/1 RUN x")
    assert said == "BuildFailed: The build stopped at step [1/1] RUN x.\n"


def test_a_build_that_did_not_begin_is_explained_alone(run, builds):
    builds(BuildFailed("It did not begin."))
    assert run("--build", ".") == (1, "", "BuildFailed: It did not begin.\n")
