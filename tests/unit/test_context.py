import pytest

from dockerlab.build.context import context_files
from dockerlab.errors import ContextNotFound

FILES = ("Dockerfile", "main.py", "app.log", "logs/a.log", "logs/keep.log", ".git/HEAD", "pkg/__pycache__/x.pyc")


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("12345")
    return tmp_path


@pytest.mark.parametrize(
    ("ignore", "left_out"),
    [
        ("", set()),
        ("# only a comment\n\n", set()),
        (".git", {".git/HEAD"}),
        ("*.log", {"app.log"}),
        ("**/*.log\n!logs/keep.log", {"app.log", "logs/a.log"}),
        ("**/__pycache__", {"pkg/__pycache__/x.pyc"}),
        ("logs/\n", {"logs/a.log", "logs/keep.log"}),
        ("*\n!main.py", set(FILES) - {"main.py", "Dockerfile"}),
    ],
)
def test_what_dockerignore_leaves_out(folder, ignore, left_out):
    (folder / ".dockerignore").write_text(ignore)
    found = context_files(folder)
    assert set(found["path"]) - {".dockerignore"} == set(FILES) - left_out
    assert set(context_files(folder, ignore=False)["path"]) == {*FILES, ".dockerignore"}
    assert found.set_index("path").loc["main.py"].to_dict() == {"size_bytes": 5, "top": "main.py"}


def test_a_dockerfiles_own_list_comes_first(folder):
    (folder / ".dockerignore").write_text("main.py")
    (folder / "Dockerfile.dockerignore").write_text("app.log")
    found = set(context_files(folder)["path"])
    assert "main.py" in found
    assert "app.log" not in found


def test_an_empty_folder_has_a_table_all_the_same(tmp_path):
    assert list(context_files(tmp_path).columns) == ["path", "size_bytes", "top"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ContextNotFound) as caught:
        context_files(tmp_path / "nowhere")
    assert caught.value.path == str(tmp_path / "nowhere")
