"""Two stages that run at once in a real engine, as the timeline shows them."""

import time

import pytest

from dockerlab.build import build
from dockerlab.build.timeline import schedule
from dockerlab.show.gantt import gantt

pytestmark = pytest.mark.engine


def test_two_stages_run_at_once_and_the_copy_that_joins_them_is_on_the_critical_path(engine, run, tmp_path):
    new = time.time_ns()  # so that no cache has the steps
    (tmp_path / "Dockerfile").write_text(
        f"FROM python:3.11-slim AS one\nRUN sleep 1; echo {new} > /one\n"
        f"FROM python:3.11-slim AS two\nRUN sleep 1; echo {new} > /two\n"
        "FROM python:3.11-slim\nCOPY --from=one /one /\nCOPY --from=two /two /\n"
    )
    done = build(f"-t timeline-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    found = schedule(done.trace)
    assert (found.ending, found.seconds < done.seconds) == ("DONE", True)
    assert found.seconds < found.step_seconds
    assert found.parallel_seconds > 0.5
    path = [found.bars[link.row] for link in found.path]
    assert any(bar.instruction.startswith("COPY --from=") for bar in path)
    assert any(bar.instruction.startswith("RUN sleep 1") for bar in path)
    assert found.path_seconds + found.waiting_seconds == pytest.approx(found.seconds)
    assert "Stage one\n" in str(gantt(done))
