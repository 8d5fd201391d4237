"""Carry connections between two sockets over a way that ends both directions of a connection at once.

Docker's client ends its input and goes on reading, as in `echo hello | docker run -i …`. gvproxy takes the end of one
direction for the end of the connection. So each connection crosses it in frames: a length, then as many bytes; the
length 0 is the end of one direction. The same program runs at both ends; in the VM: relay.py (standard library only).
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable

HEADER = struct.Struct(">I")
CHUNK_BYTES = 1 << 18
VM_ADDRESS = "192.168.127.2"
# Who comes from outside the VM. Containers have addresses of their own, and are not let in.
GATEWAY = "192.168.127.1"
PORT = 2375
ENGINE = "/run/docker.sock"
PAUSE_SECONDS = 0.1


def serve(listener: socket.socket, reach: Callable[[], socket.socket], is_framed: bool) -> None:
    """Take connections until the listener is closed, and join each to one of its own on the other side.

    Args:
        listener: a listening socket.
        reach: makes the connection to the other side; OSError where it cannot.
        is_framed: whether those who connect speak in frames; the other side then does not, and the reverse.
    """
    while True:
        try:
            accepted, address = listener.accept()
        except OSError:
            if listener.fileno() < 0:
                return
            time.sleep(PAUSE_SECONDS)  # such as for want of file descriptors, which others will close
            continue
        try:
            if address and address[0] != GATEWAY:
                raise PermissionError(f"{address[0]} may not use the engine")
            other = reach()
        except OSError:
            accepted.close()
            continue
        plain, framed = (other, accepted) if is_framed else (accepted, other)
        threading.Thread(target=join, args=(plain, framed), daemon=True).start()


def join(plain: socket.socket, framed: socket.socket) -> None:
    """Carry both directions to their ends, then close both sockets. One that breaks takes the other with it."""

    def out() -> None:
        with _breaking(plain, framed):
            while data := plain.recv(CHUNK_BYTES):
                framed.sendall(HEADER.pack(len(data)) + data)
            framed.sendall(HEADER.pack(0))

    other = threading.Thread(target=out, daemon=True)
    other.start()
    with _breaking(plain, framed):
        while size := HEADER.unpack(_exactly(framed, HEADER.size))[0]:
            while size:
                data = framed.recv(min(size, CHUNK_BYTES))
                if not data:
                    raise ConnectionError("ended within a frame")
                plain.sendall(data)
                size -= len(data)
        plain.shutdown(socket.SHUT_WR)
    other.join()
    plain.close()
    framed.close()


@contextlib.contextmanager
def _breaking(*sockets: socket.socket):
    """On an error, wake whoever waits on either socket."""
    try:
        yield
    except OSError:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise ConnectionError("ended between frames")
        data += more
    return data


def connected(path: str) -> socket.socket:
    """A connection to a Unix socket."""
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    return link


def listening(path: str) -> socket.socket:
    """A Unix socket that listens."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    return listener


if __name__ == "__main__":  # in the VM
    _listener = socket.create_server((VM_ADDRESS, PORT), backlog=64)
    sys.exit(serve(_listener, lambda: connected(ENGINE), is_framed=True))
