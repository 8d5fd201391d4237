"""The page of the guest book. It asks the store at its start, once, and ends if nobody answers."""

import os
import sys
from urllib.error import URLError

from lines import ask, serve

STORE = os.environ["STORE"]


def read() -> str:
    """What the store has."""
    with ask(STORE, timeout=5) as reply:
        return reply.read().decode()


def add(text: str) -> None:
    """Hand an entry on to the store."""
    with ask(STORE, text.encode(), timeout=5):
        pass


try:
    read()
except (URLError, OSError) as error:
    sys.exit(f"No store at {STORE}: {getattr(error, 'reason', error)}")
serve(8000, read, add)
