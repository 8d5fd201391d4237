"""The engine in a micro-VM, in a container with Binder's limits, compared with the engine that runs the container."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Measurement
from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.labels import clean
from tools.pod import build_image, exec_in, start_pod

RUN = "bench-pod"
IMAGE = "dockerlab-bench-pod:1"
REPEATS = 5
# Prints seconds: of the step that installs the packages ("install"), or of a rebuild after a change of code ("change").
IN_POD = """
import sys
from pathlib import Path
from dockerlab.build import build
from dockerlab.engine import find
engine, what = find(start=False), sys.argv[1]
if what == "change":
    with Path("main.py").open("a") as file:
        file.write("# changed\\n")
done = build(("--no-cache " if what == "install" else "") + "-t bench .", engine=engine)
pip = done.steps["instruction"].str.startswith("RUN pip")
print(done.steps.loc[pip, "seconds"].item() if what == "install" else done.seconds)
"""


def measure_vm(engine: Engine, root: Path) -> Iterator[Measurement]:
    """Start-up, installing packages on either engine in turn, rebuilds, memory, size; removes what it made.

    Raises:
        BuildFailed and its kin: the image or the news API did not build.
    """
    clean(engine, RUN)
    with ExitStack() as stack:
        stack.callback(clean, engine, RUN)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dockerlab-bench-")))
        build_image(IMAGE, root, scratch, engine=engine, run=RUN)
        start_pod(RUN, IMAGE, secrets.token_hex(16), engine=engine, run=RUN)
        lab = scratch / "news-api"
        shutil.copytree(root / "labs/news-api", lab, ignore=shutil.ignore_patterns("__pycache__", "*.db"))

        def python_in_pod(what: str) -> float:
            command = f"cd labs/news-api && python -c '{IN_POD.replace(chr(39), chr(34))}' {what}"
            return float(exec_in(RUN, "sh", "-c", command, engine=engine, timeout=300).split()[-1])

        def install_here() -> float:
            steps = build("--no-cache -t dockerlab-bench:1 .", engine=engine, cwd=lab, run=RUN).steps
            return steps.loc[steps["instruction"].str.startswith("RUN pip"), "seconds"].item()

        yield Measurement(
            "engine answers after `engine up`", [_start_seconds(engine) for _ in range(REPEATS)], "s", "≤ 15 s"
        )
        pairs = [(python_in_pod("install"), install_here()) for _ in range(REPEATS)]
        yield Measurement("dependency layer in the VM", [vm for vm, _ in pairs], "s", "–")
        yield Measurement("dependency layer on the outer engine", [here for _, here in pairs], "s", "–")
        yield Measurement("dependency layer, VM over outer engine", [vm / here for vm, here in pairs], "×", "≤ 2×")
        yield Measurement(
            "code-only rebuild in the VM", [python_in_pod("change") for _ in range(REPEATS)], "s", "≤ 3 s"
        )
        yield Measurement("memory of the pod, caches included", [_memory_MB(engine)], "MB", "≤ 2147 MB")
        yield Measurement("image, unpacked", [engine.client().images.get(IMAGE).attrs["Size"] / 1e6], "MB", "–")


def _start_seconds(engine: Engine) -> float:
    exec_in(RUN, "dockerlab", "engine", "down", engine=engine)
    said = exec_in(RUN, "dockerlab", "engine", "up", engine=engine)
    return float(re.search(r"engine answers after ([\d.]+) s", said)[1])


def _memory_MB(engine: Engine) -> float:
    """The most that the pod has used so far or, if the kernel does not record that, what it uses now."""
    found = engine.client().containers.get(RUN).stats(stream=False)["memory_stats"]
    return found.get("max_usage", found["usage"]) / 1e6
