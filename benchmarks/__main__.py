"""Measure, and print a table: what, median, spread, goal. Ratios are of pairs measured in turn, in one run."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.chapters import docker_share
from dockerlab.build import build
from dockerlab.engine import Engine, find
from dockerlab.engine.base import ensure_base
from dockerlab.experiment import change_line
from dockerlab.labels import clean, labels
from dockerlab.ledger import chapter_files
from dockerlab.paths import project_root

RUN = "benchmarks"
PAIRS = 21
TAG = "dockerlab-bench:1"
DEVNULL = subprocess.DEVNULL


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call, in seconds."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def paired(one: Callable[[], object], other: Callable[[], object], pairs: int = PAIRS) -> list[float]:
    """The ratios of `one` to `other`, each pair measured one right after the other, in alternating order."""
    one(), other()
    ratios = []
    for number in range(pairs):
        if number % 2:
            a = seconds(one)
            b = seconds(other)
        else:
            b = seconds(other)
            a = seconds(one)
        ratios.append(a / b)
    return ratios


def plain_build(engine: Engine, folder: Path) -> None:
    """What a reader would type, with the same labels and the same settings."""
    options = [f"--label={key}={value}" for key, value in labels(RUN).items()]
    command = [*engine.docker, "buildx", "build", "--progress=quiet", *options, "-t", TAG, "."]
    variables = os.environ | engine.environment() | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    subprocess.run(command, cwd=folder, env=variables, check=True, stdout=DEVNULL, stderr=DEVNULL)


def main() -> None:
    """Measure all and print the table."""
    console = Console(highlight=False)
    root = project_root()
    engine = find()
    base = ensure_base(engine)
    clean(engine, RUN)
    table = Table(title=f"Docker Engine {engine.version} ({engine.source}, {engine.store}), {base.describe()}")
    for column in ("what", "median", "spread", "runs", "goal"):
        table.add_column(column)

    def add(what: str, values: list[float], goal: str) -> None:
        spread = f"{min(values):.2f} to {max(values):.2f}"
        table.add_row(what, f"{statistics.median(values):.2f}×", spread, str(len(values)), goal)

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

        console.print("Building once, then measuring builds with nothing changed …")
        add(
            "dockerlab.build over docker buildx build, nothing changed",
            paired(through_library, lambda: plain_build(engine, folder)),
            "≤ 1.05×",
        )
        add("rebuild after a change of code over nothing changed", paired(edit_and_build, through_library), "≤ 1.3×")
    for file in chapter_files(root):
        console.print(f"Executing {file.stem} …")
        add(f"{file.stem}: run time over its docker commands", [docker_share(file)], "≤ 1.25×")
    console.print(table)


if __name__ == "__main__":
    main()
