"""A stack of four services with seven faults. What it does is looked at, not how its files are written."""

import shlex
from datetime import datetime
from pathlib import Path

from dockerlab.engine.patience import patience
from dockerlab.errors import NotAnswering
from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work
from dockerlab.image.search import find_in_image
from dockerlab.run import Container

NEEDS = ("postgres:17-alpine", "redis:7-alpine")  # besides python:3.11-slim
PROJECT, IMAGE, PORT = "capstone-stack", "capstone-stack:1", 18193
WEB, DIGEST, DB, CACHE = (f"{PROJECT}-{service}-1" for service in ("web", "digest", "db", "cache"))
PROGRAMS = Path(__file__).with_name("starter")
PASSWORD = "fake-password-for-practice-only"  # made up; the files to correct hold it in clear
DATA = "/var/lib/postgresql/data"
LIMIT = {64_000_000, 64 * 1024**2}  # bytes; Docker's own `64m` is the second
START_SECONDS, CHECK_SECONDS, HEALTH_SECONDS = 8, 10, 30
WAITS_FOR = "com.docker.compose.depends_on"  # a label that Compose gives


def environment(container: dict) -> dict[str, str]:
    """The variables of a container, as `docker inspect` shows them."""
    return dict(entry.split("=", 1) for entry in container["Config"]["Env"] or () if "=" in entry)


def it_is_up(my: Work) -> None:
    """Compose has brought up `web`, `db` and `cache`, and http://localhost:18193 lists books."""
    for name in (DB, CACHE, WEB):
        running = my.running(name)
        by_compose = (running["Config"]["Labels"] or {}).get("com.docker.compose.project") == PROJECT
        expect(by_compose, found=f"{name} was not made by Compose", look="`docker compose up -d` makes it.")
    look = "`docker compose ps`: the column IMAGE. `docker compose build` makes the image anew."
    expect(my.running(WEB)["Image"] == my.image(IMAGE)["Id"], found="a web of another or an older image", look=look)
    inside, given = my.inside(WEB, "cat", "/app/web.py"), (PROGRAMS / "web.py").read_text(encoding="utf-8")
    expect(inside.split() == given.split(), found="another web.py in the image than was given", look=look)
    answer = my.ask(WEB, "/", seconds=START_SECONDS)
    expect(answer.status == 200, found=f"status {answer.status}: {answer.body}", look="`docker compose logs web`.")


@after(it_is_up)
def web_waits_for_the_database(my: Work) -> None:
    """`web` starts when the database is ready, and so at the first try."""
    running = my.running(WEB)
    waits = [each.split(":")[:2] for each in (running["Config"]["Labels"].get(WAITS_FOR) or "").split(",")]
    condition = next((each[1] for each in waits if each[0] == "db" and len(each) > 1), "")
    found = f"web waits for db with the condition {condition}" if condition else "web does not wait for db"
    expect(condition == "service_healthy", found=found, look="What does web wait for, and until when?")
    starts = running["RestartCount"] + 1
    expect(starts == 1, found=f"a web that needed {starts} starts", look="`docker compose logs web`.")


