"""Shows what the clock says."""

import os
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from service import serve

CLOCK = os.environ.get("CLOCK", "talk-clock")
ask = build_opener(ProxyHandler({})).open  # a proxy knows nothing of this network


def show() -> tuple[int, str]:
    """What the clock says, or why it says nothing."""
    try:
        with ask(f"http://{CLOCK}:8000/", timeout=2) as reply:
            return 200, f"I asked {CLOCK}, and {reply.read().decode().strip()}"
    except (URLError, OSError) as error:
        return 502, f"I asked {CLOCK}, and got no answer: {getattr(error, 'reason', error)}"


serve(show)
