"""Layers and images written by hand, for tests that need no engine."""

from __future__ import annotations

from dockerlab.image import Entry, Image, Layer

KINDS = {"-": "whiteout", "!": "opaque", "/": "directory", "@": "link"}


def layer(made_by: str = "RUN x", name: str = "x", /, **paths: int | str) -> Layer:
    """A layer of paths with their sizes, or with a mark of KINDS; `__` in a path stands for a slash."""
    entries = [
        Entry(
            path=path.replace("__", "/"),
            size_bytes=size if isinstance(size, int) else 0,
            kind="file" if isinstance(size, int) else KINDS[size],
        )
        for path, size in paths.items()
    ]
    return Layer(f"sha256:{name}", made_by, tuple(entries))


def image_of(*layers: Layer, history: list[dict] | None = None) -> Image:
    """An image named `demo` of layers, base first."""
    return Image("demo", "sha256:demo", {"history": history or []}, layers)
