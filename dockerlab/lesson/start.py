"""`start_page()`: what the first notebook of a server shows."""

import yaml

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
    return StartPage(engine_sentence(), chapter_links(), list(all_tasks()), Progress(work_folder()).passed())


def engine_sentence() -> str:
    """Which engine answers."""
    try:
        found = find(start=False)
    except DockerLabError:
        return NO_ENGINE
    return f"Docker Engine {found.server.version} answers ({found.source}, {found.server.store})."


def chapter_links() -> dict[str, str]:
    """Each chapter's title and notebook, in the order of the book."""
    contents = yaml.safe_load((course_root() / "_toc.yml").read_text(encoding="utf-8"))
    pages = (page for part in contents["parts"] for page in part["chapters"])
    return {page["title"]: f"{page['file']}.ipynb" for page in pages if page["file"].startswith("chapters/")}
