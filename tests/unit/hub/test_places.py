"""How many servers a machine has memory for."""

from __future__ import annotations

import pytest

from hub.server.places import RESERVE_BYTES, available_bytes, how_many, spare_bytes, used_bytes

GB = 10**9


def meminfo(available: int) -> str:
    return f"MemTotal:       99999999 kB\nMemFree:         1000 kB\nMemAvailable:   {available // 1024} kB\n"


def stats(usage: int, **detail: int) -> dict:
    return {"memory_stats": {"usage": usage, "stats": detail}}


@pytest.mark.parametrize(
    ("found", "used"),
    [
        (stats(5 * GB, inactive_file=2 * GB, active_file=GB), 2 * GB),
        # Control groups of version 1: the server's own groups count, too.
        (stats(5 * GB, inactive_file=0, active_file=0, total_inactive_file=3 * GB, total_active_file=GB), GB),
        ({}, 0),  # it has just ended
    ],
)
def test_the_cache_of_files_is_not_used_memory(found, used):
    assert used_bytes(found) == used


def test_what_the_kernel_says_is_available():
    assert available_bytes(meminfo(8 * GB)) == pytest.approx(8 * GB, abs=1024)


def test_a_server_counts_with_all_it_may_come_to_use():
    idle, full = stats(GB // 2), stats(2 * GB)
    spare = spare_bytes(meminfo(10 * GB), 2 * GB, [idle, full])
    assert spare == pytest.approx(10 * GB - 1.5 * GB - RESERVE_BYTES, abs=1024)


@pytest.mark.parametrize(("available", "servers"), [(RESERVE_BYTES, 0), (RESERVE_BYTES + 5 * GB, 2), (0, 0)])
def test_as_many_fit_as_could_all_use_their_limit(available, servers):
    assert how_many(meminfo(available + 4096), 2 * GB) == servers
