"""The process beside a micro-VM: starts it and its network, publishes its ports, and notes how it ended.

python -m dockerlab.engine.vm.keeper PARTS CACHE [--making] < LOCK

Its input is a file that its starter has locked. It stays locked until the keeper has ended.
"""

import contextlib
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
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import docker
from docker.types.daemon import CancellableStream

from dockerlab.engine.boundary import answers
from dockerlab.engine.vm import landlock, relay
from dockerlab.engine.vm.files import LAST_LINES, Files, lines_of
from dockerlab.engine.vm.machine import proxies
from dockerlab.engine.vm.parts import GIB, MIB, Parts, copy_enlarged
from dockerlab.engine.vm.ports import Forward, Ports, published
from dockerlab.errors import DockerLabError, EngineStartFailed
from dockerlab.paths import work_folder

MEMORY_MIB = (700, 2000)  # at least, at most
KEPT_MIB = 700  # of the pod's memory, for Jupyter, a kernel and the network
DATA_DISK_GIB = 12
NETWORK_SECONDS = 10
END_SECONDS = 15
LAST_SECONDS = 5  # for a kernel to end after its network
WATCH_SECONDS = 0.5


class Keeper:
    """Runs one micro-VM to its end.

    Attributes:
        card: the socket that stands for the VM's network card.
        network: gvproxy's process.
    """

    def __init__(self, parts: Parts, cache: Path, making: bool) -> None:
        self._parts, self._files, self._making = parts, Files(cache), making
        sockets = self._files.run_folder / "net"
        self._control, self.card, self._to_engine = (sockets / f"{name}.sock" for name in ("api", "card", "engine"))
        self._network_log = self._files.run_folder / "network.log"
        always = Forward(str(self._to_engine), f"tcp://{relay.VM_ADDRESS}:{relay.PORT}", "unix")
        self._ports = Ports(self._control, always)
        self._is_ending = False
        self._kernel: subprocess.Popen | None = None
        self.network: subprocess.Popen | None = None
        self._events: CancellableStream | None = None

    def run(self) -> None:
        """Start everything, wait until the VM ends, note why, and clear up."""
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        self._files.keeper_lock.write_text(str(os.getpid()))
        try:
            self.start_network()
            self._start_kernel()
            threading.Thread(target=self._publish, daemon=True).start()
            while self._kernel.poll() is None and self.network.poll() is None:
                time.sleep(WATCH_SECONDS)
                self._ports.reconcile()
            code, console = exit_code(self._kernel, self.network), lines_of(self._files.console)
            if not self._is_ending:
                self._files.note_exit(explain(code, console), lines_of(self._network_log) if code is None else console)
        except DockerLabError as error:
            self._files.note_exit(error.summary, error.last_lines)
        finally:
            for process in (self._kernel, self.network):
                if process is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            shutil.rmtree(self._files.run_folder, ignore_errors=True)

    def start_network(self) -> None:
        """Start gvproxy, and relay the engine's API to the socket that everybody uses.

        Raises:
            EngineStartFailed: gvproxy has ended, or does not listen within NETWORK_SECONDS; with its last lines.
        """
        self.card.parent.mkdir()
        listen = (f"-listen=unix://{self._control}", f"-listen-bess=unixpacket://{self.card}")
        # A program in the VM can make gvproxy remove a file, by asking it for a socket of that name.
        confine = partial(landlock.confine, self.card.parent)
        self.network = self._spawn([self._parts.network, *listen, "-ssh-port=-1"], self._network_log, before=confine)
        deadline = time.monotonic() + NETWORK_SECONDS
        while not (self._to_engine.exists() and self.card.exists()):
            if self.network.poll() is not None or time.monotonic() > deadline:
                last = lines_of(self._network_log)[-LAST_LINES:]
                raise EngineStartFailed("The micro-VM's network did not start.", last_lines=last)
            self._ports.reconcile()
            time.sleep(0.01)
        arguments = (relay.listen(str(self._files.socket)), lambda: relay.connect(str(self._to_engine)), False)
        threading.Thread(target=relay.serve, args=arguments, daemon=True).start()

    def _start_kernel(self) -> None:
        parts, run_folder = self._parts, self._files.run_folder
        memory, nothing = run_folder / "memory", run_folder / "nothing"
        memory.mkdir()
        nothing.mkdir()
        shared = None if self._making else self._files.share(work_folder())
        data = parts.data if self._making else run_folder / "data.img"
        if not self._making:
            copy_enlarged(parts.data, data, data_disk_bytes(os.environ, shutil.disk_usage(run_folder).free))
        command = [
            # The kernel and its processes take turns. On two processors, each turn would have to wake the other one.
            "taskset", "--cpu-list", str(idlest_processor()),
            parts.kernel, f"mem={vm_memory_mib(memory_limit_bytes())}M", "seccomp=auto", "noreboot", "panic=-1",
            f"ubd0={run_folder / 'root.cow'},{parts.disk}", f"ubd1={data}", "root=/dev/ubda", "rw", "init=/init",
            f"vec0:transport=bess,dst={self.card},depth=128,gro=1",
            "con0=null,fd:1", "con=null", f"uml_dir={run_folder}/", "umid=vm",
            f"hostfs={shared or nothing}",  # or root in the VM could mount all files of this machine
            *([f"shared={shared}"] if shared else []),
            *(f"{name}={value}" for name, value in proxies(os.environ).items()),
        ]  # fmt: skip
        # By TMPDIR, its memory lies here, and not in /dev/shm, which is small in pods.
        self._kernel = self._spawn(command, self._files.console, os.environ | {"TMPDIR": str(memory)})

    def _spawn(
        self,
        command: list,
        log: Path,
        environment: Mapping[str, str] | None = None,
        before: Callable[[], object] | None = None,  # called first in the new process; only safe without threads
    ) -> subprocess.Popen:
        with log.open("ab") as file:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],  # so it ends with us, even if we are killed
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self._files.run_folder,
                preexec_fn=before,
            )

    def _publish(self) -> None:
        """Publish the containers' ports, now and after each event, as long as the VM runs."""
        while self._kernel.poll() is None and not self._is_ending:
            if answers(self._files.socket):
                with contextlib.suppress(Exception):  # the connection breaks when the VM ends
                    client = docker.DockerClient(base_url=f"unix://{self._files.socket}", timeout=None)
                    self._events = client.events(decode=True, filters={"type": ["container", "network"]})
                    self._ports.publish(published(client.api.containers()))
                    for _ in self._events:
                        self._ports.publish(published(client.api.containers()))
            time.sleep(0.1)

    def _end(self) -> None:
        """Ask the VM to shut down; kill it if it takes more than END_SECONDS."""
        self._is_ending = True
        if self._kernel is None:
            sys.exit(0)
        threading.Thread(target=self._end_kernel, daemon=True).start()

    def _end_kernel(self) -> None:
        if self._events is not None:  # the engine would wait for this connection before it shuts down
            with contextlib.suppress(Exception):
                self._events.close()
        press_ctrl_alt_del(self._files.run_folder / "vm/mconsole")
        try:
            self._kernel.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._kernel.pid, signal.SIGKILL)


