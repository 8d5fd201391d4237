"""What `dockerlab.build` costs on top of `docker buildx build`, and a rebuild on top of one with nothing changed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from benchmarks.measure import Measurement, paired, wait_for
from dockerlab.build import Inputs, build, predict
from dockerlab.engine import Engine
from dockerlab.engine.labels import clean, labels

RUN = "benchmarks"
TAG = "dockerlab-bench:1"


def plain_build(engine: Engine, folder: Path) -> None:
    """What a learner would type: with the same labels and settings as the library's builds, progress included."""
    options = [f"--label={key}={value}" for key, value in labels(RUN).items()]
    process = engine.popen(
        *("buildx", "build", *options, "-t", TAG, "."),
        cwd=folder,
        variables={"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(process)


def predictions(folder: Path) -> list[float]:
    """Seconds for 1,000 predictions after a change of the code, five times."""
    before = Inputs.read(folder)
    after = Inputs(before.dockerfile, {**before.files, "main.py": "other"})
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(1000):
            predict(before, after)
        seconds.append(time.perf_counter() - started)
    return seconds


def measure_builds(engine: Engine, root: Path) -> Iterator[Measurement]:
    """Ratios of pairs that are measured in turn. Whatever was built is removed afterwards.

    Raises:
        BuildFailed: the news API did not build.
    """
    clean(engine, RUN)
    with ExitStack() as stack:
        stack.callback(clean, engine, RUN)
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="dockerlab-bench-"))
        folder = Path(scratch, "news-api")
        shutil.copytree(root / "labs/news-api", folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))

        def build_with_library() -> None:
            build(f"-t {TAG} .", engine=engine, cwd=folder, run=RUN)

        def edit_and_build() -> None:
            with (folder / "main.py").open("a") as file:
                print(f"# changed: {datetime.now()}", file=file)
            build_with_library()

        yield Measurement(
            "dockerlab.build over docker buildx build, nothing changed",
            paired(build_with_library, lambda: plain_build(engine, folder)),
            "×",
            "≤ 1.05×",
        )
        yield Measurement("1,000 predictions for the news API", predictions(folder), "s", "≤ 1 s")
        yield Measurement(
            "rebuild after a change of code over nothing changed",
            paired(edit_and_build, build_with_library),
            "×",
            "≤ 1.3×",
        )
