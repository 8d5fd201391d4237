"""The one door to the outside: what a docker command gets to see, and what comes back as an exception. No engine."""

from __future__ import annotations

import http.server
import os
import socketserver
import subprocess
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import docker.errors
import pytest
import requests
import urllib3

from dockerlab.engine.boundary import Client, answers, cleaned, map_errors, popen, refused, stop
from dockerlab.errors import (
    DockerCommandFailed,
    EngineLost,
    EngineRefused,
    EngineUnavailable,
    NoSuchContainer,
    NoSuchImage,
)
from tests.engines import engine_of

# Docker's documented variables: of the CLI, buildx, BuildKit's client and Compose.
ADDRESSES = {
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_API_VERSION", "DOCKER_TLS", "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
}  # fmt: skip
SETTINGS = {
    "DOCKER_CONTENT_TRUST", "DOCKER_CONTENT_TRUST_SERVER", "DOCKER_DEFAULT_PLATFORM", "DOCKER_HIDE_LEGACY_COMMANDS",
    "DOCKER_BUILDKIT", "DOCKER_CUSTOM_HEADERS", "DOCKER_CLI_HINTS", "DOCKER_AUTH_CONFIG", "DOCKER_TMPDIR",
    "BUILDX_BUILDER", "BUILDX_CONFIG", "BUILDX_GIT_INFO", "BUILDX_NO_DEFAULT_ATTESTATIONS", "BUILDX_NO_DEFAULT_LOAD",
    "BUILDX_METADATA_PROVENANCE", "BUILDX_EXPERIMENTAL", "BUILDX_BAKE_ENTITLEMENTS_FS", "BUILDX_CPU_PROFILE",
    "BUILDKIT_PROGRESS", "BUILDKIT_COLORS", "BUILDKIT_HOST", "BUILDKIT_TTY_LOG_LINES",
    "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_BAKE", "COMPOSE_MENU", "COMPOSE_PROGRESS",
}  # fmt: skip
OTHERS = {"PATH", "HOME", "HTTP_PROXY", "no_proxy", "MY_DOCKER_NOTES", "TERM"}


@pytest.mark.parametrize(("keep_addresses", "kept"), [(True, ADDRESSES | OTHERS), (False, OTHERS)])
def test_of_the_reader_s_settings_only_addresses_reach_a_docker_command(keep_addresses, kept):
    everything = dict.fromkeys(ADDRESSES | SETTINGS | OTHERS, "x")
    assert set(cleaned(everything, keep_addresses=keep_addresses)) == kept


def lost(summary, said):
    return EngineLost(summary, last_lines=said)


def api_error(status: int, path: str, explanation: str) -> docker.errors.APIError:
    response = SimpleNamespace(status_code=status, url=f"http+docker://localhost/v1.51{path}", reason="")
    return docker.errors.APIError("error", response, explanation)