def exit_code(kernel: subprocess.Popen, network: subprocess.Popen, patience: float = LAST_SECONDS) -> int | None:
    """With which code a VM's kernel has ended; None if it was its network that ended, and not because of it.

    The network ends by itself as soon as the kernel does. It is often the first to be gone: a process of this size
    takes a while to end, even one that was killed. So whose end it was is known only a moment later.

    Args:
        patience: seconds that the kernel has to end after its network.
    """
    if (code := network.poll()) is not None and code >= 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            kernel.wait(patience)
    return None if code is not None and code < 0 else kernel.poll()


def explain(code: int | None, lines: list[str]) -> str:
    """One sentence on why a VM ended that nobody had asked to end.

    Args:
        code: its process's exit code, negative if a signal ended it; None if it runs and its network has ended.
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
    """Press Ctrl-Alt-Del on the VM's management console, which asks its process 1 to shut down.

    The message is user-mode Linux's: a magic number, version 2, a length, 512 bytes of text.
    """
    message = struct.pack("<III512s", 0xCAFEBABE, 2, len(b"cad"), b"cad")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
        sender.sendto(message, str(console))


def idlest_processor(seconds: float = 0.1) -> int:
    """The processor that was idle the longest in the last moment, among those that this process may use."""

    def idle() -> dict[int, int]:
        lines = re.findall(r"^cpu(\d+)((?: \d+)+)", Path("/proc/stat").read_text(), re.M)
        return {int(number): int(times.split()[3]) for number, times in lines}

    before = idle()
    time.sleep(seconds)
    after = idle()
    return max(os.sched_getaffinity(0), key=lambda number: after.get(number, 0) - before.get(number, 0))


def memory_limit_bytes(root: Path = Path("/")) -> int:
    """The memory that this machine or pod may use, in bytes: the control group's limit or what is installed."""
    limits = []
    for name in ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            limits.append(int((root / name).read_text()))
    meminfo = (root / "proc/meminfo").read_text()
    limits.append(int(re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.M)[1]) * 1024)
    return min(limits)


def data_disk_bytes(environment: Mapping[str, str], free_bytes: int) -> int:
    """The size of the disk that Docker stores on, in bytes. It takes up space only as it is filled.

    Args:
        environment: DOCKERLAB_VM_DISK_GIB limits it, for pods whose storage is limited.
        free_bytes: what is free in its folder, which others use too.
    """
    wanted = float(environment.get("DOCKERLAB_VM_DISK_GIB") or DATA_DISK_GIB)
    return max(GIB, min(int(wanted * GIB), free_bytes - GIB // 2))


def vm_memory_mib(limit_bytes: int) -> int:
    """The VM's memory in MiB, out of the limit of the machine or pod in bytes."""
    least, most = MEMORY_MIB
    return max(least, min(most, limit_bytes // MIB - KEPT_MIB))


if __name__ == "__main__":
    Keeper(Parts(Path(sys.argv[1])), Path(sys.argv[2]), "--making" in sys.argv[3:]).run()
