"""Running containers against a real engine: what is said where it goes wrong, and that nothing is left."""

import socket
import time
from threading import Timer

import pytest

from dockerlab.build import build
from dockerlab.engine.loopback import free_port, port_is_free
from dockerlab.errors import BuildFailed, DockerCommandFailed, NoSuchContainer, NotAnswering, PortTaken
from dockerlab.run import Container, docker_command

pytestmark = pytest.mark.engine

BASE = "python:3.11-slim"
NOTHING = {"containers": 0, "images": 0}
SERVER = "python -c \"import http.server as h; h.HTTPServer(('', 8000), h.SimpleHTTPRequestHandler).serve_forever()\""


@pytest.fixture
def taken_port():
    """A port of loopback that another program listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("options", ["-d --name {run}", "-d", "--rm"])
def test_a_taken_port_is_named_and_the_container_made_for_it_is_gone(engine, run, left, taken_port, options):
    assert not port_is_free(taken_port)
    with pytest.raises(PortTaken) as caught:
        docker_command(
            f"run {options.format(run=run)} -p 127.0.0.1:{taken_port}:8000 {BASE} true", engine=engine, run=run
        )
    error = caught.value
    assert error.port == taken_port
    assert str(error).startswith(f"Port {taken_port} of this machine is in use by another program or container.\n  | ")
    assert "127.0.0.1:8001:8000" in error.advice
    assert left() == NOTHING


def test_of_containers_with_like_names_only_the_one_that_could_not_start_goes(engine, run, left, taken_port):
    docker_command(f"create --name {run}-reader {BASE} true", engine=engine, run=run)
    with pytest.raises(PortTaken):
        docker_command(f"run --name {run} -p 127.0.0.1:{taken_port}:8000 {BASE} true", engine=engine, run=run)
    assert left()["containers"] == 1
    assert engine.client().containers.get(f"{run}-reader").status == "created"


@pytest.mark.parametrize(
    "command",
    [
        f"run --rm {BASE} python -c 'raise ConnectionRefusedError(\"connection refused\")'",
        "pull -q localhost:{port}/x",
    ],
    ids=["a program's", "a registry's"],
)
def test_a_connection_that_something_else_refused_is_not_taken_for_a_lost_engine(engine, run, command):
    with pytest.raises(DockerCommandFailed, match="refused"):
        docker_command(command.replace("{port}", str(free_port())), engine=engine, run=run)


def test_a_base_image_that_a_registry_refused_is_not_taken_for_a_lost_engine(engine, run, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM localhost:{free_port()}/x\n")
    with pytest.raises(BuildFailed, match="refused"):
        build(".", engine=engine, cwd=tmp_path, run=run)


LOOKS = {
    "ask": lambda container: container.ask(),
    "watch_health": lambda container: container.watch_health("healthy"),
    "stop": lambda container: container.stop(),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_container_that_is_not_there_is_named(engine, look):
    with pytest.raises(NoSuchContainer) as caught:
        look(Container("nwes", engine))
    assert caught.value.container == "nwes"


@pytest.mark.parametrize("look", [LOOKS["ask"], LOOKS["watch_health"]], ids=["ask", "watch_health"])
@pytest.mark.parametrize("end", ["kill", "rm -f"])
def test_a_container_that_goes_while_it_is_looked_at_has_stopped(engine, run, look, end):
    class Ending(Container):
        def found(self):
            seen = super().found()
            Timer(0.2, docker_command, [f"{end} {run}"], {"engine": engine, "run": run}).start()
            return seen

    docker_command(f"run -d --rm --name {run} -p 127.0.0.1::8000 {BASE} sleep 600", engine=engine, run=run)
    with pytest.raises(NotAnswering, match="because it has stopped") as caught:
        look(Ending(run, engine))
    assert caught.value.container == run


@pytest.mark.parametrize("path", ["/etc/", "etc/"])
@pytest.mark.parametrize(
    "options",
    [
        "-p 127.0.0.1::8000",
        "-p 127.0.0.1::8000 -p 127.0.0.1::9",
        "-p 127.0.0.1::9 -p 127.0.0.1::8000",
        "-P --expose 8000",
    ],
)
def test_whichever_port_speaks_http_answers(engine, run, monkeypatch, options, path):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a proxy has no business on loopback
    docker_command(f"run -d --name {run} {options} {BASE} {SERVER}", engine=engine, run=run)
    assert Container(run, engine).ask(path).status == 200


def test_a_container_without_a_port_is_not_waited_for(engine, run):
    docker_command(f"run -d --name {run} {BASE} sleep 60", engine=engine, run=run)
    begin = time.monotonic()
    with pytest.raises(NotAnswering, match="publishes no port"):
        Container(run, engine).ask()
    assert time.monotonic() - begin < 10


def test_the_health_of_a_container_that_has_ended_is_not_waited_for(engine, run):
    docker_command(f"run -d --name {run} --health-cmd true {BASE} true", engine=engine, run=run)
    engine.client().containers.get(run).wait()
    begin = time.monotonic()
    with pytest.raises(NotAnswering, match="did not become healthy, because it has stopped"):
        Container(run, engine).watch_health("healthy")
    assert time.monotonic() - begin < 30


def test_what_a_program_says_of_its_own_ports_is_not_taken_for_a_taken_port(engine, run, left):
    words = "OSError: address already in use 127.0.0.1:8000"
    with pytest.raises(DockerCommandFailed) as caught:
        docker_command(f"run --name {run} {BASE} sh -c 'echo {words}; exit 1'", engine=engine, run=run)
    assert type(caught.value) is DockerCommandFailed
    assert left()["containers"] == 1


def test_an_interrupt_ends_a_command_whose_container_ignores_the_signal(engine, run, left):
    """As process 1, a shell ignores SIGTERM, which the client of `docker run` hands on before it waits."""

    def interrupt(line):
        raise KeyboardInterrupt

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        docker_command(
            f"run --name {run} {BASE} sh -c 'echo began; sleep 300'", engine=engine, run=run, write=interrupt
        )
    assert time.monotonic() - begin < 60
    assert left() == NOTHING


@pytest.mark.parametrize(
    ("command", "exit_code", "said"),
    [
        ("run --rm no-such-image-anywhere.invalid/x:1 true", 125, "no-such-image-anywhere.invalid"),
        (f"run --rm {BASE} no-such-program", 127, "no-such-program"),
        (f"run --rm {BASE} sh -c 'echo before the end; exit 3'", 3, "before the end"),
        ("exec no-such-container true", 1, "no-such-container"),
        ("no-such-command", 1, "no-such-command"),
    ],
)
def test_a_command_that_fails_says_what_docker_said(engine, run, left, command, exit_code, said):
    with pytest.raises(DockerCommandFailed) as caught:
        docker_command(command, engine=engine, run=run)
    error = caught.value
    assert (error.exit_code, error.command.split()[1]) == (exit_code, command.split()[0])
    assert said in error.output
    assert f"ended with exit code {exit_code}." in str(error)
    assert left() == NOTHING


def test_lines_come_as_they_are_printed(engine, run):
    lines = []
    text = docker_command(f"run --rm {BASE} sh -c 'echo one; echo two >&2'", engine=engine, run=run, write=lines.append)
    assert sorted(lines) == ["one\n", "two\n"]
    assert text == "".join(lines)


def test_what_is_made_carries_the_labels(engine, run, tmp_path):
    docker_command(f"run -d --name {run} {BASE} sleep 60", engine=engine, run=run)
    assert engine.client().containers.get(run).labels["dockerlab.run"] == run
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\n")
    docker_command(f"build --progress=plain -t dockerlab-test:{run} {tmp_path}", engine=engine, run=run)
    assert engine.client().images.get(f"dockerlab-test:{run}").labels["dockerlab.run"] == run


@pytest.mark.parametrize(
    ("command", "said"),
    [("sleep 60", ""), ("sh -c 'echo cannot find my database; exit 1'", "cannot find my database")],
    ids=["runs and does not listen", "has stopped"],
)
def test_a_container_that_does_not_answer_is_named_with_its_last_lines(engine, run, command, said):
    docker_command(f"run -d --name {run} -p 127.0.0.1::8000 {BASE} {command}", engine=engine, run=run)
    with pytest.raises(NotAnswering) as caught:
        Container(run, engine).ask("/health", timeout=2)
    error = caught.value
    assert (error.container, error.asked) == (run, "/health")
    assert said in "\n".join(error.last_lines)
    assert "docker ps -a" in error.advice


def test_an_answer_has_status_and_body_and_equals_one_that_says_the_same(engine, run):
    for name in (run, f"{run}-2"):
        docker_command(f"run -d --name {name} -p 127.0.0.1::8000 {BASE} {SERVER}", engine=engine, run=run)
    first, second = (Container(name, engine).ask("/etc/") for name in (run, f"{run}-2"))
    assert first.url != second.url
    assert (first.status, first) == (200, second)
    assert Container(run, engine).ask("/no-such-page") != first


def test_stopping_takes_no_longer_than_it_needs(engine, run):
    docker_command(f"run -d --init --name {run} {BASE} sleep 60", engine=engine, run=run)
    seconds, exit_code = Container(run, engine).stop()
    assert exit_code == 143  # 128 + 15: ended by SIGTERM, which --init passes on
    assert seconds < 8
