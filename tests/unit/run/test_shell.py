"""Docker commands as people type them: split into words as a shell does it, and docker's own options found."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from dockerlab.errors import CommandUnreadable
from dockerlab.run.shell import read_options, split_words, with_variables

TYPED = {
    "run x": ["run", "x"],
    "  run\t x  ": ["run", "x"],
    "": [],
    "run x sh -c 'echo $HOME'": ["run", "x", "sh", "-c", "echo $HOME"],
    'run x sh -c "echo \\$HOME"': ["run", "x", "sh", "-c", "echo $HOME"],
    r'run x echo "a \"b\" \\ \n"': ["run", "x", "echo", r'a "b" \ \n'],
    r"run x echo 'a\'": ["run", "x", "echo", "a\\"],
    r"run x echo a\ b": ["run", "x", "echo", "a b"],
    "run x echo '' \"\"": ["run", "x", "echo", "", ""],
    "run x echo it\\'s": ["run", "x", "echo", "it's"],
    'run x echo "it\'s"': ["run", "x", "echo", "it's"],
    "ps -a  # all of them": ["ps", "-a"],
    "# nothing but a comment": [],
    "ps # don't": ["ps"],
    "build https://example.org/a.git#main:demo": ["build", "https://example.org/a.git#main:demo"],
    "run x echo 'a # b' \"c # d\" e#f": ["run", "x", "echo", "a # b", "c # d", "e#f"],
    "build -t x \\\n  .": ["build", "-t", "x", "."],
    "run x echo a\\\nb": ["run", "x", "echo", "ab"],
    'run x echo "a\\\nb"': ["run", "x", "echo", "ab"],
    "run x echo 'a\\\nb'": ["run", "x", "echo", "a\\\nb"],
}


@pytest.mark.parametrize(("typed", "words"), TYPED.items())
def test_words_are_those_of_a_shell(typed, words):
    assert split_words(typed) == words
    if shell := shutil.which("sh"):
        script = f"printf '%s\\0' x {typed}"
        said = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True).stdout
        assert said.split("\0")[1:-1] == words


def test_a_list_is_taken_as_it_is():
    assert split_words(["run", "a b", "# c"]) == ["run", "a b", "# c"]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ('run "abc', "a quotation mark is opened and never closed"),
        ("run x sh -c 'echo it's'", "a quotation mark is opened and never closed"),
        ("run x \\", "it ends with a backslash, and nothing comes after it"),
        ('run "a" "', "a quotation mark is opened and never closed"),
    ],
)
def test_a_command_that_cannot_be_read_is_shown_with_what_is_wrong(typed, problem):
    with pytest.raises(CommandUnreadable) as caught:
        split_words(typed)
    assert (caught.value.command, caught.value.problem) == (typed, problem)
    assert str(caught.value).splitlines()[1] == f"  | {typed}"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("echo $it", ["echo", "it's", "here"]),
        ('echo "$it"', ["echo", "it's here"]),
        ("echo '$it'", ["echo", "$it"]),
        (r"echo \$it", ["echo", "$it"]),
        (r'echo "\$it"', ["echo", "$it"]),
        ('echo "${quoted}"', ["echo", 'say "x\\y" $it']),
        ("echo ${quoted}", ["echo", "say", '"x\\y"', "$it"]),
        ("""echo "it's $name, isn't it" """, ["echo", "it's news-api, isn't it"]),
        ("tag $name:$number x$number", ["tag", "news-api:3", "x3"]),
        ("echo $empty end", ["echo", "end"]),
        ('echo "$empty" end', ["echo", "", "end"]),
        ("echo $hash # $lines", ["echo", "#x"]),
        ("echo $HOME $ $1 ${", ["echo", "$HOME", "$", "$1", "${"]),
    ],
)
def test_a_variable_s_value_is_text_whatever_it_holds(line, words):
    values = {
        "it": "it's here", "quoted": 'say "x\\y" $it', "name": "news-api", "number": 3, "empty": "", "hash": "#x",
        "lines": "a\nb",
    }  # fmt: skip
    assert split_words(with_variables(line, values.get)) == words


@pytest.mark.parametrize(
    ("line", "found", "rest"),
    [
        ("run x", {}, "x"),
        ("run -d x", {"-d": None}, "x"),
        ("run -p 1:2 x -p 3:4", {"-p": "1:2"}, "x -p 3:4"),
        ("run -p1:2 x", {"-p": "1:2"}, "x"),
        ("run -p=1:2 x", {"-p": "1:2"}, "x"),
        ("run --publish 1:2 x", {"--publish": "1:2"}, "x"),
        ("run --publish=1:2 x", {"--publish": "1:2"}, "x"),
        ("run -dp 1:2 x", {"-d": None, "-p": "1:2"}, "x"),
        ("run -ditp1:2 x", {"-d": None, "-i": None, "-t": None, "-p": "1:2"}, "x"),
        ("run -d=false x", {"-d": "false"}, "x"),
        ("run --rm=false x", {"--rm": "false"}, "x"),
        ("run --rm --init x --cidfile y", {"--rm": None, "--init": None}, "x --cidfile y"),
        ("run --name -p x", {"--name": "-p"}, "x"),
        ("run --name= x", {"--name": ""}, "x"),
        ("run -e A=-p x", {"-e": "A=-p"}, "x"),
        ("run --some-new-option v x", {"--some-new-option": "v"}, "x"),
        ("run -- x -p 1:2", {}, "x -p 1:2"),
        ("run -d --", {"-d": None}, ""),
        ("run -p", {}, ""),
        ("run - x", {}, "- x"),
    ],
)
def test_options_are_read_up_to_the_image(line, found, rest):
    words = line.split()
    options, end = read_options(words, 1)
    assert {option.name: option.value for option in options} == found
    assert words[end:] == rest.split()
    for option in options:
        if option.value is not None:
            assert option.before + option.value == words[option.place]
