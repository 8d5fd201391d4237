"""A chapter's stock commands as a shell script."""

import subprocess

import pytest
from click.testing import CliRunner

from dockerlab.book import commands
from dockerlab.book.transcript import END, script, steps, typed
from tests.notebooks import notebook


@pytest.mark.parametrize(
    ("cell", "shell"),
    [
        ("%docker ps -a", "docker ps -a"),
        ('%docker ps --format "{{.Names}}"\n%docker images', 'docker ps --format "{{.Names}}"\ndocker images'),
        ("%docker run \\\n    -d news-api", "docker run -d news-api"),
        ("!ls -A", "ls -A"),
        ("!docker logs news | tail -1\n\n!ls", "docker logs news | tail -1\n\nls"),
        ("%%writefile Dockerfile\nFROM x\nRUN echo $A", f"cat > Dockerfile <<'{END}'\nFROM x\nRUN echo $A\n{END}"),
        ("%%writefile -a notes\nmore", f"cat >> notes <<'{END}'\nmore\n{END}"),
        ("%%bash\nfor i in 1 2; do echo $i; done", "for i in 1 2; do echo $i; done"),
        ("lesson.clean_up()", None),
        ("%docker ps\nclaim('x', 1, True)", None),
        ("names = !ls", None),
        ("%dockerish", None),
        ("%time", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_to_type_for_a_cell(cell, shell):
    assert typed(cell) == shell


def test_the_script_does_what_the_cells_do(tmp_path):
    made = notebook(
        "from dockerlab.lesson import *",
        "%%writefile a.txt\none $HOME `two`\n'three'",
        "!cat a.txt",
        "!ls nowhere",
        "!cat a.txt | wc -l",
        tags={4: ["raises-exception"]},
    )
    assert [(step.heading, step.fails) for step in steps(made)] == [
        ("A tiny chapter", False), ("", False), ("", True), ("", False)
    ]  # fmt: skip
    for shell in ("sh", "bash"):
        done = subprocess.run([shell], input=script(made), capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "one $HOME `two`\n'three'\n2\n"), done.stderr


@pytest.mark.parametrize(
    ("cells", "tags"), [(("!false", "!echo on"), {}), (("!true", "!echo on"), {1: ["raises-exception"]})]
)
def test_it_ends_where_something_else_happens_than_on_the_page(tmp_path, cells, tags):
    done = subprocess.run(
        ["sh"], input=script(notebook(*cells, tags=tags)), capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["2", "02", "02_first_dockerfile", "chapters/02_first_dockerfile.ipynb"])
def test_a_chapter_is_named_by_its_number_or_its_file(name):
    shown = CliRunner().invoke(commands.transcript, [name])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("# Your first Dockerfile: the commands")


@pytest.mark.parametrize("name", ["99", "", "first", "0"])
def test_a_chapter_that_there_is_not_is_a_sentence(name):
    shown = CliRunner().invoke(commands.transcript, [name])
    assert shown.exit_code == 1
    assert f"There is no chapter {name!r}. The chapters are 01_run_something, " in shown.output
