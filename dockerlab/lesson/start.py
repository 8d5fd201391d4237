"""`start_page()`: what the first notebook of a server shows."""

from dockerlab.book.ledger import chapter_titles
from dockerlab.engine import find
from dockerlab.errors import DockerLabError
from dockerlab.exercise.progress import Progress
from dockerlab.exercise.task import all_tasks
from dockerlab.paths import course_root, work_folder
from dockerlab.show.notebook import bring_look
from dockerlab.show.start import StartPage

NO_ENGINE = "No Docker engine answers yet. The first cell of a chapter looks for one, and starts one if need be."


def start_page() -> StartPage:
    """The chapters, the exercises with a tick where you have passed, and which engine answers; starts none."""
    bring_look()
    root = course_root()
    chapters = {title: str(file.relative_to(root)) for file, title in chapter_titles(root).items()}
    return StartPage(engine_sentence(), chapters, list(all_tasks()), Progress(work_folder()).passed())


def engine_sentence() -> str:
    """Which engine answers."""
    try:
        return f"{find(start=False)} answers."
    except DockerLabError:
        return NO_ENGINE
