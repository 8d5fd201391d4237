"""Every message: a sentence, the engine's own lines, what to do; and the drawn tree is the real one."""

import inspect
import re

import pytest

from dockerlab import errors


def test_message_has_sentence_then_lines_then_advice():
    error = errors.DockerLabError("It broke.", last_lines=["a", "b"], advice="Mend it.")
    assert str(error) == "It broke.\n  | a\n  | b\nMend it."
    assert error._render_traceback_() == ["DockerLabError: It broke.\n  | a\n  | b\nMend it."]


def test_the_drawn_tree_is_the_real_one():
    parents, drawn = ["DockerLabError"], {}
    for indent, name in re.findall(r"^([ │]*)[├└]── (\w+)", inspect.cleandoc(errors.__doc__), re.M):
        depth = len(indent) // 4
        drawn[name] = parents[depth - 1]
        parents = [*parents[:depth], name]
    real = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.DockerLabError)]
    assert drawn == {c.__name__: c.__base__.__name__ for c in real if c is not errors.DockerLabError}


@pytest.mark.parametrize(
    ("error", "attributes", "said"),
    [
        (errors.ContextNotFound("nowhere"), {"path": "nowhere"}, "no build context at 'nowhere'"),
        (errors.FilesUnreadable("a/key", "Permission denied"), {"path": "a/key"}, "cannot be read: Permission denied."),
        (errors.FilesUnreadable("a/key", "No space left", done="copied"), {"path": "a/key"}, "cannot be copied: No sp"),
        (
            errors.IgnorePatternInvalid(".dockerignore", 3, "[a", "a [ is not closed"),
            {"file": ".dockerignore", "line": 3, "pattern": "[a", "problem": "a [ is not closed"},
            "'[a' on line 3 of .dockerignore is not a pattern: a [ is not closed.",
        ),
        (errors.DockerfileInvalid("unknown instruction: RNU", line=3), {"line": 3}, "on line 3: unknown instruction"),
        (errors.BuildFailed("x", step="[2/2] RUN x", exit_code=7), {"step": "[2/2] RUN x", "exit_code": 7}, "x"),
        (errors.BuildCancelled("trace"), {"trace": "trace"}, "interrupted"),
        (
            errors.BuildTooLong(60, "trace"),
            {"limit": 60, "trace": "trace"},
            "still running after 60 s, so it was stopped.",
        ),
        (
            errors.CommandUnreadable('run "x', "a quotation mark is opened and never closed", "Close it."),
            {"command": 'run "x', "problem": "a quotation mark is opened and never closed"},
            'never closed.\n  | run "x\nClose it.',
        ),
        (errors.DockerCommandFailed("docker x", 2, "a\nb"), {"exit_code": 2, "output": "a\nb"}, "exit code 2"),
        (errors.PortTaken("docker run", 125, "", 8000), {"port": 8000}, "-p 127.0.0.1:8001:8000."),
        (errors.PortTaken("docker run", 125, "", 8000, removed=True), {"port": 8000}, "has been removed."),
        (errors.ImageUnreadable("news", "x"), {"image": "news", "problem": "x"}, "news cannot be read: x."),
        (errors.EngineRefused(409, "in use"), {"status": 409, "explanation": "in use"}, "  | in use"),
        (errors.NoSuchImage("nwes"), {"image": "nwes", "status": 404}, "There is no image 'nwes'."),
        (errors.NoSuchContainer("nwes"), {"container": "nwes"}, "There is no container 'nwes'."),
        (
            errors.NotAnswering("It is silent.", container="news", asked="/health", seconds=30, last_lines=["boom"]),
            {"container": "news", "asked": "/health", "seconds": 30, "last_lines": ("boom",)},
            "It is silent.\n  | boom\n`docker ps -a`",
        ),
        (errors.ExerciseUnusable("capstone", "x"), {"exercise": "capstone", "problem": "x"}, "cannot be used: x."),
        (errors.ClaimFailed("a > b", "1×"), {"statement": "a > b", "measured": "1×"}, "measured: 1×"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_facts_are_attributes_and_in_the_message(error, attributes, said):
    assert {name: getattr(error, name) for name in attributes} == attributes
    assert said in str(error)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["x" * 3_000_000], ["  | " + "x" * 2000 + " … and 2,998,000 more characters"]),
        (["x" * 2000], ["  | " + "x" * 2000]),
        (["a\nb"], ["  | a", "  | b"]),
        ([f"{n}" for n in range(60)], [f"  | {n}" for n in range(60)]),
        (
            [f"{n}" for n in range(1060)],
            [f"  | {n}" for n in range(20)] + ["  | … 1,000 more lines …"] + [f"  | {n}" for n in range(1020, 1060)],
        ),
        (["\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain"], ["  | red plain"]),
        (["\x1b[2J\x1b[Hgone"], ["  | gone"]),
        (["10%\r20%"], ["  | 10%\\r20%"]),
        (["caf\udce9"], ["  | caf\\udce9"]),
    ],
    ids=lambda value: value[0][:12],
)
def test_a_message_stays_short_and_legible_whatever_a_program_printed(said, shown):
    error = errors.DockerLabError("It broke.", last_lines=said, advice="Mend it.")
    assert str(error).split("\n") == ["It broke.", *shown, "Mend it."]
    assert error.last_lines == tuple(said), "the attribute stays whole"


def test_a_long_command_is_cut_in_its_message():
    error = errors.DockerCommandFailed(f"docker run x {'y' * 3_000_000}", 1)
    assert len(str(error)) < 2100
