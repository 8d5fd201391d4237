"""Why a build failed: buildx's text and the trace, turned into one of the course's exceptions."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from dockerlab.build.trace import BuildTrace
from dockerlab.engine import Engine
from dockerlab.errors import BuildFailed, ContextNotFound, DockerfileInvalid, DockerLabError

_DISK_FULL = r"no space left on device|\[Errno 28\]"
_OUT_OF_MEMORY = r"exit code: 137|\bKilled\b|cannot allocate memory|MemoryError"
_NO_NETWORK = (
    r"temporary failure in name resolution|temporary failure resolving|could not resolve|name or service not known|"
    r"from versions: none|network is unreachable|failed to establish a new connection|no route to host|"
    r"lookup \S+ on \S+:|i/o timeout"
)
HINTS = {
    _DISK_FULL: "The engine's disk is full: `docker system df` says with what. A micro-VM gets an empty disk from "
    "`dockerlab engine down`, then `dockerlab engine up`.",
    _OUT_OF_MEMORY: "It was probably killed because the engine ran out of memory: `docker info` says how much it has.",
    r"syntax error in pattern": "A pattern of the ignore file is not complete: look for a [ without its ].",
    _NO_NETWORK: "The engine has no way to the network, or not to this address. Steps in its cache still work.",
}
LAST_LINES = 8
_PREFIXES = re.compile(r"^(ERROR: )?(failed to build: )?(failed to solve: )?")
_PARSE_ERROR = re.compile(r"dockerfile parse error(?: on line (\d+))?: (.+)")
_NO_CONTEXT = re.compile(r'unable to prepare context: path "(.*)" not found')
_PLACE = re.compile(r"\S*Dockerfile\S*:(\d+)$")
_EXIT_CODE = re.compile(r"did not complete successfully: exit code: (\d+)")


def explain(text: Sequence[str], trace: BuildTrace, argv: Sequence[str], engine: Engine) -> DockerLabError:
    """The exception for a build that failed.

    Args:
        text: the lines that buildx printed.
        trace: the build up to then.
        argv: the arguments of the build.
        engine: is asked whether it still answers, unless the cause is already certain.
    """
    problem = next((line for line in reversed(text) if line.startswith("ERROR: ")), text[-1] if text else "")
    problem = _PREFIXES.sub("", problem)
    lines = [line for line in text if line.strip() and not line.startswith("ERROR: ")][-LAST_LINES:]
    if parse_error := _PARSE_ERROR.match(problem):
        return DockerfileInvalid(parse_error[2], line=int(parse_error[1] or 0), last_lines=lines)
    if no_context := _NO_CONTEXT.match(problem):
        return ContextNotFound(no_context[1])
    if "failed to read dockerfile" in problem:
        return DockerfileInvalid(f"there is no file {named_file(argv)!r} in the build context")
    failed = trace.failed()
    place = next(filter(None, map(_PLACE.match, text)), None)
    # No step failed and yet there is a line number: BuildKit did not get beyond reading the Dockerfile.
    if failed is None and (place or "Dockerfile cannot be empty" in problem):
        return DockerfileInvalid(problem, line=int(place[1]) if place else 0, last_lines=lines)
    exit_code = _EXIT_CODE.search(problem)
    if exit_code is None and not engine.answers():
        return engine.lost("The Docker engine went away during the build, and nothing was tagged.", text[-4:])
    printed = failed.log if failed else ""
    said = printed.strip().splitlines()[-LAST_LINES:]
    if exit_code and failed:
        ending = f" at step {failed.name}: its command ended with exit code {exit_code[1]}"
        advice = "The lines above are the last that the command printed."
    else:
        ending = f" at step {failed.name}" if failed else ""
        said.append(problem)
        advice = "The last line above says why."
    return BuildFailed(
        f"The build stopped{ending}.",
        step=failed.name if failed else "",
        exit_code=int(exit_code[1]) if exit_code and failed else None,
        trace=trace,
        last_lines=said,
        advice=" ".join(filter(None, ["Nothing was tagged.", advice, hint(f"{printed}\n{problem}")])),
    )


def hint(text: str) -> str:
    """A sentence of advice on an error message; "" if it needs none."""
    return next((advice for pattern, advice in HINTS.items() if re.search(pattern, text, re.I)), "")


def named_file(argv: Sequence[str]) -> str:
    """The Dockerfile that a build's arguments name."""
    return option(argv, "--file", "-f") or "Dockerfile"


def option(argv: Sequence[str], name: str, short: str = "") -> str:
    """The value of an option in a build's arguments: --file X, --file=X, -f X, -fX or -f=X; "" without one."""
    forms = re.compile(rf"{name}=(.+)" + (rf"|{short}=?(.+)" if short else ""))
    value = ""  # the last one counts, as for docker
    for word, following in zip_longest(argv, argv[1:], fillvalue=""):
        if word in (name, short):
            value = following
        elif match := forms.fullmatch(word):
            value = match[match.lastindex]
    return value
