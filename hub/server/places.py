"""Whether the machine has memory for one more learner's server: what all of them may use, not what they use now."""

import re
from collections.abc import Mapping

# Left for the hub, the engine outside and the system.
RESERVE_BYTES = 2**30


def used_bytes(stats: Mapping) -> int:
    """The memory that a container can't give back, out of the engine's `stats`: without the cache of files."""
    memory = stats.get("memory_stats") or {}
    detail = memory.get("stats") or {}
    # With control groups of version 1, the names without `total_` leave out the groups inside.
    cached = sum(detail.get(f"total_{kind}", detail.get(kind, 0)) for kind in ("inactive_file", "active_file"))
    return max(0, memory.get("usage", 0) - cached)


def available_bytes(meminfo: str) -> int:
    """What programs can still get, in bytes, as /proc/meminfo says."""
    return int(re.search(r"^MemAvailable:\s+(\d+) kB", meminfo, re.M)[1]) * 1024


def spare_bytes(meminfo: str, limit: int, servers: list[Mapping]) -> int:
    """The memory that is left if every server that runs comes to use its limit. Negative: it would not suffice.

    Args:
        limit: of one server, in bytes.
        servers: the engine's `stats` of each that runs.
    """
    still_to_come = sum(max(0, limit - used_bytes(stats)) for stats in servers)
    return available_bytes(meminfo) - still_to_come - RESERVE_BYTES


def how_many(meminfo: str, limit: int, servers: list[Mapping] = ()) -> int:
    """How many more servers fit."""
    return max(0, spare_bytes(meminfo, limit, servers) // limit)
