"""The labels that every object of the course carries, and the clean-up that removes what carries them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from dockerlab.engine import sessions
from dockerlab.engine.boundary import Client
from dockerlab.engine.engine import Engine
from dockerlab.errors import EngineRefused

COURSE = "dockerlab.course"
COURSE_VALUE = "docker-fundamentals-measured"
RUN = "dockerlab.run"
SESSION = "dockerlab.session"  # the token of the process that made it
CLASS = "dockerlab.class"  # the class, see hub/, that something belongs to
SERVER = "dockerlab.server"  # the class whose learner's server a container is
# For the stand-in of the base image. It must not carry COURSE: images and containers inherit labels, so a reader's
# own container made from it would carry COURSE too and be removed with the course's.
STAND_IN = "dockerlab.base"
PROJECT = "com.docker.compose.project"  # Compose's own label


def labels(run: str = "") -> dict[str, str]:
    """The labels for an object that this process makes in `run` (the name of a chapter or a test)."""
    return {COURSE: COURSE_VALUE, SESSION: sessions.token()} | ({RUN: run} if run else {})


def label_options(run: str = "") -> list[str]:
    """The same as options of a docker command."""
    return [f"--label={key}={value}" for key, value in labels(run).items()]


def clean(
    engine: Engine, run: str = "", *, everyone: bool = False, idle_classes: bool = False, **further: str
) -> Counter[str]:
    """Remove the containers, networks, volumes and images that carry the course's label, and nothing else.

    What a reader's own container uses stays, and so does what another session made that still runs, and a class,
    since learners' work is in it.

    Args:
        run: only what was made in this run; "" for everything.
        everyone: also what sessions use that still run, and classes.
        idle_classes: also the classes of which no learner's server runs.
        further: only what also carries these labels.

    Returns:
        how many of each kind were removed, by the kind's plural.

    Raises:
        EngineLost, EngineRefused.
    """
    client = engine.client()
    marks = {COURSE: COURSE_VALUE} | ({RUN: run} if run else {}) | further
    wanted = {"label": [f"{key}={value}" for key, value in marks.items()]}
    removed: Counter[str] = Counter()
    at_work = classes(engine)

    def is_left(found: Mapping) -> bool:
        carried = found.get("Labels") or {}
        if CLASS in carried:
            return everyone or (idle_classes and carried[CLASS] not in at_work)
        return everyone or not _is_in_use(carried)

    def remove(kind: str, action: Callable[[], object]) -> None:
        try:
            action()
        except EngineRefused as error:
            if error.status not in (403, 404, 409):  # in use by others, gone, or on its way out
                raise
        else:
            removed[kind] += 1

    for kind, attributes, action in _objects(client, wanted):
        if is_left(attributes):
            remove(kind, action)
    # By force, because an image may have several names. That would also take it from a container that has stopped.
    used = {container["ImageID"] for container in client.api.containers(all=True)}
    for _ in range(2):  # a parent image goes only after its children
        found = client.api.images(filters=wanted)
        for image_id in {image["Id"] for image in found if is_left(image)} - used:
            remove("images", partial(client.images.remove, image_id, force=True))
    return removed


def classes(engine: Engine) -> Counter[str]:
    """The classes at work: each one's name -> how many of its learners' servers run."""
    running = engine.client().containers.list(filters={"label": SERVER}, sparse=True)
    return Counter(container.attrs["Labels"][SERVER] for container in running)


def make_free(engine: Engine, kind: str, name: str) -> bool:
    """Whether something new may have this name in an engine: nothing has it that is somebody else's.

    Somebody else is the reader, a class, or another session that still runs. What a session has left under the name
    is removed if that session is over; an image stays, and only loses its name to the new one.

    Args:
        kind: "container", "network", "volume", "image" (by its name without a tag), or "project" (of Compose).

    Raises:
        EngineLost, EngineRefused.
    """
    client = engine.client()
    if kind == "image":
        found = [(image, lambda: None) for image in client.api.images(name=name)]
    elif kind == "project":
        found = [(thing, remove) for _, thing, remove in _objects(client, {"label": f"{PROJECT}={name}"})]
    else:  # the engine takes a name for a part of one
        found = [
            (thing, remove)
            for its_kind, thing, remove in _objects(client, {"name": name})
            if its_kind == f"{kind}s" and (f"/{name}" in thing.get("Names", ()) or thing.get("Name") == name)
        ]
    carried = [(thing.get("Labels") or {}, remove) for thing, remove in found]
    if any(marks.get(COURSE) != COURSE_VALUE or CLASS in marks or _is_in_use(marks) for marks, _ in carried):
        return False
    for marks, remove in carried:
        if marks.get(SESSION) == sessions.token():
            continue
        try:
            remove()
        except EngineRefused as error:
            if error.status in (403, 409):  # a reader's container uses it
                return False
            if error.status != 404:
                raise
    return True


def _objects(client: Client, filters: Mapping) -> Iterator[tuple[str, Mapping, Callable[[], object]]]:
    """Containers, networks and volumes, in an order in which they can be removed.

    Gives of each its kind's plural, what the engine's list says of it, and what removes it.
    """
    # sparse: what the list says is enough, and a container that goes meanwhile is no error.
    for container in client.containers.list(all=True, filters=filters, sparse=True):
        yield "containers", container.attrs, partial(container.remove, force=True, v=True)
    for network in client.networks.list(filters=filters):
        yield "networks", network.attrs, network.remove
    for volume in client.volumes.list(filters=filters):
        yield "volumes", volume.attrs, partial(volume.remove, force=True)


def _is_in_use(carried: Mapping) -> bool:
    """Whether what carries these labels was made by another session, which still runs."""
    session = carried.get(SESSION, "")
    return session != sessions.token() and not sessions.is_over(session)
