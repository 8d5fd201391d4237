"""The keys of a build's steps: by them, BuildKit finds in its cache what is finished already.

A key holds what a step does, on what it builds, and the content of what it copies. What a stage that runs again will
put out, nobody can know before it has run; so each step has a second, looser key that leaves such contents open.
"""

import hashlib
import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from dockerlab.build.dockerfile import Dockerfile, Instruction, Stage, read_dockerfile, triggered
from dockerlab.build.inputs import Inputs
from dockerlab.build.words import MARK, BadWord, expand, known, not_set, pairs, split
from dockerlab.errors import DockerfileInvalid

STEPS = ("RUN", "COPY", "ADD", "WORKDIR")
PLATFORM = ("TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH",
            "BUILDVARIANT")  # fmt: skip
NOT_IN_ENVIRONMENT = ("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE")
REMOTE = ("http://", "https://", "git@", "git://", "ssh://")
SHELL = '["/bin/sh", "-c"]'


@dataclass(frozen=True)
class Key:
    """Two steps with the same strict key are one for BuildKit; with different loose keys, they are surely two."""

    strict: str
    loose: str

    @classmethod
    def of(cls, strict: object, loose: object) -> Self:
        """Made from texts, lists and mappings of texts."""
        texts = (repr(part).encode("utf-8", "surrogatepass") for part in (strict, loose))
        return cls(*(hashlib.sha256(text).hexdigest() for text in texts))


@dataclass(frozen=True)
class _State:
    """What an instruction begins from."""

    key: Key
    base: str = ""  # the image that unknown variables come from; "" for scratch
    values: Mapping[str, str] = field(default_factory=dict)  # the environment, in order
    image_values: Mapping[str, str] = field(default_factory=dict)  # the part of it that the image keeps
    folder: str = "/"
    user: str = ""
    shell: str = SHELL
    put_off: tuple[Instruction, ...] = ()  # by ONBUILD


@dataclass(frozen=True)
class Step:
    """One step that the target needs, and what its key is made of."""

    stage_number: int
    stage: str  # as BuildKit shows it: "" in a file with one stage, "stage-0" for one without a name
    number: int  # its place in the stage, from 1, FROM included
    instruction: Instruction
    key: Key
    parent: Key  # of what it builds on
    facts: Mapping[str, str]  # what its key is made of besides its parent, by the words that a reason begins with
    files: Mapping[str, str]  # what it copies from the context
    open: str  # what cannot be known about it; "" if all can
    asks: tuple[str, ...] = ()  # the paths and patterns that it asks of the context, variables replaced


