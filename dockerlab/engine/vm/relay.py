"""Carry the connections to the engine's API through gvproxy, each direction with an end of its own.

Docker's client ends its input and goes on reading, as in `echo hello | docker run -i …`. gvproxy, however, closes a
connection when one direction ends. So the data crosses it in frames: a length, then as many bytes. Length 0 is the end
of one direction. The same program runs at both ends; in the VM as relay.py, with the standard library alone.
"""

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator

HEADER = struct.Struct(">I")
CHUNK_BYTES = 1 << 18
VM_ADDRESS = "192.168.127.2"
# Connections from outside the VM come from here. Containers have other addresses, and are refused.
GATEWAY = "192.168.127.1"
PORT = 2375
ENGINE = "/run/docker.sock"
PAUSE_SECONDS = 0.1


def serve(listener: socket.socket, dial: Callable[[], socket.socket], is_framed: bool) -> None:
    """Accept connections until the listener is closed, and relay each to a new connection on the other side.

    Args:
        dial: makes the connection to the other side; may raise OSError.
        is_framed: whether the accepted connections carry frames. The other side is the opposite.
    """
    while True:
        try:
            accepted, address = listener.accept()
        except OSError:
            if listener.fileno() < 0:
                return
            time.sleep(PAUSE_SECONDS)  # perhaps no file descriptor is left, until another connection ends
            continue
        try:
            if address and address[0] != GATEWAY:
                raise PermissionError(f"{address[0]} may not use the engine")
            other = dial()
        except OSError:
            accepted.close()
            continue
        plain, framed = (other, accepted) if is_framed else (accepted, other)
        threading.Thread(target=relay, args=(plain, framed), daemon=True).start()


def relay(plain: socket.socket, framed: socket.socket) -> None:
    """Carry both directions to their ends, then close both sockets. If one breaks, so does the other."""

    def send() -> None:
        with _breaking(plain, framed):
            while data := plain.recv(CHUNK_BYTES):
                framed.sendall(HEADER.pack(len(data)) + data)
            framed.sendall(HEADER.pack(0))

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    with _breaking(plain, framed), framed.makefile("rb") as frames:
        while size := HEADER.unpack(frames.read(HEADER.size))[0]:
            if size > CHUNK_BYTES:
                raise ConnectionError(f"a frame of {size} bytes")
            plain.sendall(frames.read(size))
        plain.shutdown(socket.SHUT_WR)
    sender.join()
    plain.close()
    framed.close()


@contextlib.contextmanager
def _breaking(*sockets: socket.socket) -> Iterator[None]:
    """On an error, shut both sockets down, which wakes the thread that waits on one of them."""
    try:
        yield
    except (OSError, struct.error):  # struct.error: ended between frames, or within one
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def connect(path: str) -> socket.socket:
    """A connection to a Unix socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def listen(path: str) -> socket.socket:
    """A Unix socket that listens."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    return listener


if __name__ == "__main__":  # in the VM
    _listener = socket.create_server((VM_ADDRESS, PORT), backlog=64)
    sys.exit(serve(_listener, lambda: connect(ENGINE), is_framed=True))
