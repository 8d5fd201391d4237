"""Asking a program by HTTP: whatever it answers, the question ends. No engine."""

from __future__ import annotations

import http.server
import json
import threading
import time

import pytest

from dockerlab.engine.loopback import free_port
from dockerlab.run.http import get


@pytest.fixture(scope="module")
def server():
    """The address of a server that answers each path in its own bad way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = {
                "/json": ("application/json", json.dumps({"status": "ok"}).encode()),
                "/empty": ("application/json", b""),
                "/not-json": ("application/json", b"<html>"),
                "/text": ("text/plain; charset=utf-8", "grün".encode()),
                "/page": ("text/html", "<p>grün".encode()),
                "/odd": ("text/html; charset=klingon", "<p>grün".encode()),
                "/latin": ("text/html; charset=iso-8859-1", "<p>grün".encode("latin-1")),
                "/bytes": ("text/plain; charset=utf-8", b"a\xff"),
                "/nothing": ("text/plain", b""),
                "/slow": ("text/plain", b"at last"),
            }.get(self.path, ("text/plain", None))
            if self.path in ("/silent", "/slow"):
                time.sleep(2 if self.path == "/silent" else 0.5)
            self.send_response(404 if self.path == "/text" else 200)
            self.send_header("Content-Type", kind)
            if body is not None:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if body is not None:
                self.wfile.write(body)
                return
            try:
                while self.path == "/endless":
                    self.wfile.write(b"x")
                    time.sleep(0.05)
                while self.path == "/huge":
                    self.wfile.write(b"x" * 1_000_000)
            except OSError:
                pass

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/json", (200, {"status": "ok"})),
        ("/empty", (200, "")),
        ("/not-json", (200, "<html>")),
        ("/text", (404, "grün")),
        ("/page", (200, "<p>grün")),
        ("/odd", (200, "<p>grün")),
        ("/latin", (200, "<p>grün")),
        ("/bytes", (200, "a�")),
        ("/nothing", (200, "")),
        ("/huge", None),
        ("/endless", None),
        ("/silent", None),
    ],
)
def test_whatever_the_answer_the_question_ends(server, path, answer):
    begin = time.monotonic()
    assert get(f"{server}{path}", seconds=1 if answer is None else 20) == answer
    assert time.monotonic() - begin < 20


def test_an_answer_may_take_longer_than_a_connection(server, monkeypatch):
    monkeypatch.setattr("dockerlab.run.http.CONNECT_SECONDS", 0.2)
    assert get(f"{server}/slow", seconds=20) == (200, "at last")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_loopback_is_never_asked_through_a_proxy(server, monkeypatch, name):
    for other in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(f"{server}/json", seconds=20) == (200, {"status": "ok"})


def test_nobody_there_is_no_answer():
    assert get(f"http://127.0.0.1:{free_port()}/", seconds=1) is None
