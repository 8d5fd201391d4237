"""Make the parts that a micro-VM starts from: kernel, network, client, and disks with the engine and the base image.

python -m dockerlab.engine.vm.disk FOLDER [ARCHIVE]

They come out of Debian's packages, and the base image gets onto its disk by running the VM once. Nothing here needs a
privilege, so a RUN step of an image's build can do it.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from dockerlab.engine.base import BASE
from dockerlab.engine.find import connect
from dockerlab.engine.packages import CLIENT_PACKAGES, System, fetch_packages
from dockerlab.engine.provider import Progress
from dockerlab.engine.stand_in import CERTIFICATES
from dockerlab.engine.vm.machine import MicroVM
from dockerlab.engine.vm.parts import GIB, MIB, Parts, enlarge, make_file_system, run_e2fsprogs, run_tool
from dockerlab.errors import DockerLabError

HERE = Path(__file__).parent
# The first Debian whose kernel runs guests by seccomp, which makes a process start three times as fast.
RELEASE = "forky"
MACHINE_PACKAGES = ("user-mode-linux", "gvproxy", "libc6")
SYSTEM_PACKAGES = ("docker.io", "containerd", "tini-static", "busybox-static", "procps", "python3.14-minimal")
SYSTEM_LIBRARIES = (
    "libc6", "libcap2", "libexpat1", "libncursesw6", "libproc2-1", "libpython3.14-minimal", "libseccomp2",
    "libssl3t64", "libsystemd0", "libtinfo6", "zlib1g",
)  # fmt: skip
MODULES = ("llc", "stp", "bridge", "overlay", "veth")
# The commands that init.sh uses. Each is a link to busybox.
COMMANDS = (
    "brctl", "cat", "echo", "hostname", "insmod", "ip", "mkdir", "mount", "poweroff", "sh", "sync",
)  # fmt: skip
ROOM = 4 * MIB  # on the VM's root disk, for the folder in which it mounts the learner's files
UNUSED = (
    "usr/share", "usr/lib/cni", "usr/lib/udev", "usr/lib/systemd", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d",
    "usr/bin/ctr", "usr/sbin/fs-idmap", "usr/sbin/pidfd-kill", "usr/sbin/recvtty", "usr/sbin/remap-rootfs",
    "usr/sbin/sd-helper", "usr/sbin/seccompagent",
)  # fmt: skip


def make_parts(target: Path, archive: Path | None, progress: Progress) -> Parts:
    """Make the parts in a new folder, whole or not at all.

    Args:
        target: the folder to make. It must not exist yet, and cannot be moved later.
        archive: the base image as `docker save` writes it; None pulls it.
        progress: gets a line about each step.

    Raises:
        DownloadFailed: a package could not be downloaded.
        EngineStartFailed: the VM did not run.
        DockerCommandFailed: the base image could not be loaded or pulled in it.
    """
    system = System.read()
    machine = fetch_packages(system, {RELEASE: list(MACHINE_PACKAGES)}, progress)
    # runc of the machine's release, because chapter 10 copies it into an image of that release.
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
            run_e2fsprogs("e2fsck", "-f", "-p", disk)
            run_e2fsprogs("resize2fs", "-M", disk)
        enlarge(parts.disk, parts.disk.stat().st_size + ROOM)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return parts


def _copy_programs(machine: Path, tools: Path, parts: Parts) -> None:
    """Copy the kernel and gvproxy; the kernel with its own libc, which is newer than that of most machines."""
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
    run_tool([patchelf, "--set-interpreter", libraries / loader.name, "--set-rpath", libraries, parts.kernel])


def _make_tree(engine: Path, machine: Path, tree: Path) -> None:
    """Make the VM's root file system: the engine's packages, busybox, and init."""
    for folder in ("dev", "proc", "sys", "tmp", "run", "root", "etc/docker", "etc/ssl/certs", "var/lib/docker"):
        (tree / folder).mkdir(parents=True)
    shutil.copytree(engine / "usr", tree / "usr", symlinks=True)
    run_tool(["rm", "-rf", *(tree / name for name in UNUSED)])
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / name).symlink_to(f"usr/{name}")
    (tree / "var/run").symlink_to("../run")
    (tree / "usr/bin/python3").symlink_to(next((tree / "usr/bin").glob("python3.*")).name)
    shutil.copy(HERE / "relay.py", tree)
    for command in COMMANDS:
        (tree / "usr/bin" / command).symlink_to("busybox")
    modules = tree / "usr/lib/modules"
    modules.mkdir()
    for name in MODULES:
        shutil.copy(next((machine / "usr/lib/uml/modules").rglob(f"{name}.ko")), modules)
    shutil.copy(HERE / "init.sh", tree / "init")
    (tree / "init").chmod(0o755)
    shutil.copy(HERE / "containerd.toml", tree / "etc")
    etc = {
        "resolv.conf": "nameserver 192.168.127.1\n",
        "hosts": "127.0.0.1 localhost\n192.168.127.2 dockerlab\n192.168.127.254 host.docker.internal\n",
        "passwd": "root:x:0:0:root:/root:/bin/sh\n",
        "group": "root:x:0:\n",
        "os-release": 'NAME="Micro-VM"\nPRETTY_NAME="micro-VM (user-mode Linux)"\nID=dockerlab\n',
    }
    for name, text in etc.items():
        (tree / "etc" / name).write_text(text)
    # The machine's own, because a proxy may sign with one of these.
    shutil.copy(CERTIFICATES, tree / "etc/ssl/certs")


def _put_base_image(parts: Parts, archive: Path | None, progress: Progress) -> None:
    """Run the VM once, on the data disk itself instead of a copy, and get the base image into its engine."""
    with tempfile.TemporaryDirectory(prefix="dockerlab-vm-") as scratch:
        vm = MicroVM(parts, Path(scratch))
        try:
            vm.up(progress, making=True)
            command = ["load", "-q", "-i", archive] if archive else ["pull", "-q", BASE]
            progress(f"docker {command[0]} of {BASE} in the VM (half a minute)")
            connect(vm).run(*command)
        finally:
            vm.down()


if __name__ == "__main__":
    _archive = Path(*sys.argv[2:3] or [""])
    try:
        make_parts(Path(sys.argv[1]), _archive if _archive.is_file() else None, lambda line: print(line, flush=True))
    except DockerLabError as error:
        sys.exit(f"{type(error).__name__}: {error}")
