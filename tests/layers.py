"""Layers and images written by hand, for tests that need no engine."""

from __future__ import annotations

from dockerlab.image import Entry, Image, Layer

KINDS = {"-": "whiteout", "!": "opaque", "/": "directory", "@": "link", "?": "other"}


def layer(made_by: str = "RUN x", name: str = "x", /, **paths: int | str | tuple[int | str, ...]) -> Layer:
    """A layer of paths with their sizes, or with a mark of KINDS; `__` in a path stands for a slash.

    A path with a tuple is in the layer several times.
    """
    entries = [
        Entry(
            path=path.replace("__", "/"),
            size_bytes=size if isinstance(size, int) else 0,
            kind="file" if isinstance(size, int) else KINDS[size],
        )
        for path, sizes in paths.items()
        for size in (sizes if isinstance(sizes, tuple) else (sizes,))
    ]
    return Layer(f"sha256:{name}", made_by, tuple(entries))


def image_of(*layers: Layer, history: list[dict] | None = None) -> Image:
    """An image named `demo` of layers, base first."""
    return Image("demo", "sha256:demo", {"history": history or []}, layers)
