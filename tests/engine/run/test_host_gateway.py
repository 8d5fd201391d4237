"""What chapter 9 says of host.docker.internal: on Linux, it isn't 127.0.0.1 where a program has to listen."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dockerlab.run.command import docker_command

pytestmark = pytest.mark.engine

IN_A_CONTAINER = "run --rm --add-host=host.docker.internal:host-gateway python:3.11-slim python -c"
ADDRESS = "\"import socket; print(socket.gethostbyname('host.docker.internal'))\""
# Prints the status, or the error's number.
ASK = (
    "\"import http.client as h\ntry:\n c = h.HTTPConnection('host.docker.internal', {port}, timeout=20)\n"
    " c.request('GET', '/'); print(c.getresponse().status)\nexcept OSError as e: print(type(e).__name__)\""
)


class Here(BaseHTTPRequestHandler):
    """Answers every request with 204."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server(address: str):
    """A web server of this machine on one of its addresses; gives its port."""
    listening = HTTPServer((address, 0), Here)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield listening.server_port
    finally:
        listening.shutdown()
        listening.server_close()


def test_a_program_that_listens_on_loopback_alone_is_not_reached(engine, run) -> None:
    address = docker_command(f"{IN_A_CONTAINER} {ADDRESS}", engine=engine, run=run).strip()
    try:
        socket.create_server((address, 0)).close()
    except OSError:
        pytest.skip("the engine runs in a machine of its own, as Docker Desktop's does")
    with server(address) as port:
        if docker_command(f"{IN_A_CONTAINER} {ASK.format(port=port)}", engine=engine, run=run).strip() != "204":
            pytest.skip("a firewall of this machine lets nothing through from containers")
    with server("127.0.0.1") as port:
        said = docker_command(f"{IN_A_CONTAINER} {ASK.format(port=port)}", engine=engine, run=run).strip()
    assert said == "ConnectionRefusedError"
