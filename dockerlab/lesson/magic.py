"""The %docker magic, and what is typed after !: what happens to a command between the cell and the engine."""

import os
import shlex
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence

from dockerlab.run.command import BUILDERS, EXECUTORS, starts_with
from dockerlab.run.shell import read_options, split_words, with_variables

OWN_OUTPUT = ("--progress", "--quiet", "--check", "--call", "--help")  # options by which docker prints as it likes
TERMINAL_OPTIONS = ("-i", "-t", "-it", "-ti", "--interactive", "--tty")


def register(docker: Callable[[str], object], shell_line: Callable[[str], str]) -> None:
    """Make `docker(line)` what %docker calls, and let a line after ! run as `shell_line(line)`.

    Does nothing outside IPython.
    """
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
        # The class's own, so that a lesson made anew in this kernel takes the place of the former.
        shell.system = lambda line: type(shell).system(shell, shell_line(line))


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
    """The line with $NAME and ${NAME} replaced by the notebook's variables or the environment's, as a shell does it.

    Nothing changes between single quotes, and a name that is no variable stays as it is.
    """
    return with_variables(line, ChainMap(variables, os.environ).get)


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
