"""The private engine's own bridge and addresses, and taking its traces away again."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
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


def routes() -> list[dict]:
    """The machine's IPv4 routes, as `ip -j route` gives them."""
    return json.loads(_run("ip", "-j", "-4", "route") or "[]")


def taken_subnets() -> list[str]:
    """Subnets that the machine has routes to."""
    return [r["dst"] for r in routes() if r.get("dst") not in (None, "default")]


def mtu() -> int:
    """The MTU of the interface of the default route; 1500 where there is none."""
    for route in routes():
        if route.get("dst") == "default" and "dev" in route:
            return int(Path(f"/sys/class/net/{route['dev']}/mtu").read_text())
    return 1500


def make_bridge(name: str, subnet: ipaddress.IPv4Network) -> None:
    """A bridge with the first address of the subnet, up."""
    if not Path(f"/sys/class/net/{name}").exists():
        _run("ip", "link", "add", "name", name, "type", "bridge", check=True)
    _run("ip", "addr", "replace", f"{subnet[1]}/{subnet.prefixlen}", "dev", name, check=True)
    _run("ip", "link", "set", name, "up", check=True)


def remove_link(name: str) -> None:
    """Remove an interface, where it is there."""
    if Path(f"/sys/class/net/{name}").exists():
        _run("ip", "link", "delete", name)


def bridge_address(name: str) -> str | None:
    """The subnet that a bridge has, None where there is no such bridge."""
    for link in json.loads(_run("ip", "-j", "-4", "addr", "show", "dev", name) or "[]"):
        for address in link.get("addr_info", []):
            return str(ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}").network)
    return None


def allow_forwarding() -> bool:
    """Switch IPv4 forwarding on; True where it was off.

    Done before dockerd starts, which would otherwise also set the policy of FORWARD to DROP for the whole machine.
    """
    if IP_FORWARD.read_text().strip() == "1":
        return False
    IP_FORWARD.write_text("1")
    return True


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

    None where a rule in one of these chains names an interface or an address, and so belongs to another engine.
    """
    jumps, flushes, drops, table = [], [], [], ""
    for line in saved.splitlines():
        words = line.split()
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":DOCKER"):
            flushes.append((table, ["-F", words[0][1:]]))
            drops.append((table, ["-X", words[0][1:]]))
        elif line.startswith("-A "):
            in_ours, to_ours = words[1].startswith("DOCKER"), words[-1].startswith("DOCKER")
            names_something = any(w in ("-i", "-o", "-s") for w in words)
            if in_ours and names_something:
                return None
            if to_ours or ("-j" in words and words[words.index("-j") + 1].startswith("DOCKER")):
                jumps.append((table, ["-D", *words[1:]]))
    return [*(j for j in jumps if not j[1][1].startswith("DOCKER")), *flushes, *drops]


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


def _run(*command: str, check: bool = False, env: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=check, env=env, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        if check:
            raise
        return ""
    return done.stdout
