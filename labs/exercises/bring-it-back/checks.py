"""The books of the backup, in the volume again, and a service that can work with them."""

import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

BASE, IMAGE, NAME, VOLUME = "python:3.11-slim", "club-library:1", "club-library", "club-library-data"
BOOKS = 48
START_SECONDS = 4  # an image without byte code compiles its modules first
QUERY = "SELECT number, title, shelf FROM books ORDER BY number"
# Run in a container of the check's own, which has the volume read-only.
READ = f"""
import json, os, sqlite3
books = []
if os.path.exists("/data/library.db"):
    try:
        books = sqlite3.connect("file:/data/library.db?mode=ro&immutable=1", uri=True).execute("{QUERY}").fetchall()
    except sqlite3.Error:
        pass
files = [os.path.join(home, name) for home, _, names in os.walk("/data") for name in names]
print(json.dumps([books, sorted(files)[:5]]))
"""


def the_volume_is_back(my: Work) -> None:
    """There is a volume `club-library-data` again."""
    my.volume(VOLUME)


@after(the_volume_is_back)
def every_book_is_back(my: Work) -> None:
    """In it, `library.db` has every book of the backup."""
    wanted = in_backup(my)
    output = my.try_out(BASE, "python", "-c", READ, options=("--network", "none", "-v", f"{VOLUME}:/data:ro"))
    books, files = json.loads(output)
    missing = wanted - {tuple(book) for book in books}
    found = f"{len(wanted) - len(missing)} of {len(wanted)} books; files: {', '.join(files) or 'none'}"
    look = f"`docker run --rm -v {VOLUME}:/data {BASE} ls -lR /data`, and `tar -tvf backup.tar`: compare the names."
    expect(not missing, found=found, look=look)


@after(every_book_is_back)
def the_service_runs_on_it(my: Work) -> None:
    """The container `club-library` runs the image `club-library:1`, with this volume at `/data`."""
    running = my.running(NAME)
    look = "`docker ps`: the column IMAGE."
    expect(running["Image"] == my.image(IMAGE)["Id"], found="a container of another image", look=look)
    mounts = {mount["Destination"].rstrip("/"): mount.get("Name") or mount["Source"] for mount in running["Mounts"]}
    found = f"{mounts['/data']} at /data" if "/data" in mounts else "nothing mounted at /data"
    look = f'`docker inspect {NAME}`: "Mounts".'
    expect(mounts.get("/data") == VOLUME, found=found, look=look)


@after(the_service_runs_on_it)
def the_service_may_write(my: Work) -> None:
    """The service runs as its own user, and this user may write to the database."""
    user = my.inside(NAME, "id", "-u").strip()
    expect(user != "0", found="a service that runs as root", look=f"`docker exec {NAME} id`. Who was it meant to be?")
    asked = 'for it in /data /data/library.db; do [ -w "$it" ] || echo "$it"; done'
    closed = " and ".join(my.inside(NAME, "sh", "-c", asked).split())
    look = f"`docker exec {NAME} ls -lna /data`: who owns what is there?"
    expect(not closed, found=f"user {user}, who may not write to {closed}", look=look)


@after(the_service_runs_on_it)
def it_lends_books(my: Work) -> None:
    """It answers on http://localhost:18141, for this machine only, and knows all the books."""
    published = my.published(NAME, 8000)
    found = f"port 8000 on {', '.join(published)}" if published else "port 8000 not published"
    expect(published == ["127.0.0.1:18141"], found=found, look="`docker ps`: the column PORTS.")
    answer = my.ask(NAME, "/", seconds=START_SECONDS)
    books = answer.body.get("books") if isinstance(answer.body, dict) else None
    found = f"{books} books" if books is not None else f"an answer without books (status {answer.status})"
    expect(isinstance(books, int) and books >= BOOKS, found=found, look=f"`docker logs {NAME}`.")


def in_backup(my: Work) -> set[tuple[int, str, str]]:
    """The books in the learner's backup. Their shelves are new with every `start.sh`, so nobody can know them."""
    my.file("backup.tar")
    look = "`tar -tvf backup.tar`. If it was overwritten: `bash start.sh` sets the scene again."
    try:
        with tarfile.open(my.folder / "backup.tar") as archive, TemporaryDirectory() as scratch:
            copy = Path(scratch, "library.db")
            copy.write_bytes((archive.extractfile("data/library.db") or io.BytesIO()).read())
            with closing(sqlite3.connect(copy)) as library:
                books = set(library.execute(QUERY))
    except (tarfile.TarError, KeyError, OSError, sqlite3.Error):
        raise NotYet("a backup.tar that holds no library any more", look) from None
    expect(len(books) >= BOOKS, found=f"a backup.tar with {len(books)} books only", look=look)
    return books


CHECKS = (the_volume_is_back, every_book_is_back, the_service_runs_on_it, the_service_may_write, it_lends_books)
