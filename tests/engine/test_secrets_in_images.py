"""The search for a secret in images that a real engine built."""

import pytest

from dockerlab.build import retired
from dockerlab.build.builder import build
from dockerlab.errors import BuildFailed, DockerCommandFailed
from dockerlab.image import search as secrets

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
    found = secrets.find_in_image(engine, tag, TOKEN)
    assert {(row.where, row.path) for row in found.itertuples()} == expected
    assert found.attrs["layers"] >= 1
    assert found.attrs["files"] > 1000


def test_an_image_that_is_not_there_is_named(engine):
    with pytest.raises(DockerCommandFailed, match="no-such-image"):
        secrets.find_in_image(engine, "no-such-image:0", TOKEN)


def test_the_retired_builder_is_sent_what_no_instruction_names(engine, run, left, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY small /small\n")
    (tmp_path / "small").write_text("x")
    (tmp_path / "large").write_bytes(bytes(300_000))
    assert retired.context_bytes(engine=engine, folder=tmp_path, run=run) > 300_000
    assert build(".", engine=engine, cwd=tmp_path, run=run).context_bytes < 10_000
    (tmp_path / ".dockerignore").write_text("large\n")
    assert retired.context_bytes(engine=engine, folder=tmp_path, run=run) < 30_000
    assert left()["containers"] == 0


def test_a_step_that_fails_in_the_retired_builder_is_told(engine, run, left, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nRUN exit 7\n")
    with pytest.raises(BuildFailed, match="returned a non-zero code: 7"):
        retired.context_bytes(engine=engine, folder=tmp_path, run=run)
    assert left() == {"containers": 0, "images": 0}
