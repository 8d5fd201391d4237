"""An order of steps in which a change of the code installs nothing, and a change of the requirements does."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dockerlab.engine.patience import patience
from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import CheckBench, Work
from dockerlab.text import one_line

STARTER = Path(__file__).parent / "starter"
CODE = ("app.py", "words.py")
RUN_SECONDS = 20
# When doorman was installed, or nothing if it is not there. pip writes a RECORD at each installation.
WHEN = """\
import importlib.metadata as metadata, os
for found in metadata.distributions(name="doorman"):
    print(*(os.stat(file.locate()).st_mtime_ns for file in found.files if file.name == "RECORD"))
"""
VERSION = "import doorman; print(doorman.VERSION)"


@contextmanager
def prepared(my: Work) -> Iterator[CheckBench]:
    """A bench with the learner's Dockerfile, and everything else as it was at the start."""
    with my.bench(copied=True) as bench:
        for name in (*CODE, "requirements.txt"):
            shutil.copy(STARTER / name, bench.folder)
        shutil.copytree(STARTER / "wheels", bench.folder / "wheels", dirs_exist_ok=True)
        yield bench


def add_line(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"{line}\n")


def installed_at(my: Work, image: str) -> str:
    return my.try_out(image, "-c", WHEN, options=("--entrypoint", "python")).strip()


def a_code_change_installs_nothing(my: Work) -> None:
    """After a change of `app.py` and `words.py`, a build installs nothing."""
    with prepared(my) as bench:
        bench.build("Dockerfile", "-t", bench.tag("before"))
        before = installed_at(my, bench.tag("before"))
        expect(before, found="an image without doorman", look="`docker run --rm right-order:new pip list`.")
        for name in CODE:  # nobody has built this before, so that nothing of it is in the cache
            add_line(bench.folder / name, f"# {uuid.uuid4().hex}")
        again = bench.build("Dockerfile", "-t", bench.tag("after"))
        ran = [one_line(step, 40) for step in again.ran]
        expect(
            installed_at(my, bench.tag("after")) == before,
            found=f"doorman installed once more; these steps ran: {'; '.join(ran)}",
            look="Change a word in `words.py` and build: which step is the first that is not `CACHED`?",
        )


@after(a_code_change_installs_nothing)
def the_new_code_is_in_the_image(my: Work) -> None:
    """The image then has the new code, and it works."""
    place, last = f"pier {uuid.uuid4().hex[:8]}", f"Mind step {uuid.uuid4().hex[:8]}"
    with prepared(my) as bench:
        (bench.folder / "words.py").write_text(f'PLACE = "{place}"\n', encoding="utf-8")
        add_line(bench.folder / "app.py", f'print("{last}")')
        bench.build("Dockerfile", "-t", bench.tag("changed"))
        said = bench.run_once(bench.tag("changed"), (), (), patience(RUN_SECONDS)).strip()
    changed = [name for name, words in (("words.py", place), ("app.py", last)) if words not in said]
    look = "`docker run --rm right-order:new`, after a change and a build."
    expect(
        not changed, found=f"a change of {' and '.join(changed)} that does not show: {one_line(said, 60)}", look=look
    )


@after(a_code_change_installs_nothing)
def a_new_requirement_is_installed(my: Work) -> None:
    """After a change of `requirements.txt` to `doorman==2.0`, the image has that version."""
    with prepared(my) as bench:
        (bench.folder / "requirements.txt").write_text("doorman==2.0\n", encoding="utf-8")
        bench.build("Dockerfile", "-t", bench.tag("newer"))
        version = my.try_out(bench.tag("newer"), "-c", VERSION, options=("--entrypoint", "python")).strip()
    look = "`docker run --rm right-order:new pip list`, after the change and a build."
    expect(version == "2.0", found=f"doorman {version}", look=look)


CHECKS = (a_code_change_installs_nothing, the_new_code_is_in_the_image, a_new_requirement_is_installed)
