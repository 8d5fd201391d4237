"""Small notebooks for tests, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def notebook(
    *sources: str, title: str = "A tiny chapter", tags: Mapping[int, Sequence[str]] | None = None
) -> NotebookNode:
    """A heading, then one code cell for each source; `tags` go by the number of the code cell, from 1."""
    tagged = [list((tags or {}).get(number, ())) for number in range(1, len(sources) + 1)]
    cells = [new_code_cell(source, metadata={"tags": names}) for source, names in zip(sources, tagged, strict=True)]
    return new_notebook(cells=[new_markdown_cell(f"# {title}"), *cells])
