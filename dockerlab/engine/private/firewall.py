"""The private engine's firewall: an iptables to use, and which rules to delete when the engine stops."""

import os
import re
import shlex
import subprocess
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

Rule = tuple[str, list[str]]  # a table, and the words of an iptables command for it


def wrap_iptables(tree: Path, folder: Path) -> None:
    """Make a folder of scripts that run the unpacked iptables with the unpacked libraries.

    It stays empty if the packages in `tree` hold no iptables, because the machine has its own.
    """
    folder.mkdir(exist_ok=True)
    libraries = next(iter(tree.glob("usr/lib/*-linux-gnu")), tree / "usr/lib")
    for flavour in ("nft", "legacy"):  # not every kernel has nftables; the older interface then does the same
        program = tree / f"usr/sbin/xtables-{flavour}-multi"
        if program.exists():
            for name in ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save"):
                write_wrapper(folder / name, program, name, libraries)
            test = [folder / "iptables", "-t", "nat", "-S"]
            if subprocess.run(test, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0:
                return


def write_wrapper(wrapper: Path, program: Path, name: str, libraries: Path) -> None:
    """A script that runs `program` under the name of one of its tools, with the libraries of a folder."""
    variables = f"LD_LIBRARY_PATH={shlex.quote(str(libraries))} XTABLES_LIBDIR={shlex.quote(f'{libraries}/xtables')}"
    wrapper.write_text(f'#!/bin/sh\n{variables} exec {shlex.quote(str(program))} {name} "$@"\n')
    wrapper.chmod(0o755)


def remove_rules(interfaces: Collection[str], subnets: Collection[IPv4Network], other_engines: bool, path: str) -> None:
    """Delete the firewall rules of our interfaces and subnets, and dockerd's empty chains if no other engine runs.

    Args:
        path: the PATH on which iptables is looked for.
    """
    variables = os.environ | {"PATH": path}

    def run(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=variables, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            return ""
        return done.stdout

    def delete(rules: list[Rule]) -> None:
        for table, words in rules:
            run("iptables", "-w", "-t", table, *words)

    delete(rules_to_delete(run("iptables-save"), interfaces, subnets))
    if not other_engines:
        delete(chains_to_delete(run("iptables-save")))


def rules_to_delete(saved: str, interfaces: Collection[str], subnets: Collection[IPv4Network]) -> list[Rule]:
    """The deletions of all rules that name one of our interfaces or an address of our subnets.

    Args:
        saved: what iptables-save prints.
    """

    def is_ours(word: str) -> bool:
        address = re.fullmatch(r"(\d+\.\d+\.\d+\.\d+)(?:/\d+)?(?::\d+)?", word)
        return word in interfaces or (bool(address) and any(IPv4Address(address[1]) in subnet for subnet in subnets))

    return [
        (table, ["-D", *words[1:]])
        for table, words in _parse(saved)
        if words[0] == "-A" and any(is_ours(word) for word in words)
    ]


def chains_to_delete(saved: str) -> list[Rule]:
    """The deletions of what dockerd leaves after its last network: its chains and the jumps to them.

    Nothing is deleted if one of these chains holds a rule that is not dockerd's own jump or return. Such a rule
    belongs to another engine, or somebody has written it: DOCKER-USER is there for that.

    Args:
        saved: what iptables-save prints.
    """
    jumps, flushes, drops = [], [], []
    for table, words in _parse(saved):
        if words[0].startswith(":DOCKER"):
            flushes.append((table, ["-F", words[0][1:]]))
            drops.append((table, ["-X", words[0][1:]]))
        elif words[0] == "-A" and words[1].startswith("DOCKER"):
            if not re.fullmatch(r"-j (RETURN|DOCKER\S*)", " ".join(words[2:])):
                return []
        elif words[0] == "-A" and " -j DOCKER" in " ".join(words):
            jumps.append((table, ["-D", *words[1:]]))
    return [*jumps, *flushes, *drops]


def _parse(saved: str) -> Iterator[Rule]:
    """The lines of iptables-save's output: (table, words)."""
    table = ""
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.strip():
            yield table, line.split()
