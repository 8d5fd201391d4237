"""The process beside a micro-VM: starts it and its network, publishes ports, and notes how it ended.

python -m dockerlab.engine.vm.keeper PARTS CACHE [--making] < LOCK

Its input is a file that whoever starts it has locked, and which is free when it has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from dockerlab.engine.vm import landlock, relay
from dockerlab.engine.vm.machine import MicroVM, lines_of, proxies
from dockerlab.engine.vm.parts import GIB, MIB, Parts, copy_larger
from dockerlab.engine.vm.ports import Forward, Ports, Publisher
from dockerlab.errors import DockerLabError, EngineStartFailed

MEMORY_MIB = (700, 2000)  # at least, at most
KEPT_MIB = 700  # of the pod's memory, for Jupyter, a kernel and the network
DATA_DISK_GIB = 12
NETWORK_SECONDS = 10
END_SECONDS = 15
WATCH_SECONDS = 0.5
LAST_LINES = 8


class Keeper:
    """Runs one micro-VM to its end."""

    def __init__(self, parts: Parts, cache: Path, making: bool) -> None:
        self.vm = MicroVM(parts, cache)
        self.parts, self.making = parts, making
        self.folder = self.vm.run_folder
        self.sockets = self.folder / "net"  # of the network, which can write nowhere else
        self.control, self.card, self.way = (self.sockets / f"{name}.sock" for name in ("api", "card", "way"))
        self.network_log = self.folder / "network.log"
        self.ports = Ports(self.control, Forward(str(self.way), f"tcp://{relay.VM_ADDRESS}:{relay.PORT}", "unix"))
        self.asked_to_end = False
        self.kernel: subprocess.Popen | None = None
        self.network: subprocess.Popen | None = None
        self.publisher: Publisher | None = None

    def run(self) -> None:
        """Start everything, wait for the end of the VM, note it, and leave nothing."""
        signal.signal(signal.SIGTERM, lambda *_: self.end())
        self.vm.keeper_lock.write_text(str(os.getpid()))
        try:
            self._start_network()
            self._start_kernel()
            threading.Thread(target=self._publish, daemon=True).start()
            while self.kernel.poll() is None and self.network.poll() is None:
                time.sleep(WATCH_SECONDS)
                self.ports.settle()
            if not self.asked_to_end:
                code, console = self.kernel.poll(), lines_of(self.vm.console)
                self._note(explain(code, console), lines_of(self.network_log) if code is None else console)
        except DockerLabError as error:
            self._note(error.summary, error.last_lines)
        finally:
            for process in (self.kernel, self.network):
                if process is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def end(self) -> None:
        """Ask the VM to shut down, and kill it where it does not."""
        self.asked_to_end = True
        if self.kernel is None:
            sys.exit(0)
        threading.Thread(target=self._end_kernel, daemon=True).start()

    # -- starting -----------------------------------------------------------------------------------------------

    def _start_network(self) -> None:
        self.sockets.mkdir()
        listen = (f"-listen=unix://{self.control}", f"-listen-bess=unixpacket://{self.card}")
        # Whoever is in the VM can have it remove a file, by the wish to listen on a socket of that name.
        confine = partial(landlock.confine, self.sockets)
        self.network = self._spawn([self.parts.network, *listen, "-ssh-port=-1"], self.network_log, before=confine)
        deadline = time.monotonic() + NETWORK_SECONDS
        while not (self.way.exists() and self.card.exists()):
            if self.network.poll() is not None or time.monotonic() > deadline:
                last = lines_of(self.network_log)[-LAST_LINES:]
                raise EngineStartFailed("The micro-VM's network did not start.", last_lines=last)
            self.ports.settle()
            time.sleep(0.01)
        listener = relay.listening(str(self.vm.socket))
        arguments = (listener, lambda: relay.connected(str(self.way)), False)
        threading.Thread(target=relay.serve, args=arguments, daemon=True).start()

    def _start_kernel(self) -> None:
        memory = self.folder / "memory"  # not /dev/shm, which is small in pods
        nothing = self.folder / "nothing"
        memory.mkdir()
        nothing.mkdir()
        arguments = [
            # Its kernel and its processes take turns, never at once: on two processors each turn would wake the other.
            "taskset",
            "--cpu-list",
            str(idlest_processor()),
            self.parts.kernel,
            f"mem={vm_memory_mib(memory_limit_bytes())}M",
            "seccomp=auto",
            f"ubd0r={self.parts.disk}",
            f"ubd1={self._data_disk()}",
            "root=/dev/ubda",
            "ro",
            "init=/init",
            f"vec0:transport=bess,dst={self.card},depth=128,gro=1",
            "con0=null,fd:1",
            "con=null",
            f"uml_dir={self.folder}/",
            "umid=vm",
            f"hostfs={nothing}",  # else the VM could mount this machine's files
            "noreboot",
            "panic=-1",
            *(f"{name}={value}" for name, value in proxies(os.environ).items()),
        ]
        self.kernel = self._spawn(arguments, self.vm.console, os.environ | {"TMPDIR": str(memory)})

    def _data_disk(self) -> Path:
        if self.making:
            return self.parts.data
        disk = self.folder / "data.img"
        copy_larger(self.parts.data, disk, data_disk_bytes(os.environ, shutil.disk_usage(self.folder).free))
        return disk

    def _spawn(
        self,
        command: list,
        log: Path,
        environment: Mapping[str, str] | None = None,
        before: Callable[[], object] | None = None,  # what the new process does first; safe only from a single thread
    ) -> subprocess.Popen:
        with log.open("ab") as file:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],  # what we started ends with us, also where we are killed
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
                preexec_fn=before,
            )

    def _publish(self) -> None:
        """Publish what the engine's containers publish."""
        while self.kernel.poll() is None and not self.asked_to_end:
            if self.vm.answers():
                # When the VM goes, so does the connection that this reads from.
                with contextlib.suppress(Exception):
                    self.publisher = Publisher(self.vm.host, self.ports)
                    self.publisher.run()
            time.sleep(0.1)

    # -- ending -------------------------------------------------------------------------------------------------

    def _end_kernel(self) -> None:
        if self.publisher is not None:
            with contextlib.suppress(Exception):
                self.publisher.stop()
        press_ctrl_alt_del(self.folder / "vm/mconsole")
        try:
            self.kernel.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.kernel.pid, signal.SIGKILL)

    def _note(self, reason: str, lines: Sequence[str]) -> None:
        note = {"reason": reason, "last_lines": list(lines[-LAST_LINES:])}
        self.vm.obituary.write_text(json.dumps(note), encoding="utf-8")


