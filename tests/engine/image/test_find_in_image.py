"""The search for a secret in images that a real engine built."""

import pytest

from dockerlab.build import build
from dockerlab.errors import NoSuchImage
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
