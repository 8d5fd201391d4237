"""The labels that every object of the course carries, and the clean-up that removes these and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import docker.errors

if TYPE_CHECKING:
    from dockerlab.engine import Engine

COURSE = "dockerlab.course"
COURSE_VALUE = "docker-fundamentals-measured"
RUN = "dockerlab.run"
# On the stand-in of the base image, which must not carry COURSE: images and containers inherit labels, so a
# reader's own container made from it would carry it too and be cleaned up.
BASE = "dockerlab.base"


def labels(run: str = "") -> dict[str, str]:
    """The labels for an object made in `run` (a chapter's or a test's name)."""
    return {COURSE: COURSE_VALUE} | ({RUN: run} if run else {})


def clean(engine: Engine, run: str = "", **further: str) -> Counter[str]:
    """Remove the containers, networks, volumes and images that carry the course's label.

    Args:
        engine: where to look.
        run: only what was made in this run; "" for all.
        further: only what carries these labels, too.

    Returns:
        how many of each kind were removed, by the kind's plural.
    """
    client = engine.client()
    wanted = {"label": [f"{key}={value}" for key, value in (labels(run) | further).items()]}
    removed: Counter[str] = Counter()

    def remove(kind: str, action: Callable[[], object]) -> None:
        try:
            action()
        except docker.errors.APIError as error:
            # Gone meanwhile, or on its way; or in use by what is not the course's, and then it stays.
            if error.status_code not in (403, 404, 409):
                raise
        else:
            removed[kind] += 1

    for container in client.containers.list(all=True, filters=wanted, ignore_removed=True):
        remove("containers", partial(container.remove, force=True, v=True))
    for network in client.networks.list(filters=wanted):
        remove("networks", network.remove)
    for volume in client.volumes.list(filters=wanted):
        remove("volumes", partial(volume.remove, force=True))
    # A parent goes only after its children, hence the second look.
    for _ in range(2):
        for image in client.images.list(filters=wanted):
            remove("images", partial(client.images.remove, image.id, force=True))
    return removed
