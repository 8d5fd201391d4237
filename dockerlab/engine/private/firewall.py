"""The private engine's firewall: an iptables with chains of its own, and what to delete when the engine stops."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

Rule = tuple[str, list[str]]  # a table, and the words of an iptables command for it
TOOLS = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save")


def wrap_iptables(tree: Path, folder: Path, chains: str) -> None:
    """Make a folder of scripts that run iptables, with Docker's chains under names of this engine's own.

    A dockerd that starts empties the chains DOCKER, DOCKER-FORWARD and so on of the whole machine, also those that
    another engine is using.

    Args:
        tree: unpacked packages. If they hold no iptables, the machine has its own.
        folder: where the scripts go.
        chains: what stands for "DOCKER" in the names of chains; at most 10 characters, as a name has at most 28.
    """
    folder.mkdir(exist_ok=True)
    libraries = next(iter(tree.glob("usr/lib/*-linux-gnu")), tree / "usr/lib")
    unpacked = [tree / f"usr/sbin/xtables-{flavour}-multi" for flavour in ("nft", "legacy")]
    for program in filter(Path.exists, unpacked):  # not every kernel has nftables; the older interface does the same
        variables = {"LD_LIBRARY_PATH": libraries, "XTABLES_LIBDIR": libraries / "xtables"}
        for name in TOOLS:
            write_wrapper(folder / name, [program, name], chains, variables)
        test = [folder / "iptables", "-t", "nat", "-S"]
        if subprocess.run(test, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0:
            return
    if not any(map(Path.exists, unpacked)):
        for name in TOOLS:
            if found := shutil.which(name):
                write_wrapper(folder / name, [found], chains, {})


def write_wrapper(wrapper: Path, command: Iterable[str | Path], chains: str, variables: Mapping) -> None:
    """A script that runs a command of iptables, with the chains renamed and these environment variables."""
    words = [f"{name}={shlex.quote(str(value))}" for name, value in variables.items()]
    words += ["exec", *(shlex.quote(str(word)) for word in command)]
    wrapper.write_text(
        "#!/bin/sh\n"
        "for word; do\n"
        "    shift\n"
        f"    case $word in DOCKER*) word={chains}${{word#DOCKER}} ;; esac\n"
        '    set -- "$@" "$word"\n'
        "done\n"
        f'{" ".join(words)} "$@"\n'
    )
    wrapper.chmod(0o755)


def remove_rules(interfaces: Collection[str], subnets: Collection[IPv4Network], chains: str, path: str) -> None:
    """Delete the firewall rules of our interfaces and subnets, and our chains.

    Args:
        chains: what the names of our chains begin with.
        path: the PATH on which iptables is looked for.
    """
    variables = os.environ | {"PATH": path}

    def run(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=variables, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            return ""
        return done.stdout

    saved = run("iptables-save")
    for table, words in [*rules_to_delete(saved, interfaces, subnets), *chains_to_delete(saved, chains)]:
        run("iptables", "-w", "-t", table, *words)


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


def chains_to_delete(saved: str, chains: str) -> list[Rule]:
    """The deletions of an engine's chains and of the jumps to them.

    Args:
        saved: what iptables-save prints.
        chains: what the chains' names begin with.
    """
    jumps, flushes, drops = [], [], []
    for table, words in _parse(saved):
        if words[0].startswith(f":{chains}"):
            flushes.append((table, ["-F", words[0][1:]]))
            drops.append((table, ["-X", words[0][1:]]))
        elif words[0] == "-A" and not words[1].startswith(chains) and f" -j {chains}" in " ".join(words):
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
