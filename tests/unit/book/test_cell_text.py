"""What a cell's source or output holds does not stop the book that executes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerlab.book.execute import run_notebook
from tests.notebooks import notebook


@pytest.mark.parametrize(
    "source", [r"x = r'\[/etc]'", "x = '[/]'", "x = '[bold'", "x = ['a', 'b']", "x = '\x1b[2J'", "x = '\u202ecba'"]
)
def test_a_cell_may_hold_any_text(tmp_path: Path, source: str) -> None:
    said: list[str] = []
    run_notebook(notebook(source), tmp_path, "01_tiny", said.append)
    assert len(said) == 1
    assert said[0].isprintable()


def test_a_command_may_print_a_line_of_millions_of_characters(tmp_path: Path) -> None:
    """nbclient would take hours over it: its pattern for carriage returns is quadratic in the length of a line."""
    chapter = notebook(
        "import sys\n"
        "from pathlib import Path\n"
        "from dockerlab.run import docker_command\n"
        "from tests.engines import engine_of\n"
        f"engine = engine_of(\"head -c 3000000 /dev/zero | tr '\\\\0' x\", Path({str(tmp_path)!r}))\n"
        "said = docker_command('run x', engine=engine, write=sys.stdout.write)",
        "len(said)",
    )
    chapter.cells[1].source = f"import sys; sys.path.insert(0, {str(Path.cwd())!r})\n" + chapter.cells[1].source
    run_notebook(chapter, tmp_path, "01_tiny", lambda text: None)
    (shown,) = chapter.cells[1].outputs
    assert shown.text.endswith(" … and 2,990,000 more characters in this line")
    assert chapter.cells[2].outputs[0].data["text/plain"] == "3000000"
