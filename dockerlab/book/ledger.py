"""Read the ledger out of the notebooks: the claims of each chapter's last run, and the conditions of that run.

Both are in the metadata of stored outputs. Notebooks are read as plain JSON here, which is far quicker than nbformat.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from dockerlab.show.claim import Claim
from dockerlab.show.ledger import Chapter


def chapter_files(root: Path) -> list[Path]:
    """The notebooks that _toc.yml names, in the order of the book."""
    return list(chapter_titles(root))


def chapter_titles(root: Path) -> dict[Path, str]:
    """The same, each with the title that the contents give it, "" for none."""
    import yaml

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    entries = [entry for part in toc.get("parts", [toc]) for entry in part.get("chapters", [])]
    files = {root / f"{entry['file']}.ipynb": entry.get("title", "") for entry in entries}
    return {file: title for file, title in files.items() if file.is_file()}


def read_ledger(root: Path) -> list[Chapter]:
    """Every chapter of the book at `root`, in order."""
    return [read_chapter(file) for file in chapter_files(root)]


def read_chapter(file: Path) -> Chapter:
    """One chapter's part of the ledger."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    # A notebook file may hold a text as a list of lines.
    prose = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    title = re.search(r"^# (.+)$", "\n".join(prose), re.M)
    run: Mapping[str, str] = {}
    claims = []
    for output in (output for cell in notebook["cells"] for output in cell.get("outputs", ())):
        facts = output.get("metadata", {}).get("dockerlab", {})
        run = facts.get("run", run)
        if stored := facts.get("claim"):
            claims.append(Claim(stored["statement"], stored["measured"], stored["unit"], stored["holds"]))
    facts = notebook["metadata"].get("dockerlab", {})
    name, title = file.stem, title[1].strip() if title else file.stem
    return Chapter(name, title, tuple(claims), run, facts.get("seconds", 0), facts.get("failed", {}))
