"""The cache predictor against BuildKit: builds are edited at random, and each forecast is compared with what ran."""

import os
import random
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dockerlab.build import build
from dockerlab.build.inputs import Inputs
from dockerlab.build.predict import CACHED, RUNS, UNKNOWN, predict
from dockerlab.build.trace import CACHED as WAS_CACHED
from dockerlab.build.trace import DONE

pytestmark = pytest.mark.engine

EDITS = 10  # in each chain
BY_DAY = range(3)
BY_NIGHT = range(3, 50)


@dataclass
class Project:
    """A build context and a Dockerfile that are edited at random. Whatever comes out still builds."""

    folder: Path
    dice: random.Random
    nonce: str = field(default_factory=lambda: uuid.uuid4().hex)
    stages: list[list[str]] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    target: str = ""
    head: str = ""

    def begin(self) -> None:
        for name in ("a.txt", "b.txt", "c.py", "src/one.py", "src/two.py", "src/deep/three.txt", "docs/read.md"):
            self.write(name)
        (self.folder / ".dockerignore").write_text("docs\n*.log\nDockerfile\n.dockerignore\n")
        self.stages = [[self.instruction(number) for _ in range(self.dice.randint(2, 5))] for number in range(3)]

    def write(self, name: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{self.dice.random()}\n" * self.dice.randint(1, 3))

    def text(self) -> str:
        parts = [self.head, "ARG GLOBAL=g0"]
        for number, instructions in enumerate(self.stages):
            # The last stage is built on the first, so what that puts off happens there.
            base = "s0" if number == len(self.stages) - 1 and len(self.stages) > 2 else "python:3.11-slim"
            # An earlier stage may have ended as another user, who may do less.
            parts += [
                f"FROM {base} AS s{number}",
                "USER root",
                f"RUN mkdir -p /out && chmod 777 /out && echo {self.nonce} > /out/n",
            ]
            parts += instructions
        return "\n".join(parts) + "\n"

    def instruction(self, stage: int) -> str:
        d = self.dice
        n, name = d.randint(0, 9), d.choice(["A", "B", "GLOBAL"])
        files = sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.*") if path.is_file())
        files = [file for file in files if not file.startswith(("docs", "Dockerfile", ".dock"))]
        file = d.choice(files)
        choices = [
            f"RUN echo {n} > /out/r{d.randint(0, 3)}",
            f"RUN echo ${name} > /out/v",
            f"RUN echo {n} && \\\n    true",
            f"RUN echo {n} && \\\n# a comment\n  true",
            f'RUN ["sh", "-c", "echo {n}"]',
            f"RUN <<EOF\necho {n}\necho $A\nEOF",
            f"RUN --mount=type=bind,source={file},target=/mnt/f cat /mnt/f",
            "RUN --mount=type=bind,target=/mnt/context ls /mnt/context",
            f"RUN --mount=type=cache,target=/cache{d.randint(0, 1)} true",
            "RUN --mount=type=tmpfs,target=/t true",
            f"RUN --network=none echo {n}",
            f"COPY {file} /out/",
            f"COPY {file} /out/copied",
            f"COPY ./{file} /out/",
            f"COPY a.txt {file} /out/many/",
            "COPY . /out/all/",
            "COPY src /out/src",
            "COPY src/ /out/src/",
            "COPY *.txt /out/texts/",
            "COPY src/*.py /out/",
            f"COPY --chmod=6{d.randint(0, 4)}4 {file} /out/",
            f"COPY --chown={d.randint(0, 2)} {file} /out/",
            f"COPY --link {file} /out/linked",
            f"COPY <<E /out/here\n{n} $A\nE",
            f"COPY <<'E' /out/here\n{n} $A\nE",
            f"COPY ${{C}}{file} /out/variable",
            f"ADD {file} /out/added",
            f"WORKDIR /w{d.randint(0, 2)}",
            "WORKDIR sub",
            "WORKDIR /w${A:-0}",
            f"ENV A=a{n}",
            f"ENV A=a{n} B='b {n}'",
            "ENV B=$A",
            f"ARG {name}",
            f"ARG {name}={n}",
            f"ARG B=${{A:-{n}}}",
            f"LABEL l={n}",
            f"EXPOSE 80{n}",
            f'CMD ["{n}"]',
            f"USER {d.choice(['root', 'nobody'])}",
            'SHELL ["/bin/bash", "-c"]',
            f"HEALTHCHECK CMD echo {n}",
            f"ONBUILD RUN echo {n}",
        ]
        if stage:
            choices += [
                f"COPY --from=s{stage - 1} /out /got",
                f"COPY --from={stage - 1} /out/n /got/n",
                f"RUN --mount=type=bind,from=s{stage - 1},source=/out,target=/mnt ls /mnt",
            ] * 3
        return d.choice(choices)

    def edit(self) -> str:
        """Change something; says what."""
        d = self.dice
        number = d.randrange(len(self.stages))
        stage = self.stages[number]
        place = d.randrange(len(stage)) if stage else 0
        existing = [path for path in sorted(self.folder.rglob("*.*")) if path.is_file() and path.name != "Dockerfile"]
        file = d.choice([path for path in existing if not path.name.startswith(".")])
        kind = d.randrange(16)
        if kind == 0:
            self.write(str(file.relative_to(self.folder)))
            return f"other content: {file.name}"
        if kind == 1:
            os.utime(file, (d.randint(1, 10**9),) * 2)
            return f"another time: {file.name}"
        if kind == 2:
            file.chmod(d.choice([0o644, 0o600, 0o755]))
            return f"another mode: {file.name}"
        if kind == 3:
            self.write(
                f"{d.choice(['', 'src/', 'docs/', 'src/new/'])}{d.choice('xyz')}.{d.choice(['py', 'log', 'txt'])}"
            )
            return "a file more"
        if kind == 4:
            rules = "".join(
                f"{rule}\n" for rule in d.sample(["src/deep", "x.py", "!docs/read.md", "*.md", "**/y.*"], 2)
            )
            (self.folder / ".dockerignore").write_text(f"docs\n*.log\nDockerfile\n.dockerignore\n{rules}!src/deep/t*\n")
            return "other rules"
        if kind == 5:
            self.head = f"# a comment {d.random()}\n"
            return "a comment"
        if kind == 6:
            self.arguments = {d.choice(["A", "B", "GLOBAL", "UNUSED", "HTTP_PROXY"]): str(d.randint(0, 3))}
            return "a build argument"
        if kind == 7:
            self.target = d.choice(["", "s0", "s1", "S2"])
            return "another target"
        if kind == 8 and stage:
            word, _, rest = stage[place].partition(" ")
            stage[place] = f"  {word.lower()}   {rest}"
            return "another spelling"
        if kind == 9 and len(stage) > 1:
            stage.append(stage.pop(place))
            return "another order"
        if kind == 10 and len(stage) > 1:
            del stage[place]
            return "an instruction less"
        if kind in (11, 12) and stage:
            stage[place] = self.instruction(number)
            return "another instruction"
        stage.insert(place, self.instruction(number))
        return "an instruction more"

    def inputs(self) -> Inputs:
        (self.folder / "Dockerfile").write_text(self.text())
        return Inputs.read(self.folder, arguments=self.arguments, target=self.target)


@pytest.mark.parametrize("seed", [*BY_DAY, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in BY_NIGHT)])
def test_what_is_predicted_comes_true(engine, tmp_path, seed):
    project = Project(tmp_path, random.Random(seed))
    project.begin()
    done, told, open_ = [], 0, 0
    for number in range(EDITS + 2):
        no_cache = number > EDITS
        what = "no cache" if no_cache else project.edit() if number else "the first build"
        inputs = project.inputs()
        forecast = {(each.stage, each.number): each for each in predict(done, inputs, no_cache=no_cache)}
        options = ["--no-cache"] if no_cache else []
        options += [f"--build-arg={name}={value}" for name, value in project.arguments.items()]
        options += [f"--target={project.target}"] if project.target else []
        trace = build([*options, "--output=type=cacheonly", "."], engine=engine, cwd=tmp_path, run="test-predict").trace
        happened = {
            (step.stage, step.index): {WAS_CACHED: CACHED, DONE: RUNS}[step.state]
            for step in trace.instructions()
            if not step.is_from
        }
        assert happened.keys() <= forecast.keys(), f"{what}\n{project.text()}"
        wrong = [
            (forecast[place], verdict)
            for place, verdict in happened.items()
            if forecast[place].verdict not in (verdict, UNKNOWN)
        ]
        assert not wrong, f"edit {number}: {what}\n{project.text()}\n{wrong}"
        told += sum(forecast[place].verdict != UNKNOWN for place in happened)
        open_ += sum(forecast[place].verdict == UNKNOWN for place in happened)
        done.append(inputs)
    print(f"seed {seed}: {told} steps foretold, {open_} open")
    assert told > open_