def explain(code: int | None, lines: list[str]) -> str:
    """One sentence on why a VM ended that was not asked to.

    Args:
        code: of its process; minus the signal where one ended it; None where it runs and its network has ended.
        lines: of its console.
    """
    if code is None:
        return "The micro-VM was cut off, because the program that is its network has ended."
    text = "\n".join(lines[-200:])
    if killed := re.findall(r"Out of memory: Killed process \d+ \((dockerd|containerd)\)", text):
        return f"The micro-VM ran out of memory, and its {killed[-1]} was ended."
    if panic := re.search(r"Kernel panic - not syncing: (.+)", text):
        return f"The micro-VM's kernel stopped: {panic[1]}."
    if ended := re.findall(r"^vm: \S+ s: (dockerd has ended .+|the data disk .+)$", text, re.M):
        return f"The micro-VM shut down, because {ended[-1]}."
    if code == -signal.SIGKILL:
        return "The micro-VM was killed from outside, for example because this machine's memory ran out."
    if code == -signal.SIGBUS:
        return f"The micro-VM ended, because the disk of {os.environ.get('TMPDIR', '/tmp')} is full."
    return f"The micro-VM ended with exit code {code}."


def press_ctrl_alt_del(console: Path) -> None:
    """Press the three keys on the VM's management console, which its process 1 takes for a request to shut down.

    The message is user-mode Linux's: a magic number, version 2, a length, 512 bytes of text.
    """
    message = struct.pack("<III512s", 0xCAFEBABE, 2, len(b"cad"), b"cad")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
        sender.sendto(message, str(console))


def idlest_processor(seconds: float = 0.1) -> int:
    """The processor, of those that this process may use, that was idle the longest of the last moment."""

    def idle() -> dict[int, int]:
        lines = Path("/proc/stat").read_text().splitlines()
        return {
            int(words[0][3:]): int(words[4]) for line in lines if re.match(r"cpu\d", line) and (words := line.split())
        }

    before = idle()
    time.sleep(seconds)
    after = idle()
    return max(os.sched_getaffinity(0), key=lambda number: after.get(number, 0) - before.get(number, 0))


def memory_limit_bytes(root: Path = Path("/")) -> int:
    """The memory that this machine or pod may use, in bytes: the control group's limit, or what is installed."""
    limits = []
    for name in ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            limits.append(int((root / name).read_text()))
    meminfo = (root / "proc/meminfo").read_text()
    limits.append(int(re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.M)[1]) * 1024)
    return min(limits)


def data_disk_bytes(environment: Mapping[str, str], free_bytes: int) -> int:
    """The size of the disk that Docker stores on, in bytes; it takes no room until it is written to.

    Args:
        environment: DOCKERLAB_VM_DISK_GIB says how large it may become, where a pod's storage is limited.
        free_bytes: what is left where it lies, which is not for it alone.
    """
    wanted = float(environment.get("DOCKERLAB_VM_DISK_GIB") or DATA_DISK_GIB)
    return max(GIB, min(int(wanted * GIB), free_bytes - GIB // 2))


def vm_memory_mib(limit_bytes: int) -> int:
    """The VM's memory in MiB, out of the limit of the machine or pod in bytes."""
    least, most = MEMORY_MIB
    return max(least, min(most, limit_bytes // MIB - KEPT_MIB))


if __name__ == "__main__":
    Keeper(Parts(Path(sys.argv[1])), Path(sys.argv[2]), "--making" in sys.argv[3:]).run()
