"""The command line: messages, exit codes, and what clean-up may remove."""

import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from dockerlab import cli, paths
from dockerlab.engine import sessions
from dockerlab.engine.commands import doctor, engine
from dockerlab.engine.private import PrivateEngine
from dockerlab.errors import EngineUnavailable
from tests.engines import engine_of


@pytest.fixture
def no_engine(monkeypatch):
    def find(**options):
        raise EngineUnavailable("No Docker engine answers.", advice="Install one.")

    monkeypatch.setattr(cli, "find", find)
    monkeypatch.setattr("dockerlab.engine.commands.find", find)


@pytest.fixture
def refused(monkeypatch, capsys):
    """A function that runs a command which must end with exit code 1 and print nothing; it gives what stderr got."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["dockerlab", *words])
        with pytest.raises(SystemExit) as caught:
            cli.run()
        printed, said = capsys.readouterr()
        assert (caught.value.code, printed) == (1, "")
        return said

    return run


@pytest.fixture
def scratch(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["engine", "status"], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
        (["engine", "up"], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
        (["lab"], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
        (["build", "."], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
    ],
)
def test_an_error_is_its_message_on_stderr_and_exit_code_1(no_engine, refused, words, said):
    assert refused(*words) == said


def test_outside_of_the_course_one_sentence_says_so(monkeypatch, refused, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert refused("book", "appendix") == (
        f"Error: {tmp_path} is not inside the course: no folder above it holds _toc.yml and labs/\n"
    )


def test_a_cache_folder_that_cannot_be_used_is_named(monkeypatch, refused, tmp_path):
    (tmp_path / "home").write_text("a file, so no folder can be made in it")
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path / "home/cache"))
    assert refused("engine", "status") == (
        f"CacheUnavailable: The course's cache folder {tmp_path}/home/cache cannot be used: Not a directory.\n"
        "Let DOCKERLAB_CACHE name a folder that you can write to: export DOCKERLAB_CACHE=/some/folder\n"
    )


def test_doctor_says_what_to_do_without_an_engine(no_engine):
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 0
    assert "none: No Docker engine answers." in result.output
    assert "Install one." in result.output
    assert "cache folder" in result.output


def test_in_a_shell_of_the_engine_docker_is_its_own(tmp_path, monkeypatch):
    engine_there = engine_of('echo "$GIVEN $*"', tmp_path, GIVEN="ours")
    monkeypatch.setattr("dockerlab.engine.commands.find", lambda: engine_there)
    monkeypatch.setattr("dockerlab.engine.commands.ensure_base", lambda found: None)
    script = tmp_path / "shell"
    script.write_text(f"#!/bin/sh\ndocker ps > {tmp_path}/said; exit 7\n")
    script.chmod(0o755)
    monkeypatch.setenv("SHELL", str(script))
    done = CliRunner().invoke(engine, ["shell"])
    assert (done.exit_code, (tmp_path / "said").read_text()) == (7, "ours ps\n")


def test_clean_without_an_engine_removes_scratch_folders_and_no_others(no_engine, scratch, monkeypatch):
    monkeypatch.setattr(sessions, "others", list)
    ours = paths.make_scratch("06-layer-caching")
    (ours / "news-api").mkdir()
    (scratch / "dockerlab-notes").mkdir()
    (scratch / "other").mkdir()
    assert paths.scratch_folders() == {ours: ""}
    result = CliRunner().invoke(cli.main, ["clean"])
    assert (result.exit_code, result.output) == (0, "No engine is running, so there is nothing in one to remove.\n")
    assert sorted(path.name for path in scratch.iterdir()) == ["dockerlab-notes", "other"]


def test_a_folder_that_is_not_the_course_s_stays_and_is_named(tmp_path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("three years of work")
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    result = CliRunner().invoke(cli.main, ["clean", "--cache"])
    assert (result.exit_code, result.output) == (
        1,
        f"Error: {tmp_path} stays: it does not carry the course's mark CACHEDIR.TAG.\n",
    )
    assert (tmp_path / "thesis.txt").exists()


@pytest.fixture
def running(monkeypatch, tmp_path):
    """Another session, in the private engine; gone at the end."""
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path / "cache"))
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: process.pid)
        sessions.enter("02-first-dockerfile", PrivateEngine().host)
    yield process
    process.kill()
    process.communicate()


def test_what_a_running_session_uses_stays_and_is_named(no_engine, scratch, running):
    theirs = paths.make_scratch("02-first-dockerfile", sessions.token_of(running.pid))
    left_over = paths.make_scratch("02-first-dockerfile", "machine:1:nonsense")
    result = CliRunner().invoke(cli.main, ["clean"])
    named = f"Sessions of the course still run: 02-first-dockerfile (process {running.pid})."
    assert (result.exit_code, named in result.output) == (0, True)
    assert (theirs.exists(), left_over.exists()) == (True, False)
    result = CliRunner().invoke(engine, ["down"])
    assert (result.exit_code, f"{named} Their engine goes on" in result.output) == (1, True)


def test_on_request_it_goes_too(no_engine, scratch, running):
    theirs = paths.make_scratch("02-first-dockerfile", sessions.token_of(running.pid))
    assert CliRunner().invoke(cli.main, ["clean", "--force"]).exit_code == 0
    assert not theirs.exists()
    assert CliRunner().invoke(engine, ["down", "--force"]).exit_code == 0


@pytest.fixture
def at_work(monkeypatch, scratch):
    """An engine with a class, of whose learners two are at work; gives what is asked of the clean-up."""
    asked = []
    monkeypatch.setattr(cli, "find", lambda **options: None)
    monkeypatch.setattr(cli.labels, "classes", lambda engine: {"course-class": 2})
    monkeypatch.setattr(cli.labels, "clean", lambda engine, **options: asked.append(options) or {})
    return asked


def test_a_class_at_work_is_named_and_stays(at_work):
    said = CliRunner().invoke(cli.main, ["clean"]).output
    assert "2 servers of the class course-class still run. It stays, with all its files" in said
    assert at_work == [{"everyone": False, "idle_classes": True}]


def test_on_request_a_class_at_work_goes_too(at_work):
    assert "course-class" not in CliRunner().invoke(cli.main, ["clean", "--force"]).output
    assert at_work == [{"everyone": True, "idle_classes": True}]


def test_an_engine_with_a_class_at_work_is_not_stopped(monkeypatch):
    provider = SimpleNamespace(host="unix:///private.sock", name="private", answers=lambda: True, down=pytest.fail)
    monkeypatch.setattr("dockerlab.engine.commands.every_provider", lambda: [provider])
    monkeypatch.setattr("dockerlab.engine.commands.connect", lambda provider: None)
    monkeypatch.setattr("dockerlab.engine.commands.classes", lambda engine: {"course-class": 1})
    result = CliRunner().invoke(engine, ["down"])
    assert result.exit_code == 1
    assert "1 server of the class course-class still runs. Its engine goes on" in result.output
