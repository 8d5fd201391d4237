"""What a build's and a run's arguments say, and what a failed command is taken for: no engine."""

from pathlib import Path

import pytest

from dockerlab.build.builder import Build, named_file
from dockerlab.build.buildkit import BuildTrace
from dockerlab.engine.find import Engine
from dockerlab.run.container import noted


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ("-t x .", "Dockerfile"),
        ("-f A .", "A"),
        ("-fA .", "A"),
        ("-f=A .", "A"),
        ("--file A -t x .", "A"),
        ("--file=A .", "A"),
        ("--force-rm .", "Dockerfile"),
    ],
)
def test_the_dockerfile_that_a_build_names(arguments, file):
    assert named_file(arguments.split()) == file


@pytest.mark.parametrize(
    ("command", "with_note"),
    [
        ("run -d x", "run --cidfile=/note -d x"),
        ("container run x", "container run --cidfile=/note x"),
        ("run --cidfile=/mine x", "run --cidfile=/mine x"),
        ("create x", "create x"),
        ("exec run x", "exec run x"),
        ("ps", "ps"),
    ],
)
def test_docker_run_is_asked_for_the_containers_id(command, with_note):
    assert noted(command.split(), Path("/note")) == with_note.split()


def test_a_build_without_steps_still_has_the_columns():
    steps = Build("docker build .", "", BuildTrace(), 0.1).steps
    assert [*steps.columns] == ["stage", "step", "instruction", "state", "seconds"]
    assert steps.empty


@pytest.mark.parametrize(("exit_code", "answers"), [(0, True), (1, False)])
def test_an_engine_answers_where_its_docker_command_reaches_it(tmp_path, exit_code, answers):
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    program.chmod(0o755)
    assert Engine("own", "", [str(program)], {}, "28", "overlay2", "0.29", "").answers() == answers


@pytest.mark.parametrize(
    ("source", "advice"), [("own", "Start Docker again"), ("private", "`dockerlab engine up` starts it again")]
)
def test_a_lost_engine_says_who_starts_it_again(source, advice):
    assert advice in Engine(source, "", ["docker"], {}, "28", "overlay2", "0.29", "").lost("Gone.").advice
