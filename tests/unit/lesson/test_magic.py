"""What %docker makes of a line, without an engine."""

from __future__ import annotations

import socket

import pytest

from dockerlab.lesson.magic import build_arguments, inner_command, with_free_ports, with_values


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
        assert changed[3].endswith(":8000")


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
    ],
)
def test_variables_are_replaced_as_a_shell_would(line, expected):
    variables = {"remote": "localhost:5000/news-api:1", "name": "news-api", "number": 3, "k": "wrong", "v": "wrong"}
    expected = line.replace(" $name", " news-api") if expected is None else expected
    assert with_values(line, variables) == expected
