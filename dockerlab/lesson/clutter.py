"""What piles up in the folder of a project that somebody works on: history, packages, caches, a database, logs."""

from pathlib import Path
from random import Random

MB = 1_000_000

# Path -> size in bytes. About 100 MB: enough to be noticed, not enough to be a burden.
FILES: dict[str, int] = {
    ".git/HEAD": 21,
    ".git/config": 240,
    ".git/index": 9_000,
    ".git/objects/pack/pack-1.idx": 400_000,
    ".git/objects/pack/pack-1.pack": 33 * MB,
    ".gitattributes": 40,
    **{f".venv/lib/python3.11/site-packages/package_{n:02}/module_{m}.py": 60_000 for n in range(40) for m in range(7)},
    **{f".venv/lib/python3.11/site-packages/package_{n:02}/native.so": 600_000 for n in range(40)},
    ".venv/pyvenv.cfg": 120,
    **{f"__pycache__/{name}.cpython-311.pyc": 20_000 for name in ("main", "feeds", "database", "settings")},
    "tests/__pycache__/conftest.cpython-311.pyc": 8_000,
    **{f".mypy_cache/3.11/{n:03}.data.json": 40_000 for n in range(80)},
    ".pytest_cache/v/cache/lastfailed": 400,
    ".ruff_cache/0.14/1.cache": 60_000,
    ".coverage": 53_000,
    "news_aggregator.db": 12 * MB,
    "news_aggregator.db-journal": 500_000,
    ".idea/workspace.xml": 12_000,
    ".vscode/settings.json": 300,
    ".DS_Store": 6_148,
    "docs/manual.pdf": 2 * MB,
    "docs/screenshot.png": MB,
    "pytest.ini": 60,
    "compose.yaml": 700,
    "news.log": 3 * MB,
    "logs/2026-10.log": 2 * MB,
    "tmp/export.csv": 2 * MB,
    "feeds/fetch.log": 200_000,
}


def scatter_clutter(folder: str | Path = ".") -> None:
    """Add the clutter to a folder; files that are there already stay as they are.

    The bytes are random, so that nothing on the way can compress them, and the same each time.
    """
    for name, size in FILES.items():
        file = Path(folder, name)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(Random(name).randbytes(size))
