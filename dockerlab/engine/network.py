"""The private engine's own bridge and addresses, and taking its traces away again.

The kernel itself is asked, and not `ip`: a small machine has none, and what one of another release needs of libraries
differs from release to release.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
INTERFACES = Path("/sys/class/net")
# Requests of netdevice(7), and of bridges, from linux/sockios.h.
GET_FLAGS, SET_FLAGS, SET_ADDRESS, SET_NETMASK = 0x8913, 0x8914, 0x8916, 0x891C
ADD_BRIDGE, REMOVE_BRIDGE = 0x89A0, 0x89A1
IS_UP = 1
# dockerd's name for the bridge of a user-made network.
NETWORK_BRIDGE = re.compile(r"br-[0-9a-f]{12}")
# Both inside 10.0.0.0/8, away from Docker's own 172.17.0.0/16 and up.
BRIDGES = ipaddress.ip_network("10.213.0.0/16")
POOLS = ipaddress.ip_network("10.214.0.0/16")


def choose(block: ipaddress.IPv4Network, prefix: int, seed: int, taken: Iterable[str]) -> ipaddress.IPv4Network:
    """A subnet of `block` that overlaps none of `taken`; `seed` says where to begin looking.

    Raises:
        ValueError: all are taken.
    """
    subnets = list(block.subnets(new_prefix=prefix))
    others = [ipaddress.ip_network(t, strict=False) for t in taken]
    for step in range(len(subnets)):
        subnet = subnets[(seed + step) % len(subnets)]
        if not any(subnet.overlaps(other) for other in others):
            return subnet
    raise ValueError(f"every /{prefix} of {block} is in use")


def routes(table: Path = Path("/proc/net/route")) -> list[tuple[str, ipaddress.IPv4Network]]:
    """The machine's IPv4 routes: (device, subnet). "*" is no device: what goes there is thrown away."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [(row[0], ipaddress.ip_network(f"{_address(row[1])}/{_address(row[7])}")) for row in rows]


def _address(word: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(word, 16).to_bytes(4, sys.byteorder))


def taken_subnets() -> list[str]:
    """Subnets that the machine has routes to."""
    return [str(subnet) for _, subnet in routes() if subnet.prefixlen]


def mtu() -> int:
    """The MTU of the interface of the default route; 1500 where there is none."""
    for device, subnet in routes():
        if not subnet.prefixlen and device != "*":
            return int((INTERFACES / device / "mtu").read_text())
    return 1500


def network_bridges(found: Iterable[tuple[str, ipaddress.IPv4Network]], pool: str) -> list[str]:
    """Of routes, the devices inside the pool that are dockerd's, by their name.

    Others may be there too: a VPN's, or that of the network which the machine itself is in.
    """
    inside = ipaddress.ip_network(pool)
    return [device for device, subnet in found if NETWORK_BRIDGE.fullmatch(device) and subnet.subnet_of(inside)]


def make_bridge(name: str, subnet: ipaddress.IPv4Network) -> None:
    """A bridge with the first address of the subnet, up.

    Raises:
        OSError: in the kernel's words.
    """
    try:
        if not (INTERFACES / name).exists():
            _ask(ADD_BRIDGE, name)
        for request, address in ((SET_ADDRESS, subnet[1]), (SET_NETMASK, subnet.netmask)):
            _ask(request, name, struct.pack("=HH4s", socket.AF_INET, 0, address.packed))
        _set_up(name, True)
    except OSError as error:
        raise OSError(error.errno, f"the kernel makes no bridge {name}: {error.strerror}") from error


def remove_bridge(name: str) -> None:
    """Remove a bridge, where it is there. An interface of another kind stays as it is.

    Raises:
        OSError: in the kernel's words.
    """
    if (INTERFACES / name / "bridge").is_dir():
        _set_up(name, False)  # the kernel removes none that is up
        _ask(REMOVE_BRIDGE, name)


def _set_up(name: str, up: bool) -> None:
    (flags,) = struct.unpack_from("=H", _ask(GET_FLAGS, name), 16)
    _ask(SET_FLAGS, name, struct.pack("=H", flags | IS_UP if up else flags & ~IS_UP))


def _ask(request: int, name: str, value: bytes = b"") -> bytes:
    """One request about an interface; what the kernel gives back is its name and a value, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return fcntl.ioctl(any_socket, request, struct.pack("16s24s", name.encode(), value))


def forwards() -> bool:
    """Whether the machine forwards IPv4."""
    return IP_FORWARD.read_text().strip() == "1"


def set_forwarding(on: bool) -> None:
    """Switch IPv4 forwarding on or off.

    On before dockerd starts, which would otherwise also set the policy of FORWARD to DROP for the whole machine.

    Raises:
        OSError: /proc/sys is read-only.
    """
    if forwards() != on:
        IP_FORWARD.write_text("1" if on else "0")


def rules_to_delete(saved: str, interfaces: Iterable[str], subnets: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Of `iptables-save`'s text, the rules that name one of our interfaces or subnets: (table, rule's words)."""
    ours = {*interfaces, *subnets}
    found, table = [], ""
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith("-A "):
            words = line.split()
            if any(w in ours or _inside(w, subnets) for w in words):
                found.append((table, ["-D", *words[1:]]))
    return found


def _inside(word: str, subnets: Iterable[str]) -> bool:
    match = re.fullmatch(r"(\d+\.\d+\.\d+\.\d+)(?:/\d+)?(?::\d+)?", word)
    return bool(match) and any(ipaddress.ip_address(match[1]) in ipaddress.ip_network(s) for s in subnets)


def skeleton(saved: str) -> list[tuple[str, list[str]]] | None:
    """What dockerd leaves when the last network is gone: its chains and the jumps to them, as deletions.

    None where another rule is in one of these chains: it belongs to another engine, or somebody has written it, for
    whom DOCKER-USER is there.
    """
    jumps, flushes, drops, table = [], [], [], ""
    for line in saved.splitlines():
        words = line.split()
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":DOCKER"):
            flushes.append((table, ["-F", words[0][1:]]))
            drops.append((table, ["-X", words[0][1:]]))
        elif line.startswith("-A DOCKER"):
            # A chain that ends, or goes on to another of dockerd's, whatever the packet.
            if not re.fullmatch(r"-j (RETURN|DOCKER\S*)", " ".join(words[2:])):
                return None
        elif line.startswith("-A ") and "-j" in words and words[words.index("-j") + 1].startswith("DOCKER"):
            jumps.append((table, ["-D", *words[1:]]))
    return [*jumps, *flushes, *drops]


def remove_rules(
    interfaces: Iterable[str], subnets: Iterable[str], other_engines: bool, environment: Mapping[str, str]
) -> None:
    """Delete our firewall rules; dockerd's empty chains too where no other engine runs."""
    variables = os.environ | environment
    saved = _run("iptables-save", env=variables)
    for table, words in rules_to_delete(saved, interfaces, subnets):
        _run("iptables", "-w", "-t", table, *words, env=variables)
    if not other_engines:
        for table, words in skeleton(_run("iptables-save", env=variables)) or []:
            _run("iptables", "-w", "-t", table, *words, env=variables)


def _run(*command: str, env: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return ""
    return done.stdout
