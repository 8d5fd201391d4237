"""A chapter's stock commands in a plain shell, with nothing of the course on the path but its labels.

They must do there what they do on the page: end as they end there, print the same, and leave nothing behind.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

from dockerlab.book.ledger import chapter_files
from dockerlab.book.notebooks import code_cells, read_notebook
from dockerlab.book.transcript import Step, steps
from dockerlab.build.supplies import supply
from dockerlab.engine.base import present_base
from dockerlab.engine.labels import RUN, clean, label_options
from dockerlab.engine.sessions import token
from dockerlab.run.command import MAKERS

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[3]
CHAPTERS = chapter_files(ROOT)
SECONDS = 600  # for one cell, on however busy a machine
IGNORED = "nbval-ignore-output"
# Where the page shows it in another way: a build as a table, and what a cell has written.
OTHERWISE = re.compile(r"%docker (?:exec .*\bdocker )?(?:buildx |image )?build\b|%%writefile")
# docker, with the labels of the run on whatever is made: the only thing that is not the learner's own. Only what is for
# Compose goes through Python, which takes most of a second to start.
DOCKER = """#!/bin/sh
case "$1 $2" in
    "compose "*) exec {python} {labelling} "$@" ;;
    {one_word}) made=$1; shift 1 ;;
    {two_words}) made="$1 $2"; shift 2 ;;
    *) exec {docker} "$@" ;;
esac
exec {docker} $made {labels} "$@"
"""
# The labels are the same for every command, or Compose would take each for a change of its files.
LABELLING = """
import os, subprocess, sys, tempfile
from pathlib import Path
from dockerlab.engine import sessions
from dockerlab.run.compose import prepare
sessions.token = lambda: {token!r}
def ask(words):
    done = subprocess.run([{docker!r}, *words], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr
scratch = Path(tempfile.mkdtemp(dir={scratch!r}))
words, _ = prepare(sys.argv[1:], ask=ask, run={run!r}, cwd=Path.cwd(), scratch=scratch)
os.execv({docker!r}, ["docker", *words])
"""


@pytest.fixture
def shell(engine, run, tmp_path):
    """Runs a script in a copy of the lab, as a learner's shell would; gives the exit code and all that is printed."""
    lab = tmp_path / "news-api"
    shutil.copytree(ROOT / "labs/news-api", lab, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    shutil.copy(lab / ".env.example", lab / ".env")
    environment = engine.environment()
    docker = shutil.which("docker", path=environment["PATH"])
    shim = tmp_path / "bin/docker"
    shim.parent.mkdir()
    labelling = tmp_path / "labelling.py"
    labelling.write_text(LABELLING.format(docker=docker, run=run, token=token(), scratch=str(tmp_path)))
    makers = {
        "one_word": "|".join(f'"{words[0]} "*' for words in MAKERS if len(words) == 1),
        "two_words": "|".join(f'"{" ".join(words)}"' for words in MAKERS if len(words) == 2),
    }
    marks = shlex.join(label_options(run))
    shim.write_text(DOCKER.format(python=sys.executable, labelling=labelling, docker=docker, labels=marks, **makers))
    shim.chmod(0o755)
    environment |= {"PATH": f"{shim.parent}:{environment['PATH']}", "PWD": str(lab)}

    def in_shell(script: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=lab, env=environment, timeout=SECONDS, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        return done.returncode, done.stdout

    return in_shell


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("containers", "docker run -d python:3.11-slim sleep 60"),
        ("containers", "docker container create python:3.11-slim"),
        ("images", "docker build -q -t test-shell ."),
        ("images", "docker buildx build -q -t test-shell --load ."),
        ("networks", "docker network create test-shell"),
        ("volumes", "docker volume create test-shell"),
    ],
)
def test_what_the_shell_makes_is_found_again(engine, run, shell, kind, command):
    """Or the chapters below would leave nothing behind that anybody could see."""
    code, printed = shell(f"{command} && docker version > /dev/null")
    assert code == 0, printed
    assert clean(engine, run)[kind] == 1


@pytest.mark.parametrize("file", CHAPTERS, ids=lambda file: file.stem)
def test_a_chapter_works_in_a_plain_shell(engine, run, shell, file):
    notebook, differing = read_notebook(file), []
    supplied = [
        name for cell in code_cells(notebook) for name in re.findall(r'^lesson\.supply\("([^"]+)"\)', cell.source, re.M)
    ]
    for name in supplied:  # where no registry answers, the course makes what a learner would pull
        supply(name, engine, present_base(engine))
    for step in steps(notebook):
        code, printed = shell(step.text)
        assert bool(code) is step.fails, f"{step.text}\nends with exit code {code}:\n{printed}"
        if is_compared(step) and words(step, printed) != words(step, shown(step)):
            differing.append(f"{step.text}\n--- in a shell\n{printed}\n--- on the page\n{shown(step)}")
    assert not differing, "\n\n".join(differing)
    labels = {"label": f"{RUN}={run}"}
    client = engine.client()
    left = {
        "containers": client.containers.list(all=True, filters=labels, sparse=True),
        # A build under a name that is taken leaves the earlier image without one, and a shell doesn't say which.
        "images": [image for image in client.api.images(filters=labels) if image["RepoTags"]],
        "volumes": client.volumes.list(filters=labels),
        "networks": client.networks.list(filters=labels),
    }
    assert {kind: found for kind, found in left.items() if found} == {}, "the chapter's own commands leave this behind"


def is_compared(step: Step) -> bool:
    tags = step.cell.metadata.get("tags", ())
    return IGNORED not in tags and not OTHERWISE.match(step.cell.source)


def shown(step: Step) -> str:
    """What the page has of a cell."""
    return "".join(output.text for output in step.cell.outputs if output.output_type == "stream")


def words(step: Step, text: str) -> list[str]:
    """What is compared of an output: its words, without what the book's sanitiser hides.

    For what is typed after !, whatever their order: in a notebook such a command writes to a terminal, and `ls` in
    columns.
    """
    for regex, replacement in get_sanitize_patterns((ROOT / "tests/book/sanitize.cfg").read_text(encoding="utf-8")):
        text = re.sub(regex, replacement, text)
    found = text.split()
    return sorted(found) if step.cell.source.startswith("!") else found
