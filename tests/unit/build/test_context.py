"""The archive of a build context, as the builder before BuildKit was sent it."""

import io
import os
import socket
import tarfile
from contextlib import chdir

from dockerlab.build.context import write_archive


def strange(folder):
    """A folder of a kind that people have, and programs stumble over."""
    (folder / "large").write_bytes(bytes(5000))
    (folder / "link").symlink_to("large")
    (folder / "nowhere").symlink_to("there/is/nothing")
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "pipe")
    with chdir(folder), socket.socket(socket.AF_UNIX) as listening:  # the path of a socket must be short
        listening.bind("socket")


STRANGE = {"large": 5000, "link": 5, "nowhere": 16, "loop": 4, "up": 2, "pipe": 0, "socket": 0}


def test_a_strange_folder_goes_into_the_archive(tmp_path):
    strange(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".dockerignore").write_text("sub\nup\nDockerfile\n.dockerignore")
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    (tmp_path / "Dockerfile.dockerignore").write_text("*")  # nothing that the old builder knew
    written = io.BytesIO()
    write_archive(tmp_path, "Dockerfile", written)
    written.seek(0)
    with tarfile.open(fileobj=written) as archive:
        names = set(archive.getnames())
        assert archive.getmember("nowhere").linkname == "there/is/nothing"
    mine = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore", "empty"}
    assert names == {*STRANGE, *mine} - {"up", "socket"}
