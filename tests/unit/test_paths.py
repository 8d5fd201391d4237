"""Where things are; no engine."""

from pathlib import Path

from dockerlab.paths import leave_scratch, make_scratch, scratch_folders


def test_a_second_lesson_in_a_kernel_starts_where_the_first_did(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "course").mkdir()
    monkeypatch.chdir(tmp_path / "course")
    leave_scratch()
    assert Path.cwd() == tmp_path / "course"
    scratch = make_scratch("07-x")
    (scratch / "news-api").mkdir()
    monkeypatch.chdir(scratch / "news-api")
    leave_scratch()
    assert Path.cwd() == tmp_path / "course"
    assert scratch_folders() == [scratch]
