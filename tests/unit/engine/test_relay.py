"""The relay: each direction of a connection ends by itself, and if one breaks, so does the other."""

import errno
import socket
import threading

import pytest

from dockerlab.engine.vm.relay import CHUNK_BYTES, HEADER, connect, listen, relay, serve

PATIENCE_SECONDS = 10


@pytest.fixture
def ends():
    """The plain ends of two relays that are joined by frames: what one sends, the other receives."""
    sockets = [socket.socketpair() for _ in range(3)]
    (near, near_plain), (near_framed, far_framed), (far_plain, far) = sockets
    threads = [
        threading.Thread(target=relay, args=pair, daemon=True)
        for pair in ((near_plain, near_framed), (far_plain, far_framed))
    ]
    for thread in threads:
        thread.start()
    for each in (near, far):
        each.settimeout(PATIENCE_SECONDS)
    yield near, far
    for pair in sockets:
        for each in pair:
            each.close()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def everything(source):
    data = b""
    while more := source.recv(CHUNK_BYTES):
        data += more
    return data


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 1])
def test_an_answer_comes_after_the_end_of_the_question(ends, size):
    near, far = ends
    sent = bytes(range(256)) * (size // 256 + 1)
    threading.Thread(target=lambda: (near.sendall(sent[:size]), near.shutdown(socket.SHUT_WR)), daemon=True).start()
    assert everything(far) == sent[:size]
    far.sendall(b"answer")
    far.shutdown(socket.SHUT_WR)
    assert everything(near) == b"answer"


def test_a_client_that_goes_away_is_noticed_at_the_other_end(ends):
    near, far = ends
    near.close()
    assert far.recv(1) == b""
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        far.sendall(bytes(1000 * CHUNK_BYTES))


@pytest.mark.parametrize("frame", [b"", b"\0\0", HEADER.pack(9) + b"short", HEADER.pack(CHUNK_BYTES + 1) + b"long"])
def test_frames_that_break_off_end_the_connection(frame):
    (plain, outside), (framed, far) = socket.socketpair(), socket.socketpair()
    thread = threading.Thread(target=relay, args=(plain, framed), daemon=True)
    thread.start()
    far.sendall(frame)
    far.close()
    outside.settimeout(PATIENCE_SECONDS)
    assert everything(outside) in (b"", b"short")
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    outside.close()


def test_only_the_gateway_may_connect():
    """A container in the VM has another address. Here, loopback stands for it."""
    reached = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, lambda: reached.append("the engine"), True)
        threading.Thread(target=serve, args=arguments, daemon=True).start()
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE_SECONDS) as stranger:
            assert stranger.recv(1) == b""
    assert reached == []


def test_a_connection_ends_if_the_other_side_cannot_be_reached(tmp_path):
    with listen(str(tmp_path / "here")) as listener:
        arguments = (listener, lambda: connect(str(tmp_path / "nowhere")), False)
        threading.Thread(target=serve, args=arguments, daemon=True).start()
        with connect(str(tmp_path / "here")) as client:
            client.settimeout(PATIENCE_SECONDS)
            assert client.recv(1) == b""


class Hungry(socket.socket):
    """A listener that finds no file descriptor left, three times."""

    failures = 3

    def accept(self):
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_it_waits_for_file_descriptors():
    (far, here), reached = socket.socketpair(), threading.Event()
    with Hungry(socket.AF_UNIX) as listener, far, here:
        listener.bind("\0dockerlab-test-hungry")
        listener.listen()
        arguments = (listener, lambda: reached.set() or here, False)
        threading.Thread(target=serve, args=arguments, daemon=True).start()
        with connect(listener.getsockname()):
            assert reached.wait(PATIENCE_SECONDS)


def test_it_ends_when_its_listener_is_closed(tmp_path):
    listener = listen(str(tmp_path / "here"))
    listener.close()
    serving = threading.Thread(target=serve, args=(listener, None, False), daemon=True)
    serving.start()
    serving.join(PATIENCE_SECONDS)
    assert not serving.is_alive()
