"""What %docker makes of a line, without an engine."""

from __future__ import annotations

import socket

import pytest

from dockerlab.errors import CommandUnreadable
from dockerlab.lesson import magic
from dockerlab.lesson.magic import as_typed, build_arguments, inner_command, with_free_ports, with_values


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
    ("port", "is_replaced"),
    [
        ("127.0.0.1:{taken}:8000", True),
        ("127.0.0.1:{free}:8000", False),
        ("127.0.0.1::8000", False),
        ("{taken}:8000", False),  # published on every address: docker itself says what is wrong
        ("127.0.0.1:{taken}-18001:8000-8001", False),
        ("127.0.0.1:{taken}:8000/tcp", True),
        ("127.0.0.1:{taken}:8000/udp", False),
        ("127.0.0.1:{taken}:8000/TCP", False),
        ("[::1]:{taken}:8000", False),
        ("0.0.0.0:{taken}:8000", False),
        ("127.0.0.1:{taken}-{taken}:8000-8000", True),
        ("127.0.0.1:{taken}-{taken}:8000", True),
        ("127.0.0.1:8000-80000:1-72001", False),
        ("127.0.0.1:{taken}:", False),
        ("127.0.0.1:{taken}:x", False),
        ("127.0.0.1:{taken}", False),
        ("127.0.0.1:80000:8000", False),
    ],
)
def test_a_port_in_use_is_replaced_and_the_reader_told(port, is_replaced):
    with socket.socket() as listener, socket.socket() as other:
        for each in (listener, other):
            each.bind(("127.0.0.1", 0))
        listener.listen()
        taken, free = listener.getsockname()[1], other.getsockname()[1]
        other.close()
        words = ["run", "-d", "-p", port.format(taken=taken, free=free), "news-api"]
        said: list[str] = []
        changed = with_free_ports(words, said.append)
    assert (changed != words) is is_replaced
    assert len(said) == is_replaced
    if is_replaced:
        assert f"Port {taken} of this machine is in use" in said[0]
        assert changed[3].startswith("127.0.0.1:")
        assert changed[3].split(":")[2] == port.split(":")[2]


TAKEN, FREE = (8000, 8001, 9001), range(40000, 40100)


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("run -p 127.0.0.1:8000:80 img", "run -p 127.0.0.1:FREE:80 img"),
        ("run -p127.0.0.1:8000:80 img", "run -p127.0.0.1:FREE:80 img"),
        ("run -p=127.0.0.1:8000:80 img", "run -p=127.0.0.1:FREE:80 img"),
        ("run --publish 127.0.0.1:8000:80 img", "run --publish 127.0.0.1:FREE:80 img"),
        ("run --publish=127.0.0.1:8000:80 img", "run --publish=127.0.0.1:FREE:80 img"),
        ("run -dp 127.0.0.1:8000:80 img", "run -dp 127.0.0.1:FREE:80 img"),
        ("run -itdp127.0.0.1:8000:80 img", "run -itdp127.0.0.1:FREE:80 img"),
        ("run --rm --name web -p 127.0.0.1:8000:80 img", "run --rm --name web -p 127.0.0.1:FREE:80 img"),
        ("container run -p 127.0.0.1:8000:80 img", "container run -p 127.0.0.1:FREE:80 img"),
        ("create -p 127.0.0.1:8000:80 img", "create -p 127.0.0.1:FREE:80 img"),
        ("container create -p 127.0.0.1:8000:80 img", "container create -p 127.0.0.1:FREE:80 img"),
        ("run -p 127.0.0.1:8000-8001:80-81 img", "run -p 127.0.0.1:RANGE:80-81 img"),
        ("run -p 127.0.0.1:9000-9001:80-81 img", "run -p 127.0.0.1:RANGE:80-81 img"),
        ("run -p 127.0.0.1:7000-7001:80-81 img", None),
        ("run -p 127.0.0.1:8000-8001:80 img", None),  # docker takes whichever is free
        ("run -p 127.0.0.1:8001-8000:81-80 img", None),
        ("run -p 8000:80 img", None),
        ("run -p 8000 img", None),
        ("run --publish mode=host,published=8000,target=80 img", None),
        # What stands after the image is the program's.
        ("run img prog -p 127.0.0.1:8000:80", None),
        ("run -d img --publish=127.0.0.1:8000:80", None),
        ("run -- img -p 127.0.0.1:8000:80", None),
        ("run --name -p 127.0.0.1:8000:80 img", None),
        ("run -e -p 127.0.0.1:8000:80 img", None),
        ("exec web prog -p 127.0.0.1:8000:80", None),
        ("ps -p 127.0.0.1:8000:80", None),
        ("run -p", None),
        ("run", None),
        ("", None),
    ],
)
def test_only_docker_s_own_options_publish_however_they_are_written(monkeypatch, line, changed):
    free = iter(FREE)
    monkeypatch.setattr(magic, "free_port", lambda: next(free))
    monkeypatch.setattr(magic, "port_is_free", lambda port: port not in TAKEN)
    said: list[str] = []
    words = with_free_ports(line.split(), said.append, lambda port: port not in TAKEN)
    expected = (changed or line).replace("FREE", "40000").replace("RANGE", "40000-40001")
    assert " ".join(words) == expected
    assert len(said) == (changed is not None)
    if "RANGE" in (changed or ""):
        assert said[0].endswith("so the lesson publishes on 40000-40001 instead.")


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
        ("run -e HOME=$HOME $unknown", "run -e HOME=$HOME $unknown"),
        ("run x echo $ $1", "run x echo $ $1"),
        ("""run x echo "it's $name, isn't it" """, """run x echo "it's news-api, isn't it" """),
        (r"run x echo \$name", r"run x echo \$name"),
    ],
)
def test_variables_are_replaced_as_a_shell_would(line, expected):
    variables = {"remote": "localhost:5000/news-api:1", "name": "news-api", "number": 3, "k": "wrong", "v": "wrong"}
    expected = line.replace(" $name", " news-api") if expected is None else expected
    assert with_values(line, variables) == expected
