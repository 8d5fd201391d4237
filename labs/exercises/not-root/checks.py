"""A service that runs as an ordinary user, owns its data and tells Docker how it is."""

from dataclasses import dataclass
from functools import lru_cache

from dockerlab.engine.patience import patience
from dockerlab.errors import NotAnswering
from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work
from dockerlab.run import Answer, Container
from dockerlab.text import one_line

IMAGE, DATA, UID = "visit-counter:1", "/app/data", 1000
ASK_SECONDS, CHECK_SECONDS, HEALTH_SECONDS = 8, 5, 15


@dataclass(frozen=True)
class Health:
    """What Docker says of a container's health, and what the health check printed last."""

    state: str
    said: str


@dataclass(frozen=True)
class Seen:
    """What is to be seen of a container of what the learner's folder builds."""

    settings: dict  # of the image: User and Healthcheck
    uid: int | None  # of the process that runs; None for a dead one
    visits: tuple[str, str]  # the answers to two visits
    written: str  # what is in the file of visits afterwards
    folder: str  # the owner and the mode of the data folder
    well: Health  # while /health answers 200
    sick: Health  # while /health answers 503, if it was healthy before


@lru_cache(maxsize=1)  # for the checks of one run, which share its container
def seen(my: Work) -> Seen:
    """Build the learner's folder, and start a container that Docker asks for its health every second."""
    options = (
        *("-p", "127.0.0.1::8000", "--health-interval=1s", f"--health-timeout={patience(CHECK_SECONDS):.1f}s"),
        *("--health-start-period=1ms", "--health-retries=1"),
    )
    with my.bench(copied=True) as bench:
        image = bench.tag("one")
        bench.build("Dockerfile", "-t", image)
        has_check = bool(settings(my, image)["Healthcheck"])
        found = bench.start(image, "web", options)
        answer(found, "/health")
        process = bench.bench.process_one("web")
        visits = (said(answer(found, "/")), said(answer(found, "/")))
        written = my.inside(found.name, "sh", "-c", f"cat {DATA}/visits.txt 2> /dev/null || true").strip()
        folder = my.inside(found.name, "stat", "-c", "%u %a", DATA).strip()
        well = becomes(found, "healthy") if has_check else Health("none", "")
        sick = Health("none", "")
        if well.state == "healthy" and answer(found, "/sick") and answer(found, "/health").status == 503:
            sick = becomes(found, "unhealthy")
        return Seen(settings(my, image), process.uid if process else None, visits, written, folder, well, sick)


def settings(my: Work, image: str) -> dict:
    """The settings of an image that are looked at here."""
    config = my.image(image)["Config"]
    test = (config.get("Healthcheck") or {}).get("Test") or []
    return {"User": config.get("User") or "", "Healthcheck": [] if test[:1] == ["NONE"] else test}


def answer(container: Container, path: str) -> Answer:
    """What the container of a check answers."""
    try:
        return container.ask(path, usual=ASK_SECONDS)
    except NotAnswering as silent:
        last = one_line((silent.last_lines or ["nothing"])[-1], 90)
        look = f"Run {IMAGE} yourself, and see what `docker logs` shows."
        raise NotYet(f"no answer on {path}; its last words: {last}", look) from None


def said(heard: Answer) -> str:
    """An answer, for a sentence."""
    return one_line(str(heard.body), 90)


def becomes(container: Container, state: str) -> Health:
    """Wait until Docker calls a container so; what it calls it in the end."""
    try:
        container.watch_health(state, checks=3, usual=HEALTH_SECONDS)
        return Health(state, "")
    except NotAnswering as missing:
        now = container.found().attrs["State"].get("Health", {}).get("Status", "none")
        return Health(now, one_line((missing.last_lines or ["nothing"])[-1], 90))


def it_runs_as_1000(my: Work) -> None:
    """Built from this folder, the service runs as user number 1000."""
    uid = seen(my).uid
    found = "a process that has ended" if uid is None else f"user number {uid}{'' if uid else ', which is root'}"
    expect(uid == UID, found=found, look="`docker exec visit-counter id -u`, once you have built and started it.")


@after(it_runs_as_1000)
def the_user_is_a_number(my: Work) -> None:
    """The image says so with a number, not with a name."""
    user = seen(my).settings["User"]
    look = f"`docker image inspect {IMAGE}`: what is its User?"
    expect(user.partition(":")[0].isdigit(), found=f"the user {user or '(none)'}", look=look)


@after(it_runs_as_1000)
def it_can_still_write(my: Work) -> None:
    """It counts its visits in `/app/data/visits.txt`."""
    first, second = (words.removeprefix("visit ") for words in seen(my).visits)
    numbers = [first, second, seen(my).written]
    # A health check may be a visit too.
    counts = all(number.isdigit() for number in numbers) and int(first) < int(second) <= int(numbers[-1])
    look = f"`docker exec visit-counter ls -ld {DATA}`: whose folder is it?"
    expect(counts, found=f"it answered: {seen(my).visits[-1]}", look=look)


@after(it_can_still_write)
def the_data_folder_is_its_own(my: Work) -> None:
    """`/app/data` belongs to user 1000, and others can't write into it."""
    owner, mode = seen(my).folder.split()
    expect(
        int(owner) == UID and not int(mode, 8) & 0o002,
        found=f"a folder of user {owner} with the mode {mode}",
        look="The last digit of the mode is for everybody else. Whose folder should it be?",
    )


def it_turns_healthy(my: Work) -> None:
    """Docker calls it healthy while it is well."""
    look = "Which instruction of a Dockerfile tells Docker how to ask?"
    expect(seen(my).settings["Healthcheck"], found="an image without a health check", look=look)
    well = seen(my).well
    look = "Is the program that the health check calls in the image? `docker exec` it in a container of yours."
    expect(well.state == "healthy", found=f"it is {well.state}; the health check printed: {well.said}", look=look)


@after(it_turns_healthy)
def it_turns_unhealthy(my: Work) -> None:
    """After a visit of `/sick`, Docker calls it unhealthy."""
    sick = seen(my).sick
    expect(sick.state != "none", found="/health does not answer 503 after /sick", look="Is counter.py as it was?")
    look = "What does your health check ask, and which exit code follows from the answer?"
    expect(sick.state == "unhealthy", found=f"it is still {sick.state}", look=look)


@after(the_user_is_a_number, the_data_folder_is_its_own, it_turns_unhealthy)
def your_image_is_built_anew(my: Work) -> None:
    """The image `visit-counter:1` has this user and this health check."""
    wanted, yours = seen(my).settings, settings(my, IMAGE)
    different = [name for name in wanted if wanted[name] != yours[name]]
    found = f"another {' and another '.join(different)} than the Dockerfile says"
    expect(not different, found=found, look=f"`docker image inspect {IMAGE}`: when was it Created?")


CHECKS = (
    it_runs_as_1000,
    the_user_is_a_number,
    it_can_still_write,
    the_data_folder_is_its_own,
    it_turns_healthy,
    it_turns_unhealthy,
    your_image_is_built_anew,
)