@pytest.mark.parametrize(
    ("status", "path", "explanation", "kind", "facts"),
    [
        (404, "/containers/web/json", "No such container: web", NoSuchContainer, {"container": "web"}),
        (404, "/containers/web/stop?t=3", "No such container: web", NoSuchContainer, {"container": "web"}),
        (404, "/containers/web?force=True", "No such container: web", NoSuchContainer, {"container": "web"}),
        (404, "/containers/web", "No such container: web", NoSuchContainer, {"container": "web"}),
        *(
            (409, f"/containers/web{path}", words, NoSuchContainer, {"container": "web"})
            for path, words in {
                "/logs?tail=8": "can not get logs from container which is dead or marked for removal",
                "/start": "container is marked for removal and cannot be started",
                "/update": 'Cannot update container 1f: container is marked for removal and cannot be "update"',
                "?force=True": "removal of container web is already in progress",
                "/export": "You cannot export container 1f which is being removed",
                "/archive": "You cannot export container 1f which is Dead",
            }.items()
        ),
        (404, "/images/news-api/json", "No such image: news-api:latest", NoSuchImage, {"image": "news-api"}),
        (404, "/images/news-api?force=True", "No such image: news-api:latest", NoSuchImage, {"image": "news-api"}),
        (
            404,
            "/images/localhost%3A5000/a%2Fb%3A1/json",
            "No such image: …",
            NoSuchImage,
            {"image": "localhost:5000/a/b:1"},
        ),
        (404, "/networks/n", "network n not found", EngineRefused, {"explanation": "network n not found"}),
        (404, "/containers/web/archive", "Could not find the file /x in container web", EngineRefused, {}),
        (409, "/containers/web", "container is in use", EngineRefused, {"explanation": "container is in use"}),
        (500, "/build", "no space left", EngineRefused, {"explanation": "no space left"}),
    ],
)
def test_what_the_engine_refuses(status, path, explanation, kind, facts):
    error = refused(api_error(status, path, explanation))
    assert type(error) is kind
    assert error.status == (404 if kind is NoSuchContainer else status)
    assert {name: getattr(error, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (api_error(409, "/containers/x", "in use"), EngineRefused, "refused"),
        (requests.ConnectionError("gone"), EngineLost, "cannot be reached"),
        (requests.exceptions.ChunkedEncodingError("cut off"), EngineLost, "cannot be reached"),
        (requests.ReadTimeout("slow"), EngineLost, "did not answer in time"),
        (urllib3.exceptions.ProtocolError("cut off"), EngineLost, "cannot be reached"),
        (urllib3.exceptions.ReadTimeoutError(None, "", "slow"), EngineLost, "did not answer in time"),
        (docker.errors.DockerException("no version"), EngineLost, "cannot be reached"),
        (BrokenPipeError("gone"), EngineLost, "cannot be reached"),
        (TimeoutError("slow"), EngineLost, "did not answer in time"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_foreign_error_becomes_one_of_the_course(raised, kind, words):
    with pytest.raises(kind, match=words), map_errors(lost):
        raise raised


def test_an_error_of_ours_inside_the_sdk_s_own_is_the_one_that_counts():
    ours = EngineLost("The engine has ended.")
    with pytest.raises(EngineLost) as caught, map_errors(lost):
        raise docker.errors.DockerException("Error while fetching server API version") from ours
    assert caught.value is ours


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), ValueError("a fault of ours"), EngineLost("known")])
def test_what_is_not_from_outside_passes(raised):
    with pytest.raises(type(raised)) as caught, map_errors(lost):
        raise raised
    assert caught.value is raised


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def engine_socket(tmp_path):
    """Something that listens where an engine would; `replies` says what each path is answered with."""
    replies: dict[str, object] = {"/version": b'{"ApiVersion": "1.51"}', "/_ping": b"OK"}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            reply = next((reply for end, reply in replies.items() if path.endswith(end)), b"{}")
            if isinstance(reply, int):  # an error of this status
                self.send_response(reply)
                body = b'{"message": "No such container: web"}'
            elif reply is None:  # the engine goes away in the middle of the answer
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                self.wfile.flush()
                return self.connection.close()
            else:
                self.send_response(200)
                body = reply
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

        def address_string(self):
            return ""

    socket = tmp_path / "docker.sock"
    with _Server(str(socket), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield socket, replies
        server.shutdown()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(404, NoSuchContainer), (500, EngineRefused), (None, EngineLost), (b"[]", None)],
    ids=["not there", "an error", "cut off", "well"],
)
def test_the_sdk_raises_the_course_s_exceptions(engine_socket, reply, kind, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    socket, replies = engine_socket
    replies["/containers/web/json"] = reply
    client = Client(lost, base_url=f"unix://{socket}")
    if kind is None:
        assert client.api.inspect_container("web") == []
        return
    with pytest.raises(kind) as caught:
        client.containers.get("web")
    assert type(caught.value) is kind


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_an_engine_on_loopback_is_never_asked_through_a_proxy(monkeypatch, name):
    """Also not in the first request, which the SDK makes while it is being set up."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b'{"ApiVersion": "1.51"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    for other in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        client = Client(lost, base_url=f"tcp://127.0.0.1:{server.server_address[1]}")
        assert client.api.version()["ApiVersion"] == "1.51"
        server.shutdown()


@pytest.mark.parametrize(
    "settings",
    [{}, {"DOCKER_CONTEXT": "no-such-context"}, {"DOCKER_TLS_VERIFY": "1", "DOCKER_HOST": "tcp://127.0.0.1:9"}],
    ids=["none", "a context that is not there", "certificates that are not there"],
)
def test_the_reader_s_settings_lead_to_their_engine_or_to_a_clear_error(engine_socket, tmp_path, monkeypatch, settings):
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-config"))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    socket, _ = engine_socket
    own = replace(engine_of("exit 0", tmp_path), host=f"unix://{socket}")
    if "DOCKER_HOST" in settings:
        with pytest.raises(EngineLost):
            own.client()
    else:
        assert own.client().api.version()["ApiVersion"] == "1.51"


def test_an_engine_that_is_not_there_is_lost(tmp_path):
    with pytest.raises(EngineLost):
        Client(lost, base_url=f"unix://{tmp_path}/none.sock")


def test_whether_an_engine_answers(engine_socket, tmp_path):
    socket, replies = engine_socket
    assert answers(socket)
    assert not answers(tmp_path / "none.sock")
    replies["/_ping"] = 500
    assert not answers(socket)


# -- docker commands --------------------------------------------------------------------------------------------------


def test_a_command_gets_the_cleaned_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("BUILDX_BUILDER", "mine")
    monkeypatch.setenv("DOCKER_HOST", "unix:///reader.sock")
    engine = engine_of('echo "$BUILDX_BUILDER,$DOCKER_HOST,$GIVEN,$*"', tmp_path, GIVEN="yes")
    assert engine.run("ps", "-a") == ",unix:///reader.sock,yes,ps -a\n"


ALIVE, GONE = '[ "$1" = version ] && exit 0', '[ "$1" = version ] && exit 1'


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (f"{ALIVE}; echo wrong; exit 3", DockerCommandFailed, "`docker ps` ended with exit code 3"),
        # The words do not count: a program may print them, and clients word them differently from release to release.
        (f"{ALIVE}; echo Cannot connect to the Docker daemon; exit 1", DockerCommandFailed, "exit code 1"),
        (f"{GONE}; echo some new words; exit 1", EngineLost, "does not answer `docker ps`"),
    ],
)
def test_a_command_that_fails_asks_whether_the_engine_is_still_there(tmp_path, script, kind, words):
    with pytest.raises(kind, match=words) as caught:
        engine_of(script, tmp_path).run("ps")
    assert caught.value.last_lines


def test_a_command_that_takes_too_long_is_stopped_with_what_it_said(tmp_path):
    begin = time.monotonic()
    with pytest.raises(DockerCommandFailed, match="longer than 0 s") as caught:
        engine_of("echo begun; exec sleep 60", tmp_path).run("ps", timeout=0.3)
    assert caught.value.last_lines == ("begun",)
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize("command", ["none/docker", "."], ids=["not there", "a folder"])
def test_a_docker_that_cannot_be_started_is_said(tmp_path, command):
    with pytest.raises(EngineUnavailable, match="docker command cannot be started"):
        popen([str(tmp_path / command)], os.environ)


def test_stopping_ends_also_what_ignores_a_polite_request(tmp_path, monkeypatch):
    monkeypatch.setattr("dockerlab.engine.boundary.END_SECONDS", 0.3)
    engine = engine_of("trap '' TERM; echo up; while :; do sleep 0.1; done", tmp_path)
    process = engine.popen("ps")
    assert process.stdout.readline() == b"up\n"
    stop(process)
    assert process.returncode == -9
    process.stdout.close()
    stop(process)  # a second time does nothing


def test_output_that_is_not_text_is_kept_readable(tmp_path):
    assert engine_of(r"printf 'a\377b\n'", tmp_path).run("ps") == "a�b\n"


def test_both_streams_can_be_had_apart(tmp_path):
    process = engine_of("echo out; echo err >&2", tmp_path).popen("save", stderr=subprocess.PIPE)
    assert process.communicate() == (b"out\n", b"err\n")
