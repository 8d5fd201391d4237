"""The builder before BuildKit, in a real engine."""

import pytest

from dockerlab.build import Experiment, build
from dockerlab.errors import BuildFailed, ContextNotFound

pytestmark = pytest.mark.engine


def test_it_is_sent_what_no_instruction_names(engine, run, left, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY small /small\n")
    (tmp_path / "small").write_text("x")
    (tmp_path / "large").write_bytes(bytes(300_000))
    assert 300_000 < Experiment(engine, run, tmp_path).retired_context_bytes() < 330_000
    assert build(".", engine=engine, cwd=tmp_path, run=run).context_bytes < 10_000
    (tmp_path / ".dockerignore").write_text("large\n")
    assert Experiment(engine, run, tmp_path).retired_context_bytes() < 30_000
    assert left()["containers"] == 0


@pytest.mark.parametrize(
    ("dockerfile", "said"), [("RUN exit 7", "returned a non-zero code: 7"), ("RNU x", "(?i)unknown instruction: RNU")]
)
def test_a_failure_is_told(engine, run, left, tmp_path, dockerfile, said):
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\n{dockerfile}\n")
    with pytest.raises(BuildFailed, match=said):
        Experiment(engine, run, tmp_path).retired_context_bytes()
    assert left() == {"containers": 0, "images": 0}


def test_a_folder_that_is_not_there_is_named(engine, tmp_path):
    with pytest.raises(ContextNotFound):
        Experiment(engine, folder=tmp_path / "nowhere").retired_context_bytes()
