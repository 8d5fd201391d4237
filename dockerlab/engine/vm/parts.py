"""What a micro-VM is started from: a folder that `disk.make` has filled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Parts:
    """A folder that `make` has filled.

    Attributes:
        folder: absolute, since the kernel's program is bound to its libraries there.
    """

    folder: Path

    @property
    def kernel(self) -> Path:
        """User-mode Linux: a program."""
        return self.folder / "bin/linux.uml"

    @property
    def network(self) -> Path:
        """gvproxy, the other end of the VM's network card."""
        return self.folder / "bin/gvproxy"

    @property
    def disk(self) -> Path:
        """An ext4 file system with the engine and the base image, never written to."""
        return self.folder / "disk.img"

    @property
    def client(self) -> Path:
        """An unpacked docker command line with buildx, for use outside the VM."""
        return self.folder / "client"

    def are_there(self) -> bool:
        """Whether a micro-VM can be started from this folder."""
        return self.kernel.exists() and self.disk.exists()
