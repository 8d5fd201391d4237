"""Where a container's published ports can be asked, as the engine lists them."""

from __future__ import annotations

import pytest

from dockerlab.run.container import addresses


def at(ip: str, port: int) -> dict[str, str]:
    return {"HostIp": ip, "HostPort": str(port)}


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        (None, []),
        ({}, []),
        ({"8000/tcp": None}, []),
        ({"8000/tcp": [at("127.0.0.1", 8001)]}, ["127.0.0.1:8001"]),
        ({"8000/tcp": [at("0.0.0.0", 8001), at("::", 8001)]}, ["127.0.0.1:8001", "[::1]:8001"]),
        ({"8000/tcp": [at("", 8001)]}, ["127.0.0.1:8001"]),
        ({"8000/tcp": [at("::1", 8001)]}, ["[::1]:8001"]),
        ({"8000/tcp": [at("127.0.0.2", 8001)]}, ["127.0.0.2:8001"]),
        ({"53/udp": [at("127.0.0.1", 53)]}, []),
        (
            {"9/tcp": None, "80/tcp": [at("127.0.0.1", 1)], "443/tcp": [at("127.0.0.1", 2)]},
            ["127.0.0.1:2", "127.0.0.1:1"],
        ),
    ],
)
def test_addresses(ports, expected):
    assert addresses(ports) == expected
