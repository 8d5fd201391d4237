"""What `dockerlab.build` costs on top of `docker buildx build`, and a rebuild on top of one with nothing changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from benchmarks.measure import Figure, paired
from dockerlab.build.builder import build
from dockerlab.build.experiment import change_line
from dockerlab.engine import Engine
from dockerlab.engine.labels import clean, labels

RUN = "benchmarks"
TAG = "dockerlab-bench:1"
DEVNULL = subprocess.DEVNULL


def plain_build(engine: Engine, folder: Path) -> None:
    """What a reader would type, which shows its progress too, with the same labels and the same settings."""
    options = [f"--label={key}={value}" for key, value in labels(RUN).items()]
    command = [*engine.docker, "buildx", "build", *options, "-t", TAG, "."]
    variables = os.environ | engine.environment() | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    subprocess.run(command, cwd=folder, env=variables, check=True, stdout=DEVNULL, stderr=DEVNULL)


def measure_builds(engine: Engine, root: Path) -> Iterator[Figure]:
    """Ratios of pairs measured in turn, in one run. What was built is removed afterwards.

    Raises:
        BuildFailed: the news API did not build.
    """
    clean(engine, RUN)
    with ExitStack() as stack:
        stack.callback(clean, engine, RUN)
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="dockerlab-bench-"))
        folder = Path(scratch, "news-api")
        shutil.copytree(root / "labs/news-api", folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))

        def through_library() -> None:
            build(f"-t {TAG} .", engine=engine, cwd=folder, run=RUN)

        def edit_and_build() -> None:
            change_line(folder / "main.py", "GREETING", f'GREETING = "{datetime.now().isoformat()}"')
            through_library()

        yield Figure(
            "dockerlab.build over docker buildx build, nothing changed",
            paired(through_library, lambda: plain_build(engine, folder)),
            "×",
            "≤ 1.05×",
        )
        yield Figure(
            "rebuild after a change of code over nothing changed",
            paired(edit_and_build, through_library),
            "×",
            "≤ 1.3×",
        )
