"""Ask a program on this machine's loopback by HTTP."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
import urllib3

CONNECT_SECONDS = 5
MOST_BYTES = 16_000_000
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Two are equal if they say the same, whoever said it and however soon."""

    url: str = field(compare=False)  # what was asked
    status: int  # the HTTP status code
    body: object  # the decoded JSON, or the text if it is none
    seconds: float = field(compare=False)  # until the first answer, which includes waiting for the program to start


def get(url: str, seconds: float, clock: Callable[[], float] = time.perf_counter) -> tuple[int, object] | None:
    """GET an address once, never through a proxy; (status, body), or None if no whole answer came in time.

    Args:
        seconds: how long the answer may take altogether, also one that never ends.
    """
    begin = clock()
    with requests.Session() as session:
        session.trust_env = False  # a proxy in the environment has no business between us and loopback
        try:
            with session.get(url, timeout=(CONNECT_SECONDS, max(seconds, 0.1)), stream=True) as reply:
                content = b""
                while chunk := reply.raw.read1(CHUNK_BYTES, decode_content=True):  # as soon as some bytes are there
                    content += chunk
                    if clock() - begin > seconds or len(content) > MOST_BYTES:
                        return None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            return None
    kind = reply.headers.get("content-type", "")
    # Without a word on it, requests takes a text for Latin-1, as HTTP once did; today's programs send UTF-8.
    named = reply.encoding if "charset" in kind else None
    try:
        text = content.decode(named or "utf-8", errors="replace")
    except LookupError:  # a charset that there is not
        text = content.decode("utf-8", errors="replace")
    if "json" in kind:
        try:
            return reply.status_code, json.loads(content)
        except ValueError:  # says JSON, and is none: an empty body for example
            return reply.status_code, text
    return reply.status_code, text
