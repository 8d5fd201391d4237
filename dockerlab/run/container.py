"""A container of an engine: ask it by HTTP, watch its health, stop it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import docker.models.containers

from dockerlab.engine import Engine
from dockerlab.engine.patience import Patience
from dockerlab.engine.second import SecondEngine, wait_for
from dockerlab.errors import NoSuchContainer, NotAnswering
from dockerlab.run.http import Answer, get
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

ASK_SECONDS, HEALTH_SECONDS = 30, 60  # to wait by default, on an idle machine
ASK_PAUSE_SECONDS = 0.05
HEALTH_PAUSE_SECONDS = 0.1
REMOVED = "removed"  # our word for a container that was there and is not any more; the others are Docker's
ENDED = ("exited", "dead", "removing", REMOVED)
ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # published on every address of the machine


@dataclass(frozen=True)
class Container:
    """A container by its name or ID. It is looked up anew for each question, so it may come and go."""

    name: str  # the name or ID
    engine: Engine  # where it is
    clock: Callable[[], float] = field(default=time.perf_counter, repr=False)  # tells the time, in seconds

    def found(self) -> docker.models.containers.Container:
        """The docker SDK's view of it.

        Raises:
            NoSuchContainer: there is none of that name.
        """
        return self.engine.client().containers.get(self.name)

    def ask(self, path: str = "/", timeout: float | None = None, usual: float = ASK_SECONDS) -> Answer:
        """GET a path from its published port, waiting until the program answers.

        If it publishes several ports, the first that speaks HTTP answers.

        Args:
            timeout: seconds after which it gives up, whatever the machine; default: `usual`, and on a busy one more.
            usual: seconds after which it gives up on an idle machine.

        Raises:
            NoSuchContainer: there is none of that name.
            NotAnswering: no HTTP answer in that time, or the container has stopped; with its last log lines, unless
                it was removed with them. At once if it publishes no port.
        """
        begin = self.clock()
        waiting = Patience(usual, exactly=timeout)
        found = self.found()
        path = path if path.startswith("/") else f"/{path}"
        settings = found.attrs["HostConfig"]
        if not settings.get("PortBindings") and not settings.get("PublishAllPorts"):
            raise NotAnswering(
                f"{self.name} publishes no port, so it cannot be asked for {path}.",
                container=self.name,
                asked=path,
                advice=f"Remove it with `docker rm -f {self.name}`, and start it with -p 127.0.0.1::8000.",
            )
        status = found.status
        while (left := waiting.limit() - (self.clock() - begin)) > 0:
            for address in addresses(found.ports) if status == "running" else ():
                if reply := get(f"http://{address}{path}", left, self.clock):
                    return Answer(f"http://{address}{path}", *reply, self.clock() - begin)
            if status in ENDED:
                break
            time.sleep(ASK_PAUSE_SECONDS)
            status = reloaded(found)
        last: list[str] = []
        with suppress(NoSuchContainer):
            last = found.logs(tail=8).decode(errors="replace").splitlines()
        raise self._not_answering(f"answer on {path}", path, self.clock() - begin, status, last)

    def watch_health(
        self, until: str, timeout: float | None = None, checks: int | None = None, usual: float = HEALTH_SECONDS
    ) -> pd.DataFrame:
        """Its health states as they change, until one is reached: seconds (since the call), health.

        Args:
            timeout: seconds after which it gives up, whatever the machine; default: `usual`, and on a busy one more.
            checks: it also gives up after so many more health checks in vain; None for no such limit.
            usual: seconds after which it gives up on an idle machine.

        Raises:
            NoSuchContainer: there is none of that name.
            NotAnswering: the state was not reached, or the container has ended; with the health check's own last
                output.
        """
        begin = self.clock()
        waiting = Patience(usual, exactly=timeout)
        found = self.found()
        status = found.status
        rows: list[dict] = []
        outputs: dict[str, str] = {}  # what each check printed, by its start: docker keeps only the last five
        earlier: set[str] | None = None
        while self.clock() - begin < waiting.limit():
            health = found.attrs["State"].get("Health", {})
            state = health.get("Status", "none")
            if not rows or rows[-1]["health"] != state:
                rows.append({"seconds": round(self.clock() - begin, 1), "health": state})
            if state == until:
                return table(rows)
            outputs |= {check["Start"]: check.get("Output", "") for check in health.get("Log") or ()}
            earlier = set(outputs) if earlier is None else earlier
            if status in ENDED or (checks is not None and len(outputs.keys() - earlier) >= checks):
                break
            time.sleep(HEALTH_PAUSE_SECONDS)
            status = reloaded(found)
        said = outputs[max(outputs)].strip().splitlines() if outputs else []
        raise self._not_answering(f"become {until}", f"health {until!r}", self.clock() - begin, status, said[-8:])

    def _not_answering(self, what: str, asked: str, seconds: float, status: str, last: list[str]) -> NotAnswering:
        why = f" within {seconds:.0f} s"
        if status in ENDED:
            why = ", because it has stopped" + (" and was removed" if status == REMOVED else "")
        summary = f"{self.name} did not {what}{why}."
        return NotAnswering(summary, container=self.name, asked=asked, seconds=seconds, last_lines=last)

    def second_engine(self) -> SecondEngine:
        """The Docker engine that runs in it, as soon as it answers.

        Raises:
            EngineStartFailed, DockerCommandFailed: see `engine.second.wait_for`.
        """
        return wait_for(self.engine, self.name)

    def stop(self) -> tuple[float, int]:
        """Stop it with Docker's default grace period; (seconds until it had stopped, its exit code).

        Raises:
            NoSuchContainer: there is none of that name; or it was run with --rm, and its exit code has gone with it.
        """
        found = self.found()
        begin = self.clock()
        found.stop()
        seconds = self.clock() - begin
        found.reload()
        return seconds, found.attrs["State"]["ExitCode"]


def reloaded(found: docker.models.containers.Container) -> str:
    """Look at a container again, and give its status; REMOVED if it has gone, as one with --rm does when it ends."""
    try:
        found.reload()
    except NoSuchContainer:
        return REMOVED
    return found.status


def addresses(ports: Mapping[str, list[dict] | None] | None) -> list[str]:
    """The addresses of this machine that lead to a container's TCP ports, such as "127.0.0.1:8000".

    Args:
        ports: as the engine lists them: "8000/tcp" -> [{"HostIp": "0.0.0.0", "HostPort": "8000"}, …].
    """
    bindings = [b for port, found in sorted((ports or {}).items()) if port.endswith("/tcp") for b in found or ()]
    pairs = [(ANY_ADDRESS.get(b["HostIp"], b["HostIp"]), b["HostPort"]) for b in bindings]
    return list(dict.fromkeys(f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in pairs))
