"""How a class is drawn."""

from dockerlab.exercise.classroom import PASSED, TRIED, Class
from dockerlab.show.charts import bars


def draw(found: Class) -> str:
    """An SVG: how many learners have passed each exercise that anybody has tried."""
    cells = found.table[list(found.exercises)]
    tried = [name for name in found.exercises if cells[name].isin((PASSED, TRIED)).any()]
    title = "Nobody is stuck" if found.stuck.empty else f"Most are stuck at {found.stuck.index[0]}"
    counts = {name: float((cells[name] == PASSED).sum()) for name in tried or found.exercises[:1]}
    return bars(counts, title, "learners", f"Exercises passed by {len(found.table)} learners").svg
