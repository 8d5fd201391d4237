"""Forecasts for single edits; tests/engine/build/test_predictions.py compares hundreds of them with real builds."""

import os

import pytest

from dockerlab.build.inputs import Inputs
from dockerlab.build.predict import CACHED, RUNS, UNKNOWN, predict
from dockerlab.errors import DockerfileInvalid

FILE = """\
ARG VERSION=3.11
FROM python:$VERSION AS build
ARG LEVEL=1
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
FROM python:$VERSION
COPY --from=build /app /app
RUN echo done
CMD ["python"]
"""
FILES = {"requirements.txt": "file 644 1", "main.py": "file 644 2", "docs": "folder 755", "docs/a.md": "file 644 3"}
BEFORE = Inputs(FILE, FILES)
W, R, P, C, F, L = (
    "WORKDIR /app", "COPY requirements.txt .", "RUN pip install -r requirements.txt", "COPY . .",
    "COPY --from=build /app /app", "RUN echo done",
)  # fmt: skip


def forecasts(after, before=BEFORE, **how):
    return predict(before, after, **how)


@pytest.mark.parametrize(
    ("old", "new", "runs", "unknown"),
    [
        ("", "", [], []),
        ("RUN echo", "# a comment\nRUN   echo", [], []),
        ("WORKDIR", "workdir", [], []),
        ('"python"]', '"python3"]', [], []),
        ("CMD", "EXPOSE 80\nLABEL a=b\nUSER 1\nCMD", [], []),
        ("echo done", "echo done!", ["RUN echo done!"], []),
        ("RUN pip", "ENV A=1\nRUN pip", [P, C], [F, L]),
        ("RUN echo", "USER 1\nRUN echo", [L], []),
        ("RUN echo", 'SHELL ["/bin/bash", "-c"]\nRUN echo', [L], []),
        ("LEVEL=1", "LEVEL=2", [P, C], [F, L]),
        ("ARG LEVEL=1\n", "", [P, C], [F, L]),
        ("WORKDIR /app", "WORKDIR /srv", ["WORKDIR /srv", R, P, C], [F, L]),
        ("COPY . .", "COPY . ./", [], []),
        ("COPY . .", "COPY --chown=1 . .", ["COPY --chown=1 . ."], [F, L]),
        ("/app /app", "/app /srv", ["COPY --from=build /app /srv", L], []),
        ("COPY --from=build", "COPY --from=0", [], []),
        ("AS build", "AS build\nRUN true", ["RUN true", W, R, P, C], [F, L]),
        ("VERSION=3.11", "VERSION=3.12", [], [W, R, P, C, F, L]),
        ("FROM python:$VERSION\n", "FROM python:3.11\n", [], []),
    ],
)  # fmt: skip
def test_an_edit_of_the_dockerfile(old, new, runs, unknown):
    found = forecasts(Inputs(FILE.replace(old, new, 1), FILES))
    assert (found.of(RUNS), found.of(UNKNOWN)) == (runs, unknown)
    assert all(bool(each.why) == (each.verdict != CACHED) for each in found)


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        ({"main.py": "file 644 new"}, [C]),
        ({"main.py": "file 755 2"}, [C]),
        ({"docs/b.md": "file 644 4"}, [C]),
        ({"requirements.txt": "file 644 new"}, [R, P, C]),
        ({"main.py": None}, [C]),
    ],
)
def test_an_edit_of_the_context(files, runs):
    after = {name: what for name, what in {**FILES, **files}.items() if what}
    found = forecasts(Inputs(FILE, after))
    assert (found.of(RUNS), found.of(UNKNOWN)) == (runs, [F, L])


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (Inputs(FILE, {**FILES, "main.py": "file 644 new"}), "changed: main.py"),
        (Inputs(FILE, {"requirements.txt": "new"}), "changed: requirements.txt"),
        (Inputs(FILE.replace("RUN pip", "ENV A=1\nRUN pip"), FILES), "the environment is another one: A"),
        (Inputs(FILE, FILES, {"LEVEL": "2"}), "the environment is another one: LEVEL"),
        (Inputs(FILE.replace("echo done", "echo"), FILES), "the command is another one"),
        (Inputs(FILE.replace("/app /app", "/app /b"), FILES), "the destination is another one"),
    ],
)
def test_the_first_step_that_runs_says_why(after, why):
    first, *rest = [each for each in forecasts(after) if each.verdict == RUNS]
    assert first.why == why
    assert {each.why for each in rest if each.stage == first.stage} <= {"the step before it runs"}


