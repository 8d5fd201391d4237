"""What it takes to analyse an image of 400 MB, beside `docker save` of the same image to nowhere."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Measurement, paired, seconds, wait_for
from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.labels import clean
from dockerlab.image import ImageReader

RUN = "benchmarks"
TAG = "dockerlab-bench-image:1"
PAIRS = 11
# With the base image some 400 MB and 17,000 files. Random bytes, because no store can make them smaller.
DOCKERFILE = """\
FROM python:3.11-slim
RUN ["python3", "-c", "{fill}", "first"]
RUN ["python3", "-c", "{fill}", "second"]
""".format(
    fill="import os, sys;"
    "[os.makedirs(f'/srv/{sys.argv[1]}/{i}') for i in range(100)];"
    "[open(f'/srv/{sys.argv[1]}/{i % 100}/{i}', 'wb').write(os.urandom(27500)) for i in range(5000)]"
)
# In a process of its own, since this one's memory holds the rest of the benchmarks. Prints megabytes.
MEMORY = """
import re, sys
from pathlib import Path
from dockerlab.engine import find
from dockerlab.image import ImageReader
image = ImageReader(find(start=False)).read(sys.argv[1])[sys.argv[1]]
assert image.wasted_bytes >= 0 and image.size_MB > 350
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024 / 1e6)
"""


def plain_save(engine: Engine) -> None:
    """`docker save` to nowhere."""
    wait_for(engine.popen("save", TAG, stdout=subprocess.DEVNULL))


def measure_images(engine: Engine) -> Iterator[Measurement]:
    """Reading, reading again, looking, memory. The image is removed afterwards.

    Raises:
        BuildFailed: the image did not build.
    """
    clean(engine, RUN)
    with ExitStack() as stack:
        stack.callback(clean, engine, RUN)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dockerlab-bench-")))
        (folder / "Dockerfile").write_text(DOCKERFILE)
        build(f"-t {TAG} .", engine=engine, cwd=folder, run=RUN)

        reader = ImageReader(engine)
        files = sum(len(layer.entries) for layer in reader.read(TAG)[TAG].layers)
        yield Measurement(
            f"an image of 400 MB and {files:,} files analysed, over docker save to nowhere",
            paired(lambda: ImageReader(engine).read(TAG), lambda: plain_save(engine), PAIRS),
            "×",
            "≤ 1.15×",
        )
        again = [1000 * seconds(lambda: reader.read(TAG)) for _ in range(PAIRS)]
        yield Measurement("the same image the second time", again, "ms", "≤ 50 ms")
        yield Measurement(
            "the explorer's first view of it", [1000 * _first_view(engine) for _ in range(3)], "ms", "≤ 100 ms"
        )
        memory = [float(_own_process(MEMORY)) for _ in range(3)]
        yield Measurement("memory of the process that analyses it", memory, "MB", "≤ 100 MB")


def _first_view(engine: Engine) -> float:
    """Seconds from an image that was just read to the explorer that a notebook shows."""
    from dockerlab.show.explorer_panel import ExplorerPanel

    image = ImageReader(engine).read(TAG)[TAG]
    return seconds(lambda: ExplorerPanel(image))


def _own_process(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program, TAG], capture_output=True, text=True, check=True).stdout
