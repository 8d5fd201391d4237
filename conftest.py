"""What every kind of test here shares: nbval's sanitiser, an engine, a browser, time per part, and the clean-up."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
PARTS = ("tests/unit", "tests/engine", "chapters", "tests/book", "tests/pod")
# These start engines, and look at what an engine leaves on the machine.
ALONE = {
    "test_bad_work.py",
    "test_build.py",
    "test_engines_readers_have.py",
    "test_private_engine.py",
    "test_read_images.py",
}
EXERCISES = [file.parent.name for file in ROOT.glob("labs/exercises/*/exercise.yml")]
_seconds: Counter[str] = Counter()
_removed: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--clean-up",
        action="store_true",
        help="before and afterwards, remove from the engine what carries the course's label",
    )

    parser.addoption(
        "--nightly",
        action="store_true",
        help="also what takes minutes and is rarely broken by a change: tests marked nightly",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--nightly"):
        return
    left_out = [item for item in items if item.get_closest_marker("nightly")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `-n 2`, what shares a slow set-up, or must not run beside each other, runs in one process, in order."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.split("::")[0])
            if file.name == "test_exercises.py":  # an exercise's objects have the names that its task gives
                names = [name for name in EXERCISES if f"[{name}]" in nodeid or f"[{name}-" in nodeid]
                return max(names, key=len)
            # Two that build one context for the first time at once get a layer each; and a shell knows nothing of the
            # names and ports that a session of the course has.
            if file.suffix == ".ipynb" or file.name == "test_transcripts.py":
                return "chapters"
            return "alone" if file.name in ALONE else str(file)

    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """`pytest --nbval chapters` needs no further option, from whatever folder of the project."""
    option = config.option
    if getattr(option, "nbval", False):
        option.nbval_sanitize_with = option.nbval_sanitize_with or str(ROOT / "tests/book/sanitize.cfg")
        # The kernel of this environment, whatever other kernels the machine has under the name python3.
        option.nbval_current_env = option.nbval_current_env or not option.nbval_kernel_name


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    part = next((part for part in PARTS if report.nodeid.startswith(part)), "other")
    _seconds[part] += report.duration


def pytest_sessionstart(session: pytest.Session) -> None:
    """What a run that was killed has left would be in this one's way: a plain shell knows nothing of sessions."""
    _clean_up(session)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    _removed.extend(_clean_up(session))


def _clean_up(session: pytest.Session) -> list[str]:
    """With --clean-up, remove what carries the course's label; says what was removed."""
    if hasattr(session.config, "workerinput") or not session.config.getoption("--clean-up"):
        return []
    from dockerlab.engine import find
    from dockerlab.engine.labels import clean
    from dockerlab.errors import DockerLabError

    started = time.perf_counter()
    try:
        removed = clean(find(start=False))
    except DockerLabError as error:
        return [f"nothing to clean up: {error.summary}"]
    what = ", ".join(f"{n} {kind}" for kind, n in removed.items()) or "nothing was left over"
    return [f"clean-up by label: {what} ({time.perf_counter() - started:.1f} s)"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if len(_seconds) < 2 and not _removed:
        return
    terminalreporter.section("time per part")
    for part in (*PARTS, "other"):
        if part in _seconds:
            terminalreporter.write_line(f"{part:<14} {_seconds[part]:7.1f} s")
    for line in _removed:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def engine():
    """The engine that the course would use here, with the base image in it."""
    from dockerlab.engine import find
    from dockerlab.engine.base import ensure_base

    found = find()
    ensure_base(found)
    return found


@pytest.fixture(scope="module")
def browser():
    """A browser. Without one the test is skipped, but in continuous integration it fails."""
    from tools.browser import BrowserUnavailable, open_browser

    with ExitStack() as stack:
        try:
            started = stack.enter_context(open_browser())
        except BrowserUnavailable as error:
            if os.environ.get("CI") != "true":
                pytest.skip(str(error))
            _install()
            started = stack.enter_context(open_browser())
        yield started


def _install() -> None:
    """Debian's Chromium, on a machine that is continuous integration's own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"], **quiet)
