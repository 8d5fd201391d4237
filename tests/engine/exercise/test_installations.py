"""Whether a change of the code installs again: measured from what a build writes, however its Dockerfile says it."""

from zipfile import ZipFile

import pytest

from dockerlab.engine.labels import clean
from dockerlab.exercise.bench import Bench
from dockerlab.exercise.installations import Rebuild, rebuild

pytestmark = pytest.mark.engine

RUN = "test-installations"
FROM = "FROM python:3.11-slim\n"
CODE = "WORKDIR /app\nCOPY . .\n"  # the change of the code reaches every step after this
PACKAGES = "/usr/local/lib/python3.11/site-packages"


def pip(name, verb="install"):
    return f"pip {verb} --no-index --disable-pip-version-check ./{name}-1.0-py3-none-any.whl"


# what the step does -> (the step, a text that is in this step only, whether it has installed again)
STEPS = {
    "pip": (f"RUN {pip('one')}", "./one-1.0", True),
    "a here-document": (f"RUN <<EOF\nset -e\n{pip('two')}\nEOF", "./two-1.0", True),
    "a module": (f"RUN python -m {pip('three')}", "./three-1.0", True),
    "a script": ("RUN sh four.sh", "four.sh", True),
    "a variable": (f"RUN tool=pip; ${pip('five').replace('pip', 'tool', 1)}", "./five-1.0", True),
    "a command in a file": ('RUN --mount=type=tmpfs,target=/tmp sh -c "$(cat six.sh)"', "six.sh", True),
    "another folder": (f"RUN {pip('seven')} --target /packages", "./seven-1.0", True),
    "wheels only": (f"RUN {pip('eight', 'wheel')} -w /wheels", "./eight-1.0", True),
    "packages of Debian": (
        "RUN <<EOF\nset -e\napt-get update\napt-get install -y --no-install-recommends less\nEOF",
        "less",
        True,
    ),
    "only said": ("RUN echo pip install nine && pip --version", "nine", False),
    "a comment in a script": ("RUN <<EOF\n# pip install ten\ntrue\nEOF", "ten", False),
    "only byte code": (f"RUN python -m compileall -q {PACKAGES}/one", "compileall", False),
    "only lists of packages": ("RUN apt-get update && useradd joe", "joe", False),
    "a shell that is python": (
        'SHELL ["python", "-c"]\nRUN import os; os.system("sh eleven.sh")',
        "eleven.sh",
        True,
    ),
}
SCRIPTS = ("four", "six", "eleven")
WHEELS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "eleven")

