"""Make the parts that a micro-VM starts from: kernel, network, client, and disks with the engine and the base image.

`python -m dockerlab.engine.vm.disk FOLDER [ARCHIVE]` makes them, out of Debian's packages, which apt downloads and
verifies. Nothing here needs a privilege, so it can be done in a RUN step of an image's build; the base image gets onto
the disk by running the VM once.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from dockerlab.engine.base import BASE
from dockerlab.engine.private import CLIENT_PACKAGES, System, fetch_packages
from dockerlab.engine.vm.machine import MicroVM
from dockerlab.engine.vm.parts import GIB, Parts, e2fsprogs, make_file_system, run
from dockerlab.errors import DockerLabError

RECIPE = Path(__file__).parent
# The first Debian whose kernel runs guests by seccomp, which makes a process start three times as fast.
RELEASE = "forky"
MACHINE_PACKAGES = ("user-mode-linux", "gvproxy", "libc6")
SYSTEM_PACKAGES = ("docker.io", "containerd", "tini-static", "busybox-static", "procps", "python3.14-minimal")
SYSTEM_LIBRARIES = (
    "libc6", "libcap2", "libexpat1", "libncursesw6", "libproc2-1", "libpython3.14-minimal", "libseccomp2",
    "libssl3t64", "libsystemd0", "libtinfo6", "zlib1g",
)  # fmt: skip
MODULES = ("llc", "stp", "bridge", "overlay", "veth")
# The commands of init.sh; busybox is each of them under its name.
COMMANDS = (
    "brctl", "cat", "echo", "hostname", "insmod", "ip", "mkdir", "mount", "poweroff", "sh", "sync",
)  # fmt: skip
UNUSED = (
    "usr/share", "usr/lib/cni", "usr/lib/udev", "usr/lib/systemd", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d",
    "usr/bin/ctr", "usr/sbin/fs-idmap", "usr/sbin/pidfd-kill", "usr/sbin/recvtty", "usr/sbin/remap-rootfs",
    "usr/sbin/sd-helper", "usr/sbin/seccompagent",
)  # fmt: skip
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def make(target: Path, archive: Path | None, progress: Callable[[str], object]) -> Parts:
    """Make the parts in a new folder, whole or not at all.

    Args:
        target: the folder to make; it must not be there, and the parts do not work when moved elsewhere.
        archive: what `docker save` made of the base image; None pulls it.
        progress: gets a line about what is going on.

    Raises:
        DownloadFailed: a package could not be had.
        EngineStartFailed: the VM did not run, or the base image did not get onto its disk.
    """
    system = System.read()
    machine = fetch_packages(system, {RELEASE: list(MACHINE_PACKAGES)}, progress)
    # runc of the machine's release, so that it also runs in images of that release: chapter 4 has an engine in one.
    packages = {RELEASE: [*SYSTEM_PACKAGES, *SYSTEM_LIBRARIES], system.release: ["runc"]}
    engine = fetch_packages(system, packages, progress)
    client = fetch_packages(system, {RELEASE: [*CLIENT_PACKAGES, "docker-registry"]}, progress)
    tools = fetch_packages(system, {system.release: ["patchelf"]}, progress)
    target.mkdir(parents=True)
    parts = Parts(target.resolve())
    try:
        _copy_programs(machine, tools, parts)
        shutil.copytree(client / "usr", parts.client / "usr", symlinks=True)
        with tempfile.TemporaryDirectory(prefix="dockerlab-vm-") as scratch:
            tree = Path(scratch, "tree")
            _make_tree(engine, machine, tree)
            progress("making the disks")
            make_file_system(parts.disk, GIB, tree)
        make_file_system(parts.data, GIB)
        _put_base_image(parts, archive, progress)
        progress("shrinking the disks")
        for disk in (parts.disk, parts.data):
            e2fsprogs("e2fsck", "-f", "-p", disk)
            e2fsprogs("resize2fs", "-M", disk)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return parts


def _copy_programs(machine: Path, tools: Path, parts: Parts) -> None:
    """Kernel and network, the kernel with the libc it was linked with: it is newer than that of most machines."""
    libraries = parts.folder / "lib"
    for folder in (parts.kernel.parent, libraries):
        folder.mkdir()
    for program in ("linux.uml", "gvproxy"):
        shutil.copy(machine / "usr/bin" / program, parts.kernel.parent)
    source = next(machine.glob("usr/lib/*-linux-gnu"))
    loader = next(source.glob("ld-linux-*"))
    for library in (loader, source / "libc.so.6"):
        shutil.copy(library, libraries)
    patchelf = tools / "usr/bin/patchelf"
    run([patchelf, "--set-interpreter", libraries / loader.name, "--set-rpath", libraries, parts.kernel])


def _make_tree(engine: Path, machine: Path, tree: Path) -> None:
    """The VM's root file system: the engine's packages, busybox, and init."""
    for folder in ("dev", "proc", "sys", "tmp", "run", "root", "etc/docker", "etc/ssl/certs", "var/lib/docker"):
        (tree / folder).mkdir(parents=True)
    shutil.copytree(engine / "usr", tree / "usr", symlinks=True)
    for name in UNUSED:
        place = tree / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / name).symlink_to(f"usr/{name}")
    (tree / "var/run").symlink_to("../run")
    (tree / "usr/bin/python3").symlink_to(next((tree / "usr/bin").glob("python3.*")).name)
    shutil.copy(RECIPE / "relay.py", tree)
    for command in COMMANDS:
        (tree / "usr/bin" / command).symlink_to("busybox")
    modules = tree / "usr/lib/modules"
    modules.mkdir()
    for name in MODULES:
        shutil.copy(next((machine / "usr/lib/uml/modules").rglob(f"{name}.ko")), modules)
    shutil.copy(RECIPE / "init.sh", tree / "init")
    (tree / "init").chmod(0o755)
    shutil.copy(RECIPE / "containerd.toml", tree / "etc")
    etc = {
        "resolv.conf": "nameserver 192.168.127.1\n",
        "hosts": "127.0.0.1 localhost\n192.168.127.2 dockerlab\n192.168.127.254 host.docker.internal\n",
        "passwd": "root:x:0:0:root:/root:/bin/sh\n",
        "group": "root:x:0:\n",
        "os-release": 'NAME="Micro-VM"\nPRETTY_NAME="micro-VM (user-mode Linux)"\nID=dockerlab\n',
    }
    for name, text in etc.items():
        (tree / "etc" / name).write_text(text)
    # The machine's own: a proxy here may sign with one of these.
    shutil.copy(CERTIFICATES, tree / "etc/ssl/certs")


def _put_base_image(parts: Parts, archive: Path | None, progress: Callable[[str], object]) -> None:
    """Run the VM once, on the data disk itself and not on a copy, and have its engine get the base image."""
    with tempfile.TemporaryDirectory(prefix="dockerlab-vm-") as scratch:
        vm = MicroVM(parts, Path(scratch))
        try:
            vm.up(progress, making=True)
            command = ["load", "-q", "-i", archive] if archive else ["pull", "-q", BASE]
            progress(f"docker {command[0]} of {BASE} in the VM (half a minute)")
            run([parts.client / "usr/bin/docker", "-H", vm.host, *command])
        finally:
            vm.down()


if __name__ == "__main__":
    # python -m dockerlab.engine.vm.disk FOLDER [ARCHIVE]: an archive that is not there is none.
    _target, _archive = Path(sys.argv[1]), Path(*sys.argv[2:3] or [""])
    try:
        make(_target, _archive if _archive.is_file() else None, lambda line: print(line, flush=True))
    except DockerLabError as error:
        sys.exit(f"{type(error).__name__}: {error}")
