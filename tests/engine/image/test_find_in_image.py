"""The search for a secret in images that a real engine built."""

import shlex

import pytest

from dockerlab.build import build
from dockerlab.engine.labels import labels
from dockerlab.errors import NoSuchImage
from dockerlab.image import ImageReader
from dockerlab.image.search import find_in_image

pytestmark = pytest.mark.engine

TOKEN = "made-up-token-for-the-tests"


@pytest.mark.parametrize(
    ("dockerfile", "options", "expected"),
    [
        ("COPY data /data", "", set()),
        ("COPY .env /app/.env", "", {("file content", "app/.env")}),
        ("COPY .env /app/.env\nRUN rm /app/.env", "", {("file content", "app/.env")}),
        ("ARG TOKEN\nRUN true", f"--build-arg TOKEN={TOKEN}", {("build argument", "TOKEN")}),
        ("RUN --mount=type=secret,id=token grep -q made-up /run/secrets/token", "--secret id=token,src=.env", set()),
        (
            "RUN --mount=type=secret,id=token cp /run/secrets/token /kept",
            "--secret id=token,src=.env",
            {("file content", "kept")},
        ),
    ],
    ids=["clean", "copied", "copied and deleted", "build argument", "build secret", "build secret kept by the step"],
)
def test_where_a_build_leaves_a_secret(engine, run, tmp_path, dockerfile, options, expected):
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\n{dockerfile}\n")
    (tmp_path / ".env").write_text(f"TOKEN={TOKEN}\n")
    (tmp_path / "data").write_text("nothing of note\n")
    tag = f"dockerlab-test:{run}".lower()
    build(f"-t {tag} {options} .", engine=engine, cwd=tmp_path, run=run)
    found = find_in_image(engine, tag, TOKEN)
    assert {(row.where, row.path) for row in found.itertuples()} == expected
    assert found.attrs["layers"] >= 1
    assert found.attrs["files"] > 1000


# A value that looks like the end of the list of arguments, like another argument, and like quoting.
AWKWARD = "made-up 'tok'  \"q\" a=b & <x> $H"
BASH = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'


@pytest.mark.parametrize("builder", ["BuildKit", "before BuildKit"])
@pytest.mark.parametrize(
    ("lines", "made_by"),
    [
        (["ARG TOKEN", "RUN true && cp data /x"], "RUN true && cp data /x"),
        (["ARG TOKEN", 'SHELL ["/bin/bash", "-c"]', "RUN cp data /x"], "RUN cp data /x"),
        ([BASH, "ARG TOKEN", "RUN cp data /x | true"], "RUN cp data /x | true"),
        (["ARG TOKEN", 'RUN ["sh", "-c", "cp data /x"]'], "RUN sh -c cp data /x"),
        (["ARG TOKEN", 'RUN ["cp", "data", "/x"]'], "RUN cp data /x"),
        (["ARG MODE=two words", "ARG TOKEN", "ARG OTHER", "RUN cp data /x"], "RUN cp data /x"),
        (["ARG BASE", "ARG TOKEN", "RUN cp data /x"], "RUN cp data /x"),
    ],
    ids=["shell form", "bash", "bash with options", "exec form", "exec form, no shell", "several", "before FROM"],
)
def test_a_build_argument_is_told_by_its_name(engine, run, tmp_path, lines, made_by, builder):
    (tmp_path / "data").write_text("nothing of note\n")
    lines = ["ARG BASE=python:3.11-slim", "FROM $BASE", "COPY data .", *lines]
    (tmp_path / "Dockerfile").write_text("\n".join(lines).replace("two words", '"two words"'))
    tag = f"dockerlab-test:{run}".lower()
    if builder == "BuildKit":
        build(f"-t {tag} --build-arg {shlex.quote(f'TOKEN={AWKWARD}')} .", engine=engine, cwd=tmp_path, run=run)
    else:
        engine.client().images.build(
            path=str(tmp_path), tag=tag, buildargs={"TOKEN": AWKWARD}, labels=labels(run), rm=True
        )
    found = find_in_image(engine, tag, AWKWARD)
    assert {(row.where, row.path) for row in found.itertuples()} == {("build argument", "TOKEN")}
    assert [*found[found["layer"] > 0]["instruction"]] == [made_by]
    if builder == "BuildKit" or "[" not in lines[-1]:  # else the history does not tell where the value ends
        assert ImageReader(engine).read(tag)[tag].layers[-1].created_by == made_by


def test_a_name_without_a_tag_is_the_image_tagged_latest(engine, run, tmp_path):
    """`docker save NAME` would write all images of that name."""
    name = f"dockerlab-{run}".lower()
    for tag, line in (("aaa", "COPY .env /"), ("latest", "COPY data /")):
        (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\n{line}\n")
        (tmp_path / ".env").write_text(f"TOKEN={TOKEN}\n")
        (tmp_path / "data").write_text("nothing of note\n")
        build(f"-t {name}:{tag} .", engine=engine, cwd=tmp_path, run=run)
    assert find_in_image(engine, name, TOKEN).empty
    assert not find_in_image(engine, f"{name}:aaa", TOKEN).empty


def test_an_image_that_is_not_there_is_named(engine):
    with pytest.raises(NoSuchImage) as caught:
        find_in_image(engine, "no-such-image:0", TOKEN)
    assert caught.value.image == "no-such-image:0"
