"""The %docker magic: what happens to a docker command between the cell and the engine."""

import re
from collections.abc import Callable, Mapping, Sequence

from dockerlab.engine.loopback import free_port, port_is_free
from dockerlab.run.command import BUILDERS, starts_with

OWN_OUTPUT = ("--progress", "--quiet", "--check", "--call", "--help")  # options by which docker prints as it likes
TERMINAL_OPTIONS = ("-i", "-t", "-it", "-ti", "--interactive", "--tty")
_VARIABLE = re.compile(r"'[^']*'|\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})")


def register(docker: Callable[[str], object]) -> None:
    """Make `docker(line)` what %docker calls; does nothing outside IPython."""
    from IPython import get_ipython
    from IPython.core.magic import no_var_expand

    shell = get_ipython()

    # IPython's own expansion would take the braces of docker's --format for Python.
    @no_var_expand
    def run(line: str) -> object:
        """Run a docker command in the course's engine."""
        return docker(with_values(line, shell.user_ns))

    if shell:
        shell.register_magic_function(run, "line", "docker")


def with_values(line: str, variables: Mapping[str, object]) -> str:
    """The line with $NAME and ${NAME} replaced by the notebook's variables, as a shell does with its own.

    Nothing changes between single quotes, and a name that is no variable stays as it is.
    """

    def value(found: re.Match) -> str:
        name = found["name"] or found["braced"]
        return str(variables[name]) if name in variables else found[0]

    return _VARIABLE.sub(value, line)


def build_arguments(words: Sequence[str]) -> list[str] | None:
    """What follows `build` in a command whose steps are to be shown; None for any other command.

    A build that says how it wants to show itself, or only wants a report, is left alone.
    """
    place = starts_with(words, BUILDERS)
    if not place or any(word.startswith(OWN_OUTPUT) or word in ("-q", "-h") for word in words):
        return None
    return list(words[place:])


def inner_command(words: Sequence[str]) -> tuple[list[str], str, list[str]] | None:
    """For `exec [OPTIONS] NAME docker …`: the options, the container's name, and what follows `docker`; else None.

    Without -i and -t, for a cell is no terminal.
    """
    if words[:1] != ["exec"] or "docker" not in words[2:]:
        return None
    place = words.index("docker", 2)
    options = [word for word in words[1 : place - 1] if word not in TERMINAL_OPTIONS]
    return options, words[place - 1], list(words[place + 1 :])


def with_free_ports(words: Sequence[str], say: Callable[[str], object]) -> list[str]:
    """`docker run …` with each port of this machine that is in use replaced by a free one, and a word about it."""
    words = list(words)
    for place, word in enumerate(words[:-1]):
        address, _, ports = words[place + 1].partition(":")
        outside, _, inside = ports.partition(":")
        if word not in ("-p", "--publish") or address != "127.0.0.1" or not (outside.isdigit() and inside):
            continue
        if int(outside) < 65536 and not port_is_free(int(outside)):  # docker itself says what is wrong with others
            free = free_port()
            say(f"Port {outside} of this machine is in use, so the lesson publishes on {free} instead.")
            words[place + 1] = f"127.0.0.1:{free}:{inside}"
    return words
