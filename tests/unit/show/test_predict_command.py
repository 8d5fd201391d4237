"""The command `dockerlab predict`: after an edit, and for the usual changes."""

import json
import shutil

import pytest
from click.testing import CliRunner

from dockerlab.build.rebuild import SWAP
from dockerlab.show.predict_command import predict_command

DOCKERFILE = "FROM scratch\nCOPY requirements.txt /\nRUN install\nCOPY . /app\n"


@pytest.fixture
def folder(tmp_path):
    before = tmp_path / "before"
    before.mkdir()
    for name, text in {"Dockerfile": DOCKERFILE, "main.py": "print()\n", "requirements.txt": "one\n"}.items():
        (before / name).write_text(text)
    return before


def run(*words):
    return CliRunner().invoke(predict_command, list(map(str, words)))


def test_two_folders_are_compared(folder):
    after = shutil.copytree(folder, folder.parent / "after")
    (after / "main.py").write_text("print(1)\n")
    done = run(folder, after)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "1 would run, 2 cached"
    (step,) = [step for step in json.loads(run(folder, after, "--json").stdout) if step["verdict"] == "runs"]
    assert step == {
        "stage": "",
        "number": 3,
        "instruction": "COPY . /app",
        "verdict": "runs",
        "why": "changed: main.py",
    }


def test_one_folder_is_tried_with_all_usual_changes_and_stays_as_it_is(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    found = json.loads(run(folder, "--json").stdout)
    ran = {name: [step["instruction"] for step in steps if step["verdict"] == "runs"] for name, steps in found.items()}
    assert ran["edit the code"] == ["COPY . /app"]
    assert ran["add a requirement"] == ["COPY requirements.txt /", "RUN install", "COPY . /app"]
    assert ran[SWAP] == ["COPY . /app", "RUN install"]
    assert "edit the README" not in ran
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_one_change_can_be_chosen(folder):
    said = run(folder, "--change", "touch the code").stdout
    assert said.startswith("touch the code:\n")
    assert "0 would run, 3 cached" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--change", "edit the README"], "'edit the README' is none of these: edit the code, touch the code"),
        (["--target", "a"], "--build-arg and --target need AFTER."),
        (["{folder}", "--change", "edit the code"], "AFTER and --change exclude each other."),
        (["nowhere"], "'nowhere' does not exist"),
    ],
)
def test_what_cannot_be_done_is_said(folder, words, said):
    done = run(folder, *(word.format(folder=folder) for word in words))
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
