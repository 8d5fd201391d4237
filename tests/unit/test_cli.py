"""The command line: messages, exit codes, and what clean-up may remove."""

import sys
import tempfile

import pytest
from click.testing import CliRunner

from dockerlab import cli, paths
from dockerlab.engine.commands import doctor
from dockerlab.errors import EngineUnavailable


@pytest.fixture
def no_engine(monkeypatch):
    def find(**options):
        raise EngineUnavailable("No Docker engine answers.", advice="Install one.")

    monkeypatch.setattr(cli, "find", find)
    monkeypatch.setattr("dockerlab.engine.commands.find", find)


@pytest.fixture
def scratch(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["engine", "status"], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
        (["engine", "up"], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
        (["build", "."], "EngineUnavailable: No Docker engine answers.\nInstall one.\n"),
    ],
)
def test_an_error_is_its_message_on_stderr_and_exit_code_1(no_engine, monkeypatch, capsys, words, said):
    monkeypatch.setattr(sys, "argv", ["dockerlab", *words])
    with pytest.raises(SystemExit) as caught:
        cli.run()
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", said)


def test_doctor_says_what_to_do_without_an_engine(no_engine):
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 0
    assert "none: No Docker engine answers." in result.output
    assert "Install one." in result.output
    assert "cache folder" in result.output


def test_clean_without_an_engine_removes_scratch_folders_and_no_others(no_engine, scratch):
    ours = paths.make_scratch("04-layer-caching")
    (ours / "news-api").mkdir()
    (scratch / "dockerlab-notes").mkdir()
    (scratch / "other").mkdir()
    assert paths.scratch_folders() == [ours]
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
