"""The %docker magic: what happens to a docker command between the cell and the engine."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from dockerlab.engine.loopback import free_port, port_is_free
from dockerlab.run.command import BUILDERS, CREATORS, EXECUTORS, RUNNERS, starts_with
from dockerlab.run.shell import read_options, split_words, with_variables

OWN_OUTPUT = ("--progress", "--quiet", "--check", "--call", "--help")  # options by which docker prints as it likes
TERMINAL_OPTIONS = ("-i", "-t", "-it", "-ti", "--interactive", "--tty")
# What publishes TCP ports on loopback: 127.0.0.1:8000:80, and with ranges 127.0.0.1:8000-8001:80-81.
_PUBLISHED = re.compile(r"127\.0\.0\.1:(\d{1,5})(?:-(\d{1,5}))?:((\d{1,5})(?:-(\d{1,5}))?(?:/tcp)?)")
TRIES = 20  # to find so many free ports in a row


def register(docker: Callable[[str], object]) -> None:
    """Make `docker(line)` what %docker calls; does nothing outside IPython."""
    from IPython import get_ipython
    from IPython.core.magic import no_var_expand

    shell = get_ipython()

    # IPython's own expansion would take the braces of docker's --format for Python.
    @no_var_expand
    def run(line: str) -> object:
        """Run a docker command in the course's engine."""
        return docker(shlex.join(as_typed(line, shell.user_ns, print)))

    if shell:
        shell.register_magic_function(run, "line", "docker")


def as_typed(line: str, variables: Mapping[str, object], say: Callable[[str], object]) -> list[str]:
    """The words of a line after %docker.

    Raises:
        CommandUnreadable: a quotation mark is not closed, or nothing follows a backslash.
    """
    words = split_words(with_values(line, variables))
    if words[:1] == ["docker"]:
        words = words[1:]
        say(f"You need not type docker twice: this runs {shlex.join(['docker', *words])}")
    return words


def with_values(line: str, variables: Mapping[str, object]) -> str:
    """The line with $NAME and ${NAME} replaced by the notebook's variables, as a shell does with its own.

    Nothing changes between single quotes, and a name that is no variable stays as it is.
    """
    return with_variables(line, variables.get)


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
    place = starts_with(words, EXECUTORS)
    _, name = read_options(words, place)
    if not place or list(words[name + 1 : name + 2]) != ["docker"]:
        return None
    options = [word for word in words[place:name] if word not in TERMINAL_OPTIONS]
    return options, words[name], list(words[name + 2 :])


def with_free_ports(
    words: Sequence[str], say: Callable[[str], object], is_free: Callable[[int], bool] = port_is_free
) -> list[str]:
    """`docker run …` with each port of this machine that is in use replaced by a free one, and a word about it.

    Only TCP ports of 127.0.0.1 are looked at. Docker itself says what is wrong with any other, and with too few.
    """
    words = list(words)
    place = starts_with(words, (*RUNNERS, *CREATORS))
    for option in read_options(words, place)[0] if place else ():
        published = _PUBLISHED.fullmatch(option.value or "") if option.name in ("-p", "--publish") else None
        if not published:
            continue
        first, last = _range(published[1], published[2])
        inside_first, inside_last = _range(published[4], published[5])
        # With many ports outside for one inside, docker chooses among them.
        if last > 65535 or last - first != inside_last - inside_first:
            continue
        taken = next((port for port in range(first, last + 1) if not is_free(port)), None)
        free = None if taken is None else _free_ports(last - first + 1)
        if free is not None:
            outside = f"{free}-{free + last - first}" if last > first else f"{free}"
            say(f"Port {taken} of this machine is in use, so the lesson publishes on {outside} instead.")
            words[option.place] = f"{option.before}127.0.0.1:{outside}:{published[3]}"
    return words


def _range(first: str, last: str | None) -> tuple[int, int]:
    return int(first), int(last or first)


def _free_ports(count: int) -> int | None:
    """The first of so many free ports in a row; None if there are none."""
    for _ in range(TRIES):
        first = free_port()
        if first + count <= 65536 and all(port_is_free(first + more) for more in range(1, count)):
            return first
    return None
