"""What a failed build is taken for, from its trace and what buildx printed."""

import base64

import pytest

from dockerlab.build.failures import explain, hint, named_file
from dockerlab.errors import BuildFailed, ContextNotFound, DockerfileInvalid, EngineLost
from tests.engines import engine_of
from tests.traces import trace_of, vertex

ALIVE, GONE = "exit 0", "exit 1"
FAILED = "[2/2] RUN make"
SOLVE = "ERROR: failed to build: failed to solve: "


def trace_with(error="", log=""):
    entry = {"vertex": f"sha256:{FAILED}", "data": base64.b64encode(log.encode()).decode()}
    steps = [vertex("[1/2] FROM x", 0, 1), vertex(FAILED, 1, 2, error=error)]
    return trace_of({"vertexes": steps, "logs": [entry]}) if error else trace_of()


@pytest.mark.parametrize(
    ("trace", "text", "engine", "expected", "facts", "said"),
    [
        (
            trace_with(),
            ["Dockerfile:2", "   2 | >>> RNU x", f"{SOLVE}dockerfile parse error on line 2: unknown instruction: RNU"],
            GONE,
            DockerfileInvalid,
            {"line": 2, "problem": "unknown instruction: RNU", "last_lines": ("Dockerfile:2", "   2 | >>> RNU x")},
            "",
        ),
        (
            trace_with(),
            ["ERROR: failed to solve: dockerfile parse error: odd"],
            GONE,
            DockerfileInvalid,
            {"line": 0, "problem": "odd"},
            "",
        ),
        (trace_with(), [f"{SOLVE}failed to read dockerfile: open A: no"], GONE, DockerfileInvalid, {}, "no file 'A'"),
        (
            trace_with(),
            ['ERROR: failed to build: unable to prepare context: path "no where" not found'],
            GONE,
            ContextNotFound,
            {"path": "no where"},
            "no build context at 'no where'",
        ),
        (
            trace_with(),
            ['ERROR: unable to prepare context: path "a" not found'],
            GONE,
            ContextNotFound,
            {"path": "a"},
            "",
        ),
        (trace_with(), ["my.Dockerfile:7", f"{SOLVE}no build stage"], GONE, DockerfileInvalid, {"line": 7}, ""),
        (trace_with(), [f"{SOLVE}the Dockerfile cannot be empty"], GONE, DockerfileInvalid, {"line": 0}, ""),
        # A command that ended with an exit code says that the engine lives: it is not asked.
        (
            trace_with("exit code: 7", "one\ntwo\n"),
            ["Dockerfile:2", f'{SOLVE}process "make" did not complete successfully: exit code: 7'],
            GONE,
            BuildFailed,
            {"exit_code": 7, "step": FAILED, "last_lines": ("one", "two")},
            f"The build stopped at step {FAILED}: its command ended with exit code 7.",
        ),
        (
            trace_with("not found", "one\n"),
            [f'{SOLVE}"/absent": not found'],
            ALIVE,
            BuildFailed,
            {"exit_code": None, "step": FAILED, "last_lines": ("one", '"/absent": not found')},
            f"The build stopped at step {FAILED}.",
        ),
        (trace_with(), ["ERROR: no builder 'x'"], ALIVE, BuildFailed, {"exit_code": None, "step": ""}, "no builder"),
        (trace_with(), ["unknown flag: --x"], ALIVE, BuildFailed, {"step": ""}, "unknown flag: --x"),
        (trace_with(), [], ALIVE, BuildFailed, {"step": ""}, "The build stopped."),
        # What the client prints does not matter: each release words it anew.
        (trace_with(), ["ERROR: connection refused"], ALIVE, BuildFailed, {}, "connection refused"),
        (trace_with(), ["ERROR: some new words"], GONE, EngineLost, {"last_lines": ("ERROR: some new words",)}, ""),
        (trace_with("rpc error"), ["ERROR: EOF"], GONE, EngineLost, {}, "went away during the build"),
        (trace_with(), [], GONE, EngineLost, {"last_lines": ()}, "nothing was tagged"),
    ],
)
def test_a_failed_build_is_explained(tmp_path, trace, text, engine, expected, facts, said):
    error = explain(text, trace, ["-f", "A", "."], engine_of(engine, tmp_path))
    assert type(error) is expected
    assert {name: getattr(error, name) for name in facts} == facts
    assert said in str(error)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("write /x: no space left on device", "disk is full"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("did not complete successfully: exit code: 137", "ran out of memory"),
        ("Temporary failure in name resolution", "no way to the network"),
        ("ERROR: Could not find a version that satisfies it (from versions: none)", "no way to the network"),
        ("dial tcp: lookup registry on 192.168.127.1:53: server misbehaving", "no way to the network"),
        ("SyntaxError: invalid syntax", ""),
    ],
)
def test_a_known_message_gets_advice(tmp_path, said, expected):
    assert expected in hint(said)
    assert bool(hint(said)) == bool(expected)
    advice = explain([], trace_with("failed", said), [], engine_of(ALIVE, tmp_path)).advice
    assert advice.endswith(hint(said) or "The last line above says why.")


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ("-t x .", "Dockerfile"),
        ("-f A .", "A"),
        ("-fA .", "A"),
        ("-f=A .", "A"),
        ("--file A -t x .", "A"),
        ("--file=A .", "A"),
        ("--force-rm .", "Dockerfile"),
        ("-f A -f B .", "B"),
        ("-f", "Dockerfile"),
        ("", "Dockerfile"),
    ],
)
def test_the_dockerfile_that_a_build_names(arguments, file):
    assert named_file(arguments.split()) == file
