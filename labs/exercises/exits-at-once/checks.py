"""A container whose image is right and whose settings are wrong: two reasons in its log, one after the other."""

import hashlib
from pathlib import Path

from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

NAME, IMAGE, BASE = "exits-at-once", "exits-at-once:1", "python:3.11-slim"
PORT = "18121"
NOTICE = "Open until six"
PROGRAM = Path(__file__).parent / "starter" / "image" / "server.py"
# What start.sh builds: its settings, the layers on top of the base, and all that is in the program's folder.
SETTINGS = {"Cmd": ["python", "-u", "server.py"], "Entrypoint": None, "WorkingDir": "/app", "User": None}
NEW_LAYERS = 2
LIST_FILES = ("sh", "-c", "find /app -type f -exec sha256sum {} +")


def it_stays_up(my: Work) -> None:
    """The container `exits-at-once` stays up."""
    my.running(NAME)


@after(it_stays_up)
def it_is_the_same_image(my: Work) -> None:
    """It runs the image `exits-at-once:1` as `start.sh` builds it."""
    container, image, base = my.container(NAME), my.image(IMAGE), my.image(BASE)
    again = "what can be set without a build, when a container is made. `bash start.sh` brings the original back."
    expect(container["Image"] == image["Id"], found="a container of another image", look="`docker ps`: column IMAGE.")
    # By what is in it, not by its ID: that depends on the engine, and a tag or a label says whatever one likes.
    settings = {key: image["Config"].get(key) or None for key in SETTINGS}
    expect(
        settings == SETTINGS and image["Config"].get("Env") == base["Config"].get("Env"),
        found="an image with other settings than the original",
        look=again,
    )
    below, layers = base["RootFS"]["Layers"], image["RootFS"]["Layers"]
    expect(
        layers[: len(below)] == below and len(layers) == len(below) + NEW_LAYERS,
        found="an image with other layers than the original",
        look=again,
    )
    files = my.try_out(IMAGE, *LIST_FILES).split()
    original = [hashlib.sha256(PROGRAM.read_bytes()).hexdigest(), "/app/server.py"]
    expect(files == original, found="an image with other files than the original", look=again)
    own_command = container["Config"]["Cmd"] == SETTINGS["Cmd"] and not container["Config"].get("Entrypoint")
    expect(
        own_command and not container["Mounts"],
        found="a container that does not run the image's own program",
        look=f"`docker inspect {NAME}`: its Cmd and its Mounts.",
    )


@after(it_stays_up)
def it_answers_on_the_port(my: Work) -> None:
    """http://localhost:18121 answers."""
    ports = my.running(NAME)["NetworkSettings"]["Ports"] or {}
    hosts = {binding["HostPort"] for bindings in ports.values() for binding in bindings or ()}
    expect(
        PORT in hosts,
        found=f"published is {', '.join(sorted(hosts))}" if hosts else "no port is published",
        look="`docker ps`: the column PORTS.",
    )
    answer = my.ask(NAME)
    right = answer.status == 200 and f":{PORT}/" in answer.url
    expect(right, found=f"status {answer.status} from {answer.url}", look=f"`docker logs {NAME}`.")


@after(it_answers_on_the_port)
def the_notice_is_there(my: Work) -> None:
    """The page shows the notice `Open until six`."""
    page = str(my.ask(NAME).body).strip()
    expect(NOTICE in page, found=f"the page shows `{page[:60]}`", look="the setting that the notice comes from.")


CHECKS = (it_stays_up, it_is_the_same_image, it_answers_on_the_port, the_notice_is_there)
