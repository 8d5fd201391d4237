"""Make the parts that a micro-VM starts from: network, client, and disks with the engine and the base image.

python -m dockerlab.engine.vm.disk FOLDER KERNEL [ARCHIVE]

They come out of Debian's packages, and the base image gets onto its disk by running the VM once. Nothing here needs a
privilege, so a RUN step of an image's build can do it. KERNEL is what kernel/make.sh makes.
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
RELEASE = "forky"
NETWORK_PACKAGES = ("gvproxy",)
SYSTEM_PACKAGES = (
    "docker.io",
    "containerd",
    "iptables",
    "tini-static",
    "busybox-static",
    "procps",
    "python3.14-minimal",
)
SYSTEM_LIBRARIES = (
    "libc6", "libcap2", "libexpat1", "libmnl0", "libncursesw6", "libnftnl11", "libproc2-1", "libpython3.14-minimal",
    "libseccomp2", "libssl3t64", "libsystemd0", "libtinfo6", "libxtables12", "zlib1g",
)  # fmt: skip
# The commands that init.sh uses. Each is a link to busybox.
COMMANDS = ("cat", "echo", "hostname", "ip", "mkdir", "mount", "poweroff", "sh", "sync")
ROOM = 4 * MIB  # on the VM's root disk, for the folder in which it mounts the learner's files
UNUSED = (
    "usr/share", "usr/lib/cni", "usr/lib/udev", "usr/lib/systemd", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d",
    "usr/bin/ctr", "usr/sbin/fs-idmap", "usr/sbin/pidfd-kill", "usr/sbin/recvtty", "usr/sbin/remap-rootfs",
    "usr/sbin/sd-helper", "usr/sbin/seccompagent",
)  # fmt: skip


def make_parts(target: Path, kernel: Path, archive: Path | None, progress: Progress) -> Parts:
    """Make the parts in a new folder, whole or not at all.

    Args:
        target: the folder to make. It must not exist yet.
        kernel: user-mode Linux, a program.
        archive: the base image as `docker save` writes it; None pulls it.
        progress: gets a line about each step.

    Raises:
        DownloadFailed: a package could not be downloaded.
        EngineStartFailed: the VM did not run.
        DockerCommandFailed: the base image could not be loaded or pulled in it.
    """
    system = System.read()
    network = fetch_packages(system, {RELEASE: list(NETWORK_PACKAGES)}, progress)
    # runc of the machine's release, because chapter 10 copies it into an image of that release.
    packages = {RELEASE: [*SYSTEM_PACKAGES, *SYSTEM_LIBRARIES], system.release: ["runc"]}
    engine = fetch_packages(system, packages, progress)
    client = fetch_packages(system, {RELEASE: [*CLIENT_PACKAGES, "docker-registry"]}, progress)
    target.mkdir(parents=True)
    parts = Parts(target.resolve())
    try:
        parts.kernel.parent.mkdir()
        shutil.copy(kernel, parts.kernel)
        shutil.copy(network / "usr/bin/gvproxy", parts.network)
        shutil.copytree(client / "usr", parts.client / "usr", symlinks=True)
        with tempfile.TemporaryDirectory(prefix="dockerlab-vm-") as scratch:
            tree = Path(scratch, "tree")
            _make_tree(engine, tree)
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


def _make_tree(engine: Path, tree: Path) -> None:
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
    (tree / "usr/sbin/iptables").symlink_to("xtables-nft-multi")
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
    _target, _kernel, _archive = (Path(word) for word in [*sys.argv[1:], ""][:3])
    try:
        make_parts(_target, _kernel, _archive if _archive.is_file() else None, lambda line: print(line, flush=True))
    except DockerLabError as error:
        sys.exit(f"{type(error).__name__}: {error}")