def test_what_hangs_on_another_stage_says_on_which():
    found = {each.instruction: each.why for each in forecasts(Inputs(FILE, {**FILES, "main.py": "new"}))}
    assert "what build puts out" in found[F]
    assert "the step before it" in found[L]


def test_an_argument_that_no_stage_declares_changes_nothing():
    assert {each.verdict for each in forecasts(Inputs(FILE, FILES, {"OTHER": "1"}))} == {CACHED}


def test_a_target_needs_only_its_own_stages():
    found = forecasts(Inputs(FILE, FILES, target="Build"))
    assert [each.instruction for each in found] == [W, R, P, C]
    assert [(each.stage, each.number) for each in found] == [("build", number) for number in (2, 3, 4, 5)]


def test_any_earlier_build_counts():
    other = Inputs(FILE, {**FILES, "main.py": "other"})
    assert [each for each in predict([BEFORE, other], other) if each.verdict != CACHED] == []
    assert {each.verdict for each in predict([], BEFORE)} == {RUNS}


def test_an_image_that_is_known_leaves_nothing_open():
    after = Inputs(FILE.replace("3.11", "3.12"), FILES)
    same = predict(BEFORE, after, image_id=lambda name: "one")
    other = predict(BEFORE, after, image_id=lambda name: name)
    assert {each.verdict for each in same} == {CACHED}
    assert {each.verdict for each in other} == {RUNS}


def test_without_the_cache_a_workdir_alone_is_looked_up():
    file = FILE.replace("COPY . .\n", "COPY . .\nWORKDIR /more\n")
    without = predict(Inputs(file, FILES), Inputs(file, FILES), no_cache=True)
    assert without.of(CACHED) == [W]
    assert {step.instruction: step.why for step in without if step.verdict == RUNS} == {
        step: "the step before it runs" if step == "WORKDIR /more" else "nothing is looked up in the cache"
        for step in (R, P, C, "WORKDIR /more", F, L)
    }
    assert W in predict(BEFORE, Inputs(FILE.replace("ARG LEVEL=1", "WORKDIR /other"), FILES), no_cache=True).of(RUNS)


@pytest.mark.parametrize("source", ["https://example.org/x", "git@example.org:a/b.git"])
def test_what_comes_from_a_server_is_open(source):
    inputs = Inputs(f"FROM x\nADD {source} /x\nRUN true\n")
    first, second = predict(inputs, inputs)
    assert (first.verdict, second.verdict) == (UNKNOWN, UNKNOWN)
    assert source in first.why


@pytest.mark.parametrize(
    "instruction",
    ["COPY ${C}main.py .", "ADD ${C} .", "RUN --mount=source=$C,target=/x true", "ADD https://example.org/$C .",
     "RUN --mount=from=$C,target=/x true", "COPY ${C#a} .", "COPY ${C:-docs} ."],
)  # fmt: skip
def test_a_variable_that_the_base_image_may_set_is_named(instruction):
    file = f"FROM python:3.11\n{instruction}\nRUN true\n"
    other = {**FILES, "main.py": "other"}
    first, last = forecasts(Inputs(file, other), Inputs(file, FILES))
    named = "it depends on C, which has no value here"
    if "from=" in instruction:  # the context has nothing to do with it
        assert (first.verdict, last.verdict) == (CACHED, CACHED)
    else:
        assert (first.verdict, first.why, last.verdict) == (UNKNOWN, named, UNKNOWN)
    same = forecasts(Inputs(file, FILES), Inputs(file, FILES))
    assert {step.verdict for step in same} == ({UNKNOWN} if "https" in instruction else {CACHED})
    # Another name may mean the same base image, which then sets the same.
    moved = forecasts(Inputs(file.replace("3.11", "3.12"), FILES), Inputs(file, FILES))
    assert [step.verdict for step in moved] == [UNKNOWN, UNKNOWN]
    assert moved.steps[0].why == named


