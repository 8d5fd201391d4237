"""What a class costs: memory, processor time and start time a learner, one alone and eight at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from benchmarks.measure import Measurement, seconds
from dockerlab.engine import Engine
from dockerlab.engine.labels import CLASS, clean
from hub.hub import Hub
from hub.plan import Plan, Share, container_name
from hub.server.places import used_bytes
from tools.learner import Learner, at_once
from tools.pod import exec_in

NAME = "bench-class"
CHAPTER = "chapters/02_first_dockerfile.ipynb"
STARTS = 3
SAMPLE_SECONDS = 2
CHAPTER_SECONDS = 7200
# Less disk than by default: chapter 2 needs little.
PLAN = Plan(name=NAME, share=Share(work_gib=0.25, home_gib=0.25, tmp_gib=3))


def measure_class(engine: Engine) -> Iterator[Measurement]:
    """Start a class of eight, let one and then all of them run a chapter; removes what it made.

    Raises:
        ClassRefused, BuildFailed and their kin: the class could not be started.
    """
    clean(engine, everyone=True, **{CLASS: NAME})
    try:
        hub = Hub(NAME, engine)
        passwords = hub.up(PLAN)
        learners = [Learner(hub.address(), name) for name in PLAN.learners]
        for learner in learners:
            learner.log_in(passwords[learner.name])
        yield from _one(hub, learners[0])
        yield Measurement(
            "start of the other seven at once", [seconds(lambda: at_once(Learner.start, learners[1:]))], "s", "–"
        )
        yield Measurement(
            "memory of a server that has just started",
            [_memory_MB(one) for one in list(hub.servers().values())[1:]],
            "MB",
            "–",
        )
        with Peak(hub) as peak:
            times = at_once(lambda one: seconds(lambda: run_chapter(engine, one)), learners)
        yield Measurement("chapter 2, all eight at once", times, "s", "–")
        yield Measurement("the same, most memory of a server", list(peak.most_MB.values()), "MB", "≤ 2147 MB")
        yield Measurement("the same, memory of all servers together", [peak.most_together_MB], "MB", "–")
        own = engine.client().api.stats(hub.container, stream=False, one_shot=True)
        yield Measurement("memory of the hub and its proxy", [_memory_MB(own)], "MB", "–")
    finally:
        clean(engine, everyone=True, **{CLASS: NAME})


def _one(hub: Hub, learner: Learner) -> Iterator[Measurement]:
    """One learner alone: some starts, then the chapter."""
    starts = []
    for number in range(STARTS):
        if number:
            learner.stop()
        starts.append(seconds(learner.start))
    yield Measurement("start of a server, alone", starts, "s", "–")
    before = _processor_seconds(hub.servers()[learner.name])
    with Peak(hub) as peak:
        took = seconds(lambda: run_chapter(hub.engine, learner))
    yield Measurement("chapter 2, one alone", [took], "s", "–")
    used = _processor_seconds(hub.servers()[learner.name]) - before
    yield Measurement("the same, processor time", [used], "s", "–")
    yield Measurement("the same, most memory of the server", [peak.most_MB[learner.name]], "MB", "≤ 2147 MB")


def run_chapter(engine: Engine, learner: Learner) -> None:
    """Run the chapter in a learner's server against its stored outputs; DockerCommandFailed if they differ."""
    command = ("python", "-m", "pytest", "-q", "--nbval", CHAPTER)
    exec_in(container_name(NAME, learner.name), *command, engine=engine, timeout=CHAPTER_SECONDS)


class Peak:
    """While its block runs, the most memory that each server has in use, and all together, looked at now and then.

    Attributes:
        most_MB: learner -> MB, without the cache of files.
        most_together_MB: of all servers at one moment.
    """

    def __init__(self, hub: Hub) -> None:
        self.most_MB: dict[str, float] = {}
        self.most_together_MB = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(hub.servers,), daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()

    def _look(self, servers: Callable[[], dict[str, dict]]) -> None:
        while True:
            now = {name: _memory_MB(stats) for name, stats in servers().items()}
            self.most_MB = {name: max(used, self.most_MB.get(name, 0)) for name, used in now.items()}
            self.most_together_MB = max(self.most_together_MB, sum(now.values()))
            if self._over.wait(SAMPLE_SECONDS):
                return


def _memory_MB(stats: dict) -> float:
    return used_bytes(stats) / 1e6


def _processor_seconds(stats: dict) -> float:
    return stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