class Evaluation:
    """The steps of one build with their keys, in the order of the stages.

    Args:
        image_id: see `predict`.

    Raises:
        DockerfileInvalid: the Dockerfile cannot be read.
    """

    def __init__(self, inputs: Inputs, image_id: Callable[[str], str | None]) -> None:
        self._inputs, self._image_id = inputs, image_id
        self._file: Dockerfile = read_dockerfile(inputs.dockerfile)
        self.front_end = self._file.directives.get("syntax", "")
        self.steps: list[Step] = []
        self._global = self._global_values()
        self._bases = [self._expanded(stage.base, self._global, stage.begin) for stage in self._file.stages]
        self._states: dict[int, _State] = {}
        target = self._target()
        self._state_of(target)
        self.steps.sort(key=lambda step: (step.stage_number, step.number))
        # What FROM names in each stage that the target needs, by the stage's number.
        self.bases = {number: self._bases[number] for number in sorted(self._states)}
        self.kept = [target]  # the stages whose layers the image has, the target first
        while (parent := self._stage(self._bases[self.kept[-1]], self.kept[-1], by_number=False)) is not None:
            self.kept.append(parent)

    def _global_values(self) -> dict[str, str]:
        values = {name: f"{MARK}{name}{MARK}" for name in PLATFORM}
        values |= {"TARGETSTAGE": self._inputs.target or "default"}
        for instruction in self._file.arguments:
            for name, value in pairs(instruction.rest, self._file.escape):
                if name in self._inputs.arguments:
                    values[name] = self._inputs.arguments[name]
                elif value is not None:
                    values[name] = self._expanded(value, values, instruction)
        return values

    def _expanded(self, text: str, values: Mapping[str, str], instruction: Instruction, base: str = "", **how) -> str:
        try:
            return expand(text, known(values, base), self._file.escape, **how)
        except BadWord as error:
            raise DockerfileInvalid(str(error), line=instruction.line) from None

    def _target(self) -> int:
        wanted = self._inputs.target.lower()
        found = self._stage(wanted, len(self._file.stages), by_number=False) if wanted else len(self._file.stages) - 1
        if found is None:
            raise DockerfileInvalid(f"it has no stage {self._inputs.target}", line=self._file.stages[-1].begin.line)
        return found

    def _stage(self, name: str, before: int, *, by_number: bool = True) -> int | None:
        """The number of the stage that a name means for an instruction of stage number `before`."""
        named = [stage.number for stage in self._file.stages[:before] if stage.name and stage.name == name.lower()]
        if named:
            return named[-1]
        return int(name) if by_number and name.isdigit() and int(name) < before else None

    def _image(self, reference: str, platform: str) -> Key:
        if reference == "scratch":
            return Key.of("scratch", "scratch")
        identity = self._image_id(reference)
        return Key.of(["image", identity or reference, platform], ["image", identity or "", platform])

    def _state_of(self, number: int) -> _State:
        if number not in self._states:
            self._states[number] = self._run_stage(self._file.stages[number])
        return self._states[number]

    def _run_stage(self, stage: Stage) -> _State:
        base, values = self._bases[stage.number], self._global
        parent = self._stage(base, stage.number, by_number=False)
        platform = self._expanded(stage.begin.flag("platform") or "", values, stage.begin)
        name = "" if len(self._file.stages) == 1 else stage.name or f"stage-{stage.number}"
        place = 0
        if parent is not None:
            before = self._state_of(parent)
            state = replace(before, put_off=(), values=_added(before.values, before.image_values))
            instructions = [triggered(each) for each in before.put_off] + list(stage.instructions)
        else:
            state = _State(self._image(base, platform), "" if base == "scratch" else base)
            if state.base:
                state = replace(state, folder=f"{MARK}folder{MARK}", user=f"{MARK}user{MARK}")
                place = 1
            instructions = list(stage.instructions)
        for instruction in instructions:
            if instruction.word in STEPS:
                place += 1
                state = self._step(state, instruction, name, place, stage.number)
            else:
                state = self._setting(state, instruction)
        return state

    def _setting(self, state: _State, instruction: Instruction) -> _State:
        word, rest, escape = instruction.word, instruction.rest, self._file.escape

        def expanded(text: str) -> str:
            return self._expanded(text, state.values, instruction, state.base)

        if word == "ENV":
            new = {expanded(name): expanded(value or "") for name, value in pairs(rest, escape)}
            return replace(state, values=_added(state.values, new), image_values={**state.image_values, **new})
        if word == "ARG":
            for name, default in pairs(rest, escape):
                value = self._inputs.arguments.get(name)
                if value is None:
                    value = self._global.get(name) if default is None else expanded(default)
                if value is not None and name not in NOT_IN_ENVIRONMENT:
                    state = replace(state, values=_added(state.values, {name: value}))
        elif word == "USER":
            return replace(state, user=expanded(rest))
        elif word == "SHELL":
            return replace(state, shell=_json(rest) or rest)
        elif word == "ONBUILD":
            return replace(state, put_off=(*state.put_off, instruction))
        return state

    def _step(self, state: _State, instruction: Instruction, name: str, place: int, stage: int) -> _State:
        word = instruction.word
        facts: dict[str, str] = {}
        loose: dict[str, str] = {}  # the same facts, with what cannot be known left open
        files: dict[str, str] = {}
        asks: list[str] = []
        unknown = ""
        folder = state.folder
        if word == "WORKDIR":
            path = self._expanded(instruction.rest, state.values, instruction, state.base)
            folder = posixpath.normpath(posixpath.join(state.folder, path))
            if folder == "/":  # no step, though it is counted
                return replace(state, folder="/")
            facts = {"the folder": folder, "the user": state.user}
            loose = {"the folder": folder}  # newer front ends make it for the user, older ones for root
        elif word == "RUN":
            facts = self._run_facts(state, instruction)
            loose = dict(facts)
            unknown = self._mounts(state, instruction, stage, facts, loose, files, asks)
        else:
            unknown = self._copy_facts(state, instruction, stage, facts, loose, files, asks)
        parent = state.key
        linked = word != "RUN" and instruction.flag("link") in ("", "true")
        if linked:
            unknown = unknown or "whether --link keeps it depends on the engine's store"
        above = Key("" if linked else parent.loose, parent.loose)
        key = Key.of([word, parent.strict, facts], [word, above.strict, loose])
        self.steps.append(Step(stage, name, place, instruction, key, parent, facts, files, unknown, tuple(asks)))
        after = Key(key.strict, Key.of("", [parent.loose, key.loose]).loose) if linked else key
        return replace(state, key=after, folder=folder)

    def _run_facts(self, state: _State, instruction: Instruction) -> dict[str, str]:
        words = _json(instruction.rest)
        documents = [(each.name, each.text) for each in instruction.documents]
        command = words or json.dumps([state.shell, instruction.rest])
        flags = sorted(flag for flag in instruction.flags if not flag.startswith("--mount"))
        expanded = [self._expanded(flag, state.values, instruction, state.base) for flag in flags]
        return {
            "the command": command + json.dumps(documents) + json.dumps(expanded),
            "the environment": json.dumps(list(state.values.items())),
            "the folder": state.folder,
            "the user": state.user,
        }

    def _mounts(
        self, state: _State, instruction: Instruction, stage: int, facts: dict, loose: dict, files: dict, asks: list
    ) -> str:
        """Add what a RUN mounts; says what cannot be known."""
        unknown = ""
        for number, flag in enumerate(flag for flag in instruction.flags if flag.startswith("--mount")):
            text = self._expanded(flag.partition("=")[2], state.values, instruction, state.base)
            options = dict(part.partition("=")[::2] for part in text.split(","))
            options = {name.lower(): value for name, value in options.items()}
            kind = options.setdefault("type", "bind")
            label = f"the mount {number + 1}"
            facts[label] = json.dumps(sorted(options.items()))
            kept = options if kind != "cache" else {n: v for n, v in options.items() if n not in ("id", "sharing")}
            if kind == "bind":
                kept = {name: value for name, value in options.items() if name not in ("source", "src")}
            loose[label] = json.dumps(sorted(kept.items()))
            source = options.get("source", options.get("src", ""))
            if kind == "bind" or (kind == "cache" and options.get("from")):
                asks += [source] if options.get("from") is None else []
                said = self._content(label, source, options.get("from"), stage, facts, loose, files)
                unknown = unknown or said
        return unknown

    def _copy_facts(
        self, state: _State, instruction: Instruction, stage: int, facts: dict, loose: dict, files: dict, asks: list
    ) -> str:
        def expanded(text: str) -> str:
            return self._expanded(text, state.values, instruction, state.base)

        words = json.loads(_json(instruction.rest) or "null") or split(instruction.rest, self._file.escape)
        *sources, target = [expanded(word) for word in words]
        whole = posixpath.normpath(posixpath.join(state.folder, target))
        ends_in_folder = target.endswith(("/", "/.")) or target in (".", "")
        flags = sorted(
            expanded(flag) for flag in instruction.flags if flag.partition("=")[0] not in ("--from", "--link")
        )
        facts["the destination"] = loose["the destination"] = whole + ("/" if ends_in_folder else "")
        facts["the options"] = loose["the options"] = json.dumps([instruction.word, flags, instruction.flag("link")])
        documents = iter(instruction.documents)  # in the order in which they are named, however they are spelled
        begin = instruction.flag("from")
        filters = instruction.flag("exclude") is not None or instruction.flag("parents") in ("", "true")
        unknown = ""
        for number, source in enumerate(sources, 1):
            label = f"the source {number}" if len(sources) > 1 else "the source"
            if source.startswith("<<"):
                document = next(documents)
                text = document.text if document.is_raw else self._expanded(
                    document.text, state.values, instruction, state.base, quotes=False
                )  # fmt: skip
                facts[label] = loose[label] = json.dumps([document.name, text])
            elif source.startswith(REMOTE) or (":" in source and source.endswith(".git")):
                facts[label], loose[label] = f"{MARK}{source} {id(self)}", source
                said = f"only the server knows whether {source} has changed"
                unknown = unknown or not_set(source) or said
            else:
                name = posixpath.normpath(source) if filters else posixpath.basename(posixpath.normpath("/" + source))
                facts[label] = loose[label] = name
                asks += [source] if begin is None else []
                said = self._content(label, source, begin, stage, facts, loose, files)
                if filters and not said:
                    loose.pop(f"{label}'s content", None)
                    said = "it leaves out files by patterns, which are not followed here"
                unknown = unknown or said
        return unknown

    def _content(
        self, label: str, source: str, begin: str | None, stage: int, facts: dict, loose: dict, files: dict
    ) -> str:
        """Add the content of what is copied or mounted; says what cannot be known."""
        if begin is None and MARK in source:
            # Which files these are, nobody knows here; but they are the same if nothing in the context has changed.
            facts[f"{label}'s content"] = json.dumps(sorted(self._inputs.files.items()))
            return not_set(source)
        if begin is None:
            found = self._inputs.found(source)
            if found is None:
                facts[f"{label}'s content"] = f"{MARK}nothing {id(self)}"
                return f"the build stops here: there is no {source} in the context"
            start = posixpath.normpath("/" + source).lstrip("/")
            files |= {posixpath.join(start, name) if name else start: what for name, what in found.items()}
            facts[f"{label}'s content"] = loose[f"{label}'s content"] = json.dumps(sorted(found.items()))
            return ""
        number = self._stage(begin, stage)
        if number is None:
            image = self._image(self._expanded(begin, self._global, self._file.stages[stage].begin), "")
            facts[f"{label}'s content"], loose[f"{label}'s content"] = image.strict + source, image.loose + source
            return not_set(begin) or f"it hangs on what is in {begin}"
        other = self._state_of(number)
        facts[f"{label}'s content"] = f"{other.key.strict} {source}"
        return f"it hangs on what {begin} puts out: if that is the same as before, this step is cached"


def _added(values: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """An environment with these variables, each of them moved to its end."""
    return {**{name: value for name, value in values.items() if name not in new}, **new}


def _json(text: str) -> str:
    """A list in JSON in one spelling; "" if the text is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    return json.dumps(found) if isinstance(found, list) and all(isinstance(word, str) for word in found) else ""