# text of the Dockerfile -> the steps that have installed again
STAGES = {
    "the good order": (f"{FROM}COPY one-1.0-py3-none-any.whl .\nRUN {pip('one')}\n{CODE}RUN useradd joe\n", ()),
    "given to a user": (
        f"{FROM}COPY one-1.0-py3-none-any.whl .\nRUN {pip('one')}\n{CODE}RUN chown -R 1000 . {PACKAGES}\n",
        (),
    ),
    "copied from a stage": (
        f"{FROM.strip()} AS builder\nCOPY one-1.0-py3-none-any.whl .\nRUN {pip('one')} --prefix=/install\n"
        f"{FROM}{CODE}COPY --from=builder /install /usr/local\nRUN useradd joe\n",
        (),
    ),
    "a stage that is not in the image": (
        f"{FROM.strip()} AS Builder\n{CODE}RUN sh four.sh\n{FROM}COPY --from=builder /app/main.py .\n",
        ("RUN sh four.sh",),
    ),
    "a stage on a stage": (
        f"{FROM.strip()} AS first\n{CODE}FROM first AS second\nRUN sh four.sh\n"
        f"{FROM}COPY --from=second /app/main.py .\n",
        ("RUN sh four.sh",),
    ),
    "a stage without a name": (
        f"{FROM}{CODE}RUN sh four.sh\n{FROM}COPY --from=0 /app/main.py .\n",
        ("RUN sh four.sh",),
    ),
    "a stage without a name in the good order": (
        f"{FROM}COPY one-1.0-py3-none-any.whl .\nRUN {pip('one')}\n{CODE}RUN useradd joe\n"
        f"{FROM}COPY --from=0 /app/main.py .\n",
        (),
    ),
}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """A build context with a program, wheels of empty packages, and scripts that install some of them."""
    folder = tmp_path_factory.mktemp("context")
    (folder / "main.py").write_text("print()\n", encoding="utf-8")
    for name in WHEELS:
        with ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            facts = f"{name}-1.0.dist-info"
            wheel.writestr(f"{name}/__init__.py", "")
            wheel.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{facts}/RECORD", "")
    for name in SCRIPTS:
        (folder / f"{name}.sh").write_text(pip(name), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def rebuilt(engine, context):
    """A function that builds a Dockerfile, changes the code and builds again; it gives what `rebuild` has measured."""

    def build_twice(text):
        with Bench.opened(engine, context, RUN) as bench:
            (bench.folder / "Dockerfile").write_text(text, encoding="utf-8")
            bench.build("Dockerfile", "--output=type=cacheonly")
            return rebuild(bench, "Dockerfile", "main.py")

    clean(engine, RUN)
    yield build_twice
    clean(engine, RUN)


@pytest.fixture(scope="module")
def after_all_steps(rebuilt):
    """What was measured of a Dockerfile with all the steps."""
    return rebuilt("\n".join([f"{FROM}{CODE}", *(step for step, _, _ in STEPS.values())]))


@pytest.mark.parametrize("case", STEPS)
def test_what_a_step_has_written_counts_and_not_what_it_says(after_all_steps, case):
    _, text, installs = STEPS[case]
    assert any(text in instruction for instruction in after_all_steps.installed) is installs


EVERY_TIME = ("a stage that is not in the image",)  # each takes two builds or more


@pytest.mark.parametrize(
    "case", [case if case in EVERY_TIME else pytest.param(case, marks=pytest.mark.nightly) for case in STAGES]
)
def test_an_installation_is_seen_in_whatever_stage(rebuilt, case):
    text, installed = STAGES[case]
    found = rebuilt(text)
    assert found.installed == installed
    assert found.ran


class Forgetful(Bench):
    """The first build after a change finds no step in the engine's cache."""

    def build(self, dockerfile, *options, **settings):
        forgets = "--output=type=cacheonly" in options and not (marker := self.folder / "forgot").exists()
        if forgets:
            marker.touch()
        return super().build(dockerfile, *options, *(["--no-cache"] if forgets else []), **settings)


def test_a_step_that_the_engine_has_let_go_of_once_does_not_count(engine, context):
    with Forgetful.opened(engine, context, RUN) as bench:
        text, _ = STAGES["the good order"]
        (bench.folder / "Dockerfile").write_text(text, encoding="utf-8")
        assert rebuild(bench, "Dockerfile", "main.py").installed == ()


@pytest.mark.nightly
def test_what_an_earlier_image_has_put_off_is_seen_too(engine, context, rebuilt):
    with Bench.opened(engine, context, RUN) as bench:
        text = f"{FROM}ONBUILD COPY . .\nONBUILD RUN sh four.sh\n"
        (bench.folder / "Dockerfile.parent").write_text(text, encoding="utf-8")
        bench.build("Dockerfile.parent", "-t", bench.tag("parent"))
        found = rebuilt(f"FROM {bench.tag('parent')}\n")
    assert "four.sh" in found.installed[0]


def test_a_change_that_does_not_get_into_the_image_runs_nothing(rebuilt):
    assert rebuilt(f"{FROM}RUN true\n") == Rebuild((), ())


def test_a_change_that_breaks_the_build_is_not_called_an_installation(rebuilt):
    assert rebuilt(f"{FROM}{CODE}RUN ! grep 'no build has seen' main.py\n") is None
