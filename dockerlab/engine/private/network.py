"""The private engine's own bridge and subnets.

The kernel is asked directly instead of through `ip`: a small machine has no `ip`, and the libraries that it needs
differ from release to release.
"""

import fcntl
import re
import socket
import struct
import sys
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
INTERFACES = Path("/sys/class/net")
# Requests of netdevice(7), and for bridges those of linux/sockios.h.
GET_FLAGS, SET_FLAGS, SET_ADDRESS, SET_NETMASK = 0x8913, 0x8914, 0x8916, 0x891C
SET_HARDWARE_ADDRESS = 0x8924
ADD_BRIDGE, REMOVE_BRIDGE = 0x89A0, 0x89A1
IS_UP = 1
ETHERNET = 1  # ARPHRD_ETHER of linux/if_arp.h
# How dockerd names the bridge of a user-defined network.
NETWORK_BRIDGE = re.compile(r"br-[0-9a-f]{12}")
# Both are in 10.0.0.0/8, away from Docker's own subnets, 172.17.0.0/16 and up.
BRIDGES = IPv4Network("10.213.0.0/16")
POOLS = IPv4Network("10.214.0.0/16")

Routes = list[tuple[str, IPv4Network]]


def free_subnet(block: IPv4Network, prefix: int, seed: int, taken: Iterable[IPv4Network]) -> IPv4Network:
    """A subnet of `block` that overlaps none of `taken`, starting the search at subnet number `seed`.

    Raises:
        ValueError: none is free.
    """
    subnets, taken = list(block.subnets(new_prefix=prefix)), list(taken)
    for step in range(len(subnets)):
        subnet = subnets[(seed + step) % len(subnets)]
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise ValueError(f"every /{prefix} of {block} is in use")


def routes(table: Path = Path("/proc/net/route")) -> Routes:
    """The machine's IPv4 routes: (device, subnet). The device "*" stands for none: such packets are dropped."""

    def address(word: str) -> IPv4Address:
        return IPv4Address(int(word, 16).to_bytes(4, sys.byteorder))

    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [(row[0], IPv4Network(f"{address(row[1])}/{address(row[7])}")) for row in rows]


def mtu() -> int:
    """The MTU of the default route's interface, in bytes; 1500 if there is none."""
    devices = [device for device, subnet in routes() if not subnet.prefixlen and device != "*"]
    return int((INTERFACES / devices[0] / "mtu").read_text()) if devices else 1500


def network_bridges(found: Routes, pool: IPv4Network) -> list[str]:
    """The bridges that dockerd made for networks in the pool, recognised by their names.

    Other devices may have a route there too, such as a VPN's.
    """
    return [device for device, subnet in found if NETWORK_BRIDGE.fullmatch(device) and subnet.subnet_of(pool)]


def make_bridge(name: str, subnet: IPv4Network) -> None:
    """Make a bridge with the first address of the subnet, and switch it on.

    It gets a hardware address of its own. Without one, it takes the lowest of its ports'. When a container goes, that
    may become another, and then the other containers send to the former one for up to a minute: no name resolves.

    Raises:
        OSError: the kernel refuses.
    """
    try:
        if not (INTERFACES / name).exists():
            _request(ADD_BRIDGE, name)
        _request(SET_HARDWARE_ADDRESS, name, struct.pack("=H6s", ETHERNET, b"\x02\x42" + subnet[1].packed))
        for request, address in ((SET_ADDRESS, subnet[1]), (SET_NETMASK, subnet.netmask)):
            _request(request, name, struct.pack("=HH4s", socket.AF_INET, 0, address.packed))
        _switch(name, on=True)
    except OSError as error:
        raise OSError(error.errno, f"the kernel makes no bridge {name}: {error.strerror}") from error


def remove_bridge(name: str) -> None:
    """Remove a bridge if it is there. An interface of another kind is left alone.

    Raises:
        OSError: the kernel refuses.
    """
    if (INTERFACES / name / "bridge").is_dir():
        _switch(name, on=False)  # the kernel only removes one that is off
        _request(REMOVE_BRIDGE, name)


def _switch(name: str, on: bool) -> None:
    (flags,) = struct.unpack_from("=H", _request(GET_FLAGS, name), 16)
    _request(SET_FLAGS, name, struct.pack("=H", flags | IS_UP if on else flags & ~IS_UP))


def _request(number: int, name: str, value: bytes = b"") -> bytes:
    """Ask the kernel something about an interface. Its answer, too, is a name of 16 bytes and a value."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return fcntl.ioctl(any_socket, number, struct.pack("16s24s", name.encode(), value))


def forwards() -> bool:
    """Whether the machine forwards IPv4 packets."""
    return IP_FORWARD.read_text().strip() == "1"


def set_forwarding(on: bool) -> None:
    """Switch IPv4 forwarding on or off.

    It must be on before dockerd starts. Otherwise dockerd switches it on itself, and then also drops everything that
    the machine forwards for others.

    Raises:
        OSError: /proc/sys is read-only.
    """
    if forwards() != on:
        IP_FORWARD.write_text("1" if on else "0")
