"""What %docker makes of a line, without an engine."""

from __future__ import annotations

import pytest

from dockerlab.errors import CommandUnreadable
from dockerlab.lesson.magic import as_typed, build_arguments, inner_command, with_values


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("build -t x .", ["-t", "x", "."]),
        ("buildx build .", ["."]),
        ("image build -t x .", ["-t", "x", "."]),
        ("builder build .", ["."]),
        ("build --progress=plain .", None),
        ("buildx build --progress plain .", None),
        ("build -q .", None),
        ("build --check .", None),
        ("build --call=outline .", None),
        ("build --help", None),
        ("builder prune", None),
        ("buildx ls", None),
        ("run build", None),
        ("", None),
    ],
)
def test_a_build_whose_steps_are_shown_is_recognised(line, arguments):
    assert build_arguments(line.split()) == arguments


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("exec other docker build .", ([], "other", ["build", "."])),
        ("exec -w /demo other docker build -t docker .", (["-w", "/demo"], "other", ["build", "-t", "docker", "."])),
        ("exec -it -w /demo other docker build .", (["-w", "/demo"], "other", ["build", "."])),
        ("exec other docker", ([], "other", [])),
        ("container exec other docker ps", ([], "other", ["ps"])),
        ("exec docker docker build .", ([], "docker", ["build", "."])),
        ("exec -w docker other docker build .", (["-w", "docker"], "other", ["build", "."])),
        (
            "exec --workdir=/demo -e A=1 other docker build .",
            (["--workdir=/demo", "-e", "A=1"], "other", ["build", "."]),
        ),
        ("exec other echo docker build .", None),
        ("exec other sh -c docker build .", None),
        ("exec other", None),
        ("run other docker build .", None),
        ("build .", None),
        ("", None),
    ],
)
def test_a_docker_command_in_a_container_is_recognised(line, found):
    assert inner_command(line.split()) == found


@pytest.mark.parametrize(
    ("line", "words", "said"),
    [
        ("ps -a", ["ps", "-a"], []),
        ("", [], []),
        ("docker ps -a", ["ps", "-a"], ["You need not type docker twice: this runs docker ps -a"]),
        ("docker", [], ["You need not type docker twice: this runs docker"]),
        ("run docker ps", ["run", "docker", "ps"], []),
        ("run x echo $it", ["run", "x", "echo", "it's", "a"], []),
        ("ps # $it", ["ps"], []),
    ],
)
def test_a_line_becomes_the_words_of_a_command(line, words, said):
    heard: list[str] = []
    assert as_typed(line, {"it": "it's a"}, heard.append) == words
    assert heard == said


@pytest.mark.parametrize("line", ['run "abc', "run x sh -c 'a", "ps \\"])
def test_a_line_that_cannot_be_read_is_the_course_s_own_error(line):
    with pytest.raises(CommandUnreadable):
        as_typed(line, {}, print)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("push $remote", "push localhost:5000/news-api:1"),
        ("tag ${name}:1 $remote", "tag news-api:1 localhost:5000/news-api:1"),
        ("tag $name:$number x", "tag news-api:3 x"),
        ('run x sh -c "echo $name"', 'run x sh -c "echo news-api"'),
        ("run x sh -c 'echo $name'", "run x sh -c 'echo $name'"),
        ("inspect --format {{.Id}} $name", "inspect --format {{.Id}} news-api"),
        ("inspect --format '{{range $k, $v := .Labels}}{{$k}}{{end}}' $name", None),
        ("run -e HOME=$HOME $unknown", "run -e HOME=/home/reader $unknown"),
        ("run x echo $ $1", "run x echo $ $1"),
        ("""run x echo "it's $name, isn't it" """, """run x echo "it's news-api, isn't it" """),
        (r"run x echo \$name", r"run x echo \$name"),
    ],
)
def test_variables_are_replaced_as_a_shell_would(monkeypatch, line, expected):
    monkeypatch.setenv("HOME", "/home/reader")
    monkeypatch.setenv("name", "the notebook's own counts first")
    variables = {"remote": "localhost:5000/news-api:1", "name": "news-api", "number": 3, "k": "wrong", "v": "wrong"}
    expected = line.replace(" $name", " news-api") if expected is None else expected
    assert with_values(line, variables) == expected
