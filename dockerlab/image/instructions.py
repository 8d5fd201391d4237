"""What an image's history tells about how the image was made."""

import re
from collections.abc import Mapping


def instruction(created_by: str) -> str:
    """The `created_by` of a history entry as you would write it in a Dockerfile.

    >>> instruction("RUN /bin/sh -c pip install x # buildkit")
    'RUN pip install x'
    """
    text = " ".join(created_by.removesuffix(" # buildkit").split())
    text = text.removeprefix("/bin/sh -c #(nop) ").strip()  # how the builder before BuildKit marks metadata
    # `|1 NAME=value` lists the build arguments that a RUN could see.
    text = re.sub(r"^(?:RUN )?(?:\|\d+ .*?)?/bin/sh -c ", "RUN ", text)
    # Some versions of BuildKit print a Go map.
    return re.sub(r"^EXPOSE map\[(.*)\]$", lambda found: f"EXPOSE [{found[1].replace(':{}', '')}]", text)


def read_history(config: Mapping, layers: int) -> list[tuple[str, int]]:
    """The history in an image config, oldest first: each entry's instruction and the number of the layer it made.

    Layers are numbered from 1; 0 means that the entry made none. Some tools leave entries out or write too many, so
    both are counted from the end: the newest entry still belongs to the newest layer.

    Args:
        layers: how many the image has.
    """
    entries = config.get("history") or []
    number = layers - sum(not entry.get("empty_layer") for entry in entries)
    found = []
    for entry in entries:
        number += not entry.get("empty_layer")
        found.append((instruction(entry.get("created_by") or ""), 0 if entry.get("empty_layer") else max(number, 0)))
    return found
