"""A note in a volume that is older than the container that shows it."""

import json
from datetime import datetime

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

IMAGE, NAME, VOLUME, NOTE = "keep-the-notes:1", "note-keeper", "kept-notes", "Buy oat milk"
START_SECONDS = 4  # an image without byte code compiles its modules first


def the_app_is_running(my: Work) -> None:
    """A container `note-keeper` runs the app of this folder, from the image `keep-the-notes:1`."""
    running = my.running(NAME)
    look = "`docker ps`: the column IMAGE. Was the image built again after the container was started?"
    expect(running["Image"] == my.image(IMAGE)["Id"], found="a container of another image", look=look)
    inside = my.inside(NAME, "cat", "/app/app.py").splitlines()
    look = "Build the image in the exercise's folder, and start a new container from it."
    expect(inside == my.file("app.py").splitlines(), found="another app.py in it than in this folder", look=look)


@after(the_app_is_running)
def it_is_published(my: Work) -> None:
    """It answers on http://localhost:18140, and only this machine can reach it."""
    published = my.published(NAME, 8000)
    found = f"port 8000 on {', '.join(published)}" if published else "port 8000 not published"
    expect(published == ["127.0.0.1:18140"], found=found, look="`docker ps`: the column PORTS.")
    my.ask(NAME, "/", seconds=START_SECONDS)


@after(the_app_is_running)
def the_volume_is_mounted(my: Work) -> None:
    """The volume `kept-notes` is mounted where the app keeps its notes."""
    mounts = my.running(NAME)["Mounts"]
    look = '`docker inspect note-keeper`: "Mounts". Which folder does app.py write to?'
    there = next((mount for mount in mounts if mount["Destination"].rstrip("/") == "/data"), None)
    if there is None:
        found = f"nothing mounted there, only at {mounts[0]['Destination']}" if mounts else "nothing mounted at all"
        raise NotYet(found, look)
    found = f"a mount of type {there['Type']} there, called {there.get('Name') or there.get('Source')}"
    expect(there["Type"] == "volume" and there.get("Name") == VOLUME, found=found, look=look)


@after(it_is_published, the_volume_is_mounted)
def the_note_is_shown(my: Work) -> None:
    """The page shows the note `Buy oat milk`."""
    answer = my.ask(NAME, "/", seconds=START_SECONDS)
    found = f"a page without it (status {answer.status})"
    expect(NOTE in str(answer.body), found=found, look="`curl http://localhost:18140/` shows all notes.")


@after(the_note_is_shown)
def the_note_outlived_a_container(my: Work) -> None:
    """The note is in the volume, and older than the container that shows it now."""
    look = "The page says which container wrote the note, and which one you are talking to."
    written = [at for at, text in notes(my.inside(NAME, "cat", "/data/notes.jsonl")) if NOTE in text]
    expect(written, found="a page that shows it, but no such note in the volume", look=look)
    created = datetime.fromisoformat(my.container(NAME)["Created"])
    expect(min(written) < created, found="a note that was written after this container was created", look=look)


def notes(text: str) -> list[tuple[datetime, str]]:
    """The notes of a file of the app: when they were written, and what they say."""
    found = []
    for line in text.splitlines():
        try:
            note = json.loads(line)
            found.append((datetime.fromisoformat(note["at"]).astimezone(), str(note["text"])))
        except (ValueError, KeyError, TypeError):
            continue  # not a note of the app
    return found


CHECKS = (
    the_app_is_running,
    it_is_published,
    the_volume_is_mounted,
    the_note_is_shown,
    the_note_outlived_a_container,
)