@after(it_is_up)
def health_tells_the_truth(my: Work) -> None:
    """`web` and `db` are healthy, and would be unhealthy if their program did nothing."""
    for name in (WEB, DB):
        test = (my.running(name)["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
        look = "`docker compose ps`: the column STATUS."
        expect(test[0] != "NONE", found=f"{name} has no health check", look=look)
        try:
            Container(name, my.engine).watch_health("healthy", usual=HEALTH_SECONDS)
        except NotAnswering as never:
            said = (never.last_lines or ["nothing"])[-1]
            raise NotYet(f"{name} is not healthy; its check said: {said[:90]}", look) from None
        notices_silence(my, name, test)


def notices_silence(my: Work, name: str, test: list[str]) -> None:
    """Run the health check of a container in another one of the same image, in which only `sleep` runs."""
    container = my.running(name)
    command = test[1] if test[0] == "CMD-SHELL" else shlex.join(test[1:])
    variables = [f"--env={key}={value}" for key, value in environment(container).items()]
    options = (
        *("--network=none", "--entrypoint=sleep", *variables, f"--health-cmd={command}", "--health-interval=1s"),
        *(f"--health-timeout={patience(CHECK_SECONDS):.1f}s", "--health-start-period=1ms", "--health-retries=1"),
    )
    with my.bench() as bench:
        asleep = bench.start(container["Config"]["Image"], "asleep", options, ("600",))
        try:
            asleep.watch_health("unhealthy", checks=3, usual=HEALTH_SECONDS)
        except NotAnswering:
            found = f"the health check of {name} passes in a container in which only `sleep` runs"
            raise NotYet(found, "Whom does the check ask?") from None


@after(it_is_up)
def only_this_machine_gets_in(my: Work) -> None:
    """Port 8000 of `web` is published on 127.0.0.1:18193, and nothing else is open to other machines."""
    labelled = {"label": f"com.docker.compose.project={PROJECT}"}
    bound = [
        (entry["Names"][0].lstrip("/"), port)
        for entry in my.engine.client().api.containers(filters=labelled)
        for port in entry["Ports"]
        if port.get("PublicPort")
    ]
    look = "`docker ps`: the column PORTS."
    for name, port in bound:
        to_all = port.get("IP") not in ("127.0.0.1", "::1")
        expect(not to_all, found=f"{name} on {port.get('IP')}:{port['PublicPort']}", look=look)
    published = my.published(WEB, 8000)
    found = f"port 8000 of web on {', '.join(published)}" if published else "port 8000 of web not published"
    expect(f"127.0.0.1:{PORT}" in published, found=found, look=look)


@after(it_is_up)
def no_password_in_the_image(my: Work) -> None:
    """The database asks for a password, and that is nowhere in the image `capstone-stack:1`, nor is the old one."""
    given = environment(my.running(DB))
    file = given.get("POSTGRES_PASSWORD_FILE")
    password = my.inside(DB, "cat", file).strip() if file else given.get("POSTGRES_PASSWORD", "")
    asks = password and given.get("POSTGRES_HOST_AUTH_METHOD") != "trust"
    expect(asks, found="a database that lets everybody in", look="`docker compose logs db`.")
    places = find_in_image(my.engine, IMAGE, PASSWORD, password)
    if len(places):
        first = places.iloc[0]
        place = " ".join(str(word) for word in (first["where"], first["path"]) if word)
        look = f"`docker history --no-trunc {IMAGE}`, and `docker run --rm {IMAGE} ls -a`."
        raise NotYet(f"a password in the image: {place}", look)


@after(it_is_up)
def the_books_outlive_their_container(my: Work) -> None:
    """The database's files are in a place that `down` leaves, and the shelf has a book older than `db`'s container."""
    container = my.running(DB)
    place = environment(container).get("PGDATA", DATA).rstrip("/") + "/"
    over = [mount for mount in container["Mounts"] if place.startswith(mount["Destination"].rstrip("/") + "/")]
    look = f'`docker inspect {DB}`: "Mounts". Which one holds {DATA}, and what is it called?'
    expect(over, found="the database's files are in its container", look=look)
    mount = max(over, key=lambda each: len(each["Destination"]))
    # Docker names those after a digest, and Compose takes a new one after each `down`.
    nameless = mount["Type"] == "volume" and len(mount["Name"]) == 64
    found = f"the database's files are in a volume without a name of its own ({mount.get('Name', '')[:12]}…)"
    expect(mount["Type"] in ("volume", "bind") and not nameless, found=found, look=look)
    written = []
    for line in str(my.ask(WEB, "/", seconds=START_SECONDS).body).splitlines():
        try:
            written.append(datetime.fromisoformat(line.partition(" ")[0]).astimezone())
        except ValueError:
            continue  # not a book
    expect(written, found="an empty shelf", look=f"`curl http://localhost:{PORT}/` shows each book with its time.")
    created = datetime.fromisoformat(container["Created"])
    found = "books that all came after the container was created"
    expect(min(written) < created, found=found, look="`docker ps`: the column CREATED. Which is older?")


@after(it_is_up)
def the_digest_has_a_limit(my: Work) -> None:
    """`digest` gets 64 MB of memory and no more."""
    digest = my.container(DIGEST)
    look = f"`docker stats --no-stream {DIGEST}`: the column LIMIT."
    expect(digest["Image"] == my.image(IMAGE)["Id"], found="a digest of another image", look="`docker ps`.")
    if not my.engine.client().info().get("MemoryLimit"):
        return  # this engine cannot limit memory, and drops the setting with a warning
    limit = digest["HostConfig"]["Memory"]
    found = f"a limit of {limit / 1024**2:.0f} MB" if limit else "no limit"
    expect(limit in LIMIT, found=found, look=look)


CHECKS = (
    it_is_up,
    web_waits_for_the_database,
    health_tells_the_truth,
    only_this_machine_gets_in,
    no_password_in_the_image,
    the_books_outlive_their_container,
    the_digest_has_a_limit,
)