def test_a_file_that_is_not_there_is_said():
    (found,) = predict(BEFORE, Inputs("FROM x\nCOPY none .\n", FILES))
    assert found.verdict == RUNS
    same = Inputs("FROM x\nCOPY main.py .\n", FILES)
    (found,) = predict(same, Inputs(same.dockerfile))
    assert found.verdict != CACHED


@pytest.mark.parametrize(
    "documents",
    [
        "COPY <<EOF /x\none\nEOF\n",
        'COPY <<-"EOF" /x\n\tone\n\tEOF\n',
        "COPY <<$NAME /x\none\n$NAME\n",
        "COPY <<A <<B /x/\none\nA\ntwo\nB\n",
        "COPY main.py <<A docs <<'B' /x/\none\nA\ntwo\nB\n",
    ],
)
def test_the_text_of_a_here_document_counts(documents):
    file = f"FROM scratch\nENV NAME=other\n{documents}"
    assert forecasts(Inputs(file, FILES), Inputs(file, FILES)).of(RUNS) == []
    assert len(forecasts(Inputs(file.replace("one", "1"), FILES), Inputs(file, FILES)).of(RUNS)) == 1


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        ("", "", ""),
        ("docker/dockerfile:1", "docker/dockerfile:1", ""),
        ("docker.io/docker/dockerfile@sha256:1", "docker.io/docker/dockerfile@sha256:1", ""),
        ("", "docker/dockerfile:1", "another front end reads this Dockerfile than before"),
        ("docker/dockerfile:1", "docker/dockerfile:1-labs", "another front end reads this Dockerfile than before"),
        ("a/b", "a/b", "a/b reads this Dockerfile, and may read it in a way of its own"),
        (
            "docker/dockerfilex",
            "docker/dockerfilex",
            "docker/dockerfilex reads this Dockerfile, and may read it in a way",
        ),
    ],
)
def test_a_front_end_that_is_not_docker_s_own_leaves_all_open(before, now, why):
    files = [
        f"# syntax={name}\nFROM scratch\nCOPY . .\n" if name else "FROM scratch\nCOPY . .\n" for name in (before, now)
    ]
    (step,) = forecasts(Inputs(files[1], FILES), Inputs(files[0], FILES))
    assert (step.verdict, step.why[: len(why)]) == (UNKNOWN if why else CACHED, why)


def test_what_an_image_has_put_off_runs_where_it_is_used():
    file = "FROM x AS a\nONBUILD RUN echo {}\nFROM a\nRUN true\n"
    found = predict(Inputs(file.format(1)), Inputs(file.format(2)))
    assert [(each.number, each.instruction, each.verdict) for each in found] == [
        (1, "RUN echo 2", RUNS),
        (2, "RUN true", RUNS),
    ]


@pytest.mark.parametrize(
    ("file", "target"),
    [("FROM scratch\nCOPY ${A:?no} .\n", ""), ("FROM x\n", "none"), ("FROM x\n", "0"), ("RUM x", "")],
)
def test_a_dockerfile_that_does_not_build_is_an_error(file, target):
    with pytest.raises(DockerfileInvalid):
        predict(BEFORE, Inputs(file, FILES, target=target))


def test_a_snapshot_is_what_copy_finds(tmp_path):
    for name in ("Dockerfile", "a.txt", "out/b.txt", "out/in/c.txt", "d.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "Dockerfile").write_text("FROM x\n")
    (tmp_path / ".dockerignore").write_text("*.log\nout\n!out/in\nDockerfile\n.dockerignore\n")
    (tmp_path / "link").symlink_to("a.txt")
    before = Inputs.read(tmp_path)
    assert sorted(before.files) == ["a.txt", "link", "out", "out/in", "out/in/c.txt"]
    os.utime(tmp_path / "a.txt", (1, 1))
    assert Inputs.read(tmp_path) == before
    (tmp_path / "a.txt").write_text("other")
    assert Inputs.read(tmp_path) != before


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("requirements.txt", [""]),
        ("./docs/", ["", "a.md"]),
        ("*.py", ["main.py/"]),
        ("d*/*.md", ["a.md/"]),
        ("*.none", []),
        ("none", None),
    ],
)
def test_copy_finds_files_folders_and_patterns(source, names):
    found = BEFORE.found(source)
    assert (found if found is None else sorted(found)) == names
