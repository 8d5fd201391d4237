"""The learner's server: DockerSpawner, with disks of a fixed size, and only if the machine has a place left."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from docker.errors import NotFound
from dockerspawner import DockerSpawner
from places import spare_bytes
from traitlets import Dict, Unicode

# One start after the other: each counts on what those before it were promised.
_starting = asyncio.Lock()
ATTACH_SECONDS = 120
# Where a disk is in the container: what the learner keeps, the home with the course in it, what is temporary.
PLACES = {"home": "{home}", "work": "{home}/course/work", "tmp": "/tmp"}


class CannotStart(Exception):
    """A server was not started, and the page says why."""

    def __init__(self, message: str) -> None:
        self.jupyterhub_message = message
        super().__init__(message)


class LearnerSpawner(DockerSpawner):
    """Starts a learner's server."""

    disks = Dict(config=True, help="Each kind of disk -> its size in GiB.")
    disks_volume = Unicode(config=True, help="The volume with the files of all disks.")
    hub_image = Unicode(config=True, help="The hub's own image, which has the programs that make disks.")
    labels = Dict(config=True, help="Labels for everything that is made.")
    server_label = Unicode(config=True, help="The label, KEY=VALUE, that all servers of this class carry.")

    async def start(self):
        """Start the server.

        Raises:
            CannotStart: there is no place left, or its disks can't be made.
        """
        async with _starting:
            await self._check_place()
            await self._remove_left_over()
            async with self._attached_disks():
                return await super().start()

    async def _check_place(self) -> None:
        running = await self.docker("containers", filters={"label": [self.server_label], "status": "running"})
        stats = [await self.docker("stats", one["Id"], stream=False, one_shot=True) for one in running]
        spare = spare_bytes(Path("/proc/meminfo").read_text(), self.mem_limit, stats)
        if spare < self.mem_limit:
            work = "1 server runs" if len(running) == 1 else f"{len(running)} servers run"
            raise CannotStart(
                f"There is no place left on this machine: {work}, and one more may need "
                f"{self.mem_limit / 1e9:.1f} GB of memory, of which {max(0, spare) / 1e9:.1f} GB are not promised yet. "
                "Someone who has finished can make room: File, Hub Control Panel, Stop My Server. Then try again."
            )

    async def _remove_left_over(self) -> None:
        """Remove the container of a server that has ended with the machine, or it would keep the volumes in use."""
        with contextlib.suppress(NotFound):
            await self.docker("remove_container", self.container_name, force=True)

    @contextlib.asynccontextmanager
    async def _attached_disks(self) -> AsyncIterator[None]:
        """Have the disks attached, and volumes on them, until the server's container has mounted these."""
        # Told by its layers: built again from the same files, it has other labels and so another ID.
        image = await self.docker("inspect_image", self.image)
        wanted = {
            "name": self.escaped_name,
            "owner": int(image["Config"]["User"]),
            "image": hashlib.sha256("".join(image["RootFS"]["Layers"]).encode()).hexdigest(),
            "disks": self.disks,
        }
        config = self.client.create_host_config(
            privileged=True,
            network_mode="none",
            binds=["/dev:/dev", f"{self.disks_volume}:/srv/disks"],
            log_config={"Type": "json-file"},
        )
        name = f"{self.container_name}-disks"
        with contextlib.suppress(NotFound):
            await self.docker("remove_container", name, force=True)
        helper = await self.docker(
            "create_container",
            self.hub_image,
            ["python", "/srv/server/disks.py", json.dumps(wanted)],
            name=name,
            labels=self.labels,
            host_config=config,
        )
        try:
            await self.docker("start", helper["Id"])
            devices = await self._devices(helper["Id"])
            home = next(v.partition("=")[2] for v in image["Config"]["Env"] if v.startswith("HOME="))
            self.volumes = {}
            for kind, device in devices.items():
                volume = await self._volume(kind, device)
                self.volumes[volume] = PLACES[kind].format(home=home)
            yield
        finally:
            await self.docker("remove_container", helper["Id"], force=True)

    async def _devices(self, helper: str) -> dict[str, str]:
        """Each kind of disk -> its device, as the helper prints it."""
        for _ in range(ATTACH_SECONDS * 10):
            said = (await self.docker("logs", helper, stdout=True, stderr=False)).decode()
            if said.endswith("\n"):
                answer = json.loads(said.splitlines()[-1])
                if "error" in answer:
                    raise CannotStart(f"Your disk can't be made. {answer['error']} Tell your teacher.")
                return answer["devices"]
            if not (await self.docker("inspect_container", helper))["State"]["Running"]:
                break
            await asyncio.sleep(0.1)
        last = (await self.docker("logs", helper, stderr=True)).decode(errors="replace").strip()[-300:]
        raise CannotStart(f"Your disk can't be made: {last or 'it took too long.'} Tell your teacher.")

    async def _volume(self, kind: str, device: str) -> str:
        """The volume on a device. It is made anew at each start, because the device may have another number then."""
        name = f"{self.container_name}-{kind}"
        with contextlib.suppress(NotFound):
            await self.docker("remove_volume", name)
        # What has been deleted gives its room back to the machine.
        options = {"type": "ext4", "device": device, "o": "nosuid,nodev,discard"}
        await self.docker("create_volume", name, driver="local", driver_opts=options, labels=self.labels)
        return name
