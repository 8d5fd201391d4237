"""Where a session publishes, without an engine."""

import socket

import pytest

from dockerlab.lesson import ports
from dockerlab.lesson.ports import Ports


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
        changed = Ports(said.append).words(words)
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
    monkeypatch.setattr(ports, "free_port", lambda: next(free))
    monkeypatch.setattr(ports, "port_is_free", lambda port: port not in TAKEN)
    said: list[str] = []
    words = Ports(said.append, lambda port: port not in TAKEN).words(line.split())
    expected = (changed or line).replace("FREE", "40000").replace("RANGE", "40000-40001")
    assert " ".join(words) == expected
    assert len(said) == (changed is not None)
    if "RANGE" in (changed or ""):
        assert said[0].endswith("so the lesson publishes on 40000-40001 instead.")


def test_what_is_typed_later_follows_a_port_that_was_replaced(monkeypatch):
    taken, free, said = {8000}, iter(FREE), []
    monkeypatch.setattr(ports, "free_port", lambda: next(free))
    session = Ports(said.append, lambda port: port not in taken)
    assert session.line("curl localhost:8000/health") == "curl localhost:8000/health"
    assert session.words(["run", "-p", "127.0.0.1:8000:80", "img"])[2] == "127.0.0.1:40000:80"
    assert session.words(["run", "-p", "127.0.0.1:8001:80", "img"])[2] == "127.0.0.1:8001:80"
    lines = {
        "curl -s http://localhost:8000/a?b=8000": "curl -s http://localhost:40000/a?b=8000",
        "curl 127.0.0.1:8000 127.0.0.1:8001": "curl 127.0.0.1:40000 127.0.0.1:8001",
        "curl 10.127.0.0.1:8000 mylocalhost:8000 localhost:80001": None,
        "echo 8000:8000": None,
    }
    assert {line: session.line(line) for line in lines} == {line: new or line for line, new in lines.items()}
    assert len(said) == 1


@pytest.mark.parametrize("first", [8000, 8001], ids=["replaced", "as typed"])
def test_a_port_of_the_session_s_own_is_left_for_docker_to_refuse(monkeypatch, first):
    taken, said = {8000}, []
    monkeypatch.setattr(ports, "free_port", lambda: FREE[0])
    session = Ports(said.append, lambda port: port not in taken)
    line = f"run -p 127.0.0.1:{first}:80 img".split()
    once = session.words(line)
    taken.add(first)  # a container of the session has it now
    assert session.words(line) == once
    assert len(said) == (first == 8000)
