"""Does a build send what the X-ray says? BuildKit's own count of bytes, and what COPY finds, are compared with it."""

import os
import time

import pytest

from dockerlab.build import build
from dockerlab.build.xray import Sum, xray

pytestmark = pytest.mark.engine

PROTOCOL_BYTES = 120  # for each file and folder: its name, mode and times, and the frames of the messages
IGNORE = "# never\n*.log\nout\n!out/keep.txt\nempty/\nbig*\n!bigger\n"
FILES = ("one.txt", "two.log", "sub/three.txt", "sub/four.log", "out/keep.txt", "out/lost.txt", "bigger", "biggest")


@pytest.fixture
def folder(tmp_path):
    context = tmp_path / "context"
    for name in FILES:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_bytes(os.urandom(20_000))  # new bytes, for an engine sends nothing that it has
    (context / "link").symlink_to("sub/three.txt")
    (context / ".dockerignore").write_text(IGNORE)
    return context


@pytest.mark.parametrize(
    ("steps", "travels"),
    [
        (["COPY . /all"], 8),
        (["COPY one.txt /"], 1),
        (["COPY *.txt sub/ /all/"], 3),
        (["COPY link /"], 2),  # the link, and what it points to
        (["COPY */three.txt /"], 8),  # a wildcard that matches a link is a request for all that it matches
        (["COPY s*/three.txt /"], 1),
        (["WORKDIR /x"], 0),
        (["COPY one.txt /", "FROM scratch", "COPY bigger /"], 1),  # nobody needs the first stage
        (["COPY one.txt /", "FROM scratch", "COPY --from=0 /one.txt /", "COPY bigger /"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_travels_is_what_the_picture_says(engine, run, folder, steps, travels):
    (folder / "Dockerfile").write_text("\n".join(["FROM scratch", *steps, f"LABEL now={time.time_ns()}"]) + "\n")
    picture = xray(folder)
    sent = build(".", engine=engine, cwd=folder, run=run).context_bytes
    said = Sum.of(picture.travels)
    assert said.files == travels
    assert said.size_bytes <= sent <= said.size_bytes + PROTOCOL_BYTES * (said.files + 3)


def test_a_tmpfs_mount_makes_the_whole_context_travel(engine, run, folder):
    mount = f"RUN --mount=type=tmpfs,target=/t echo {time.time_ns()}\n"
    (folder / "Dockerfile").write_text(f"FROM python:3.11-slim\n{mount}COPY one.txt /\n")
    picture = xray(folder)
    said = Sum.of(picture.travels)
    assert said.files == len(picture.inside)
    assert said.size_bytes <= build(".", engine=engine, cwd=folder, run=run).context_bytes


def test_the_context_is_what_copy_finds(engine, folder, tmp_path):
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    engine.run("buildx", "build", f"--output=type=local,dest={tmp_path / 'out'}", ".", cwd=folder)
    copied = {os.path.relpath(os.path.join(at, name), tmp_path / "out")
              for at, _, names in os.walk(tmp_path / "out") for name in names}  # fmt: skip
    assert {file.path for file in xray(folder).inside} == copied
    assert copied == {".dockerignore", "Dockerfile", "link", "one.txt", "sub/three.txt", "sub/four.log", "out/keep.txt",
                      "bigger"}  # fmt: skip
