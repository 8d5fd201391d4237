"""Names in an engine that is not one session's alone.

Chapters call their containers and images what a learner would type: news, news-api. Whoever makes such a name first
has it. If the reader has something of that name already, or another session that runs meanwhile, it gets an ending in
this one, `news-session2`, wherever it is typed.
"""

import re
from collections.abc import Callable, Sequence

from dockerlab.engine import sessions
from dockerlab.run.command import BUILDERS, CREATORS, EXECUTORS, RUNNERS, starts_with
from dockerlab.run.compose import is_compose
from dockerlab.run.shell import Option, read_options

KINDS = ("container", "image", "network", "volume")
PROJECT = "project"  # of Compose; what it makes has names that begin with it, and `run.compose` leads those
COPIERS = (("cp",), ("container", "cp"))
JOINERS = (("network", "connect"),)
# Commands whose last word is a new name, by its kind.
NAMERS = {
    "container": (("rename",), ("container", "rename")),
    "image": (("tag",), ("image", "tag"), ("commit",), ("container", "commit")),
    "network": (("network", "create"),),
    "volume": (("volume", "create"),),
}
# The kinds of names that a command's words may be; in all others, containers and images.
FAMILIES = {
    ("image",): (("image",), ("images",), ("rmi",), ("history",), ("save",), ("push",), ("pull",), ("tag",)),
    ("network", "container"): (("network",),),
    ("volume",): (("volume",),),
}
# Options of `docker run` and `create` whose values hold names.
NAMING = {
    "--name": ("container",), "--link": ("container",), "--volumes-from": ("container",), "--pid": ("container",),
    "--ipc": ("container",), "--network": ("network", "container"), "--net": ("network", "container"),
    "-v": ("volume",), "--volume": ("volume",), "--mount": ("volume",),
}  # fmt: skip
SHARED = ("bridge", "default", "host", "none")  # networks in which containers have no names
MOST_SESSIONS = 1000


class Names:
    """What the names that are typed in one session are called in its engine.

    Args:
        tell: gets a sentence when a name is taken.
        claim: see `sessions.claim`.
    """

    def __init__(self, tell: Callable[[str], object], claim: Callable[[str], bool] = sessions.claim) -> None:
        self._tell, self._claim = tell, claim
        self._called: dict[str, dict[str, str]] = {kind: {} for kind in (*KINDS, PROJECT)}
        self._tags: set[str] = set()  # the images that were typed, with their tags

    def name(self, text: str) -> str:
        """A name as it is in the engine: of a container, or of an image with or without its tag."""
        return self._put(text, ("container", "image"))

    def have(self, kind: str, name: str) -> str:
        """The name of something that is about to be made, a project included; from now on the session has it."""
        self._have(kind, name)
        return self._called[kind].get(name, name) if kind == PROJECT else self._put(name, (kind,))

    def lead(self, kind: str, name: str, called: str) -> None:
        """From now on `name` is called so; nobody is asked whether it is free."""
        self._called[kind][name] = called

    def text(self, line: str) -> str:
        """A line for the shell with the names as they are in the engine, whatever stands around them."""
        for name, called in self._called[PROJECT].items():
            if called != name:  # Compose would take the folder's name, and so another session's project
                line = re.sub(r"\bdocker compose(?= )", f"docker compose -p {called}", line)
        return self._put(line, KINDS)

    def words(self, arguments: Sequence[str]) -> list[str]:
        """A docker command with the names as they are in the engine. The names that it makes become the session's.

        What a program in a container is given stays as it is, and so do paths.
        """
        words = [str(word) for word in arguments]
        if is_compose(words):  # it names services, and its project has been given this session's names
            return words
        if place := starts_with(words, (*RUNNERS, *CREATORS)):
            return self._run(words, place)
        if place := starts_with(words, BUILDERS):
            return self._build(words, place)
        if place := starts_with(words, EXECUTORS):
            _, place = read_options(words, place)
            return [*words[:place], *(self._put(word, ("container",)) for word in words[place : place + 1]),
                    *words[place + 1 :]]  # fmt: skip
        if starts_with(words, COPIERS):  # a word without a colon is a path of this machine
            return [re.sub(r"^[^/:]+(?=:)", lambda name: self.name(name[0]), word) for word in words]
        if starts_with(words, JOINERS) and self._put(words[-1], ("container",)) != words[-1]:
            words.insert(len(JOINERS[0]), f"--alias={words[-1]}")  # there, it is found under the name that was typed
            return [*words[:3], *(self._put(word, ("network", "container")) for word in words[3:])]
        for kind, makers in NAMERS.items():
            if starts_with(words, makers):
                self._have(kind, words[-1])
        family = (kinds for kinds, commands in FAMILIES.items() if starts_with(words, commands))
        kinds = next(family, ("container", "image"))
        return [self._put(word, kinds) for word in words]

    def _run(self, words: list[str], place: int) -> list[str]:
        options, image = read_options(words, place)
        aliases: list[str] = []
        for option in options:
            if option.name == "--name" and option.value:
                self._have("container", option.value)
                aliases = self._alias(option.value, options)
            if option.value is not None:
                value = self._put(option.value, NAMING.get(option.name, ()))
                words[option.place] = option.before + value
        if image < len(words):
            words[image] = self._put(words[image], ("image",))
        return [*words[:place], *aliases, *words[place:]]

    def _alias(self, name: str, options: Sequence[Option]) -> list[str]:
        """Let a container with another name than was typed be found under that one in its own network."""
        networks = [option.value or "" for option in options if option.name in ("--network", "--net")]
        is_own = bool(networks) and networks[-1] not in SHARED and not networks[-1].startswith("container:")
        return [f"--network-alias={name}"] if is_own and self._put(name, ("container",)) != name else []

    def _build(self, words: list[str], place: int) -> list[str]:
        """Only the tags: whatever else is typed may be a path. A Dockerfile's names are led to the session's images."""
        for number in range(place, len(words)):
            before, tag = "", words[number]
            if words[number - 1] not in ("-t", "--tag"):
                before, tag = re.match(r"(--tag=|-t=?|)(.*)", tag, re.S).groups()
                if not before:
                    continue
            if tag:
                self._have("image", tag)
                words[number] = before + self._put(tag, ("image",))
        elsewhere = {tag: self._put(tag, ("image",)) for tag in sorted(self._tags)}
        leading = [
            f"--build-context={tag}=docker-image://{called}" for tag, called in elsewhere.items() if called != tag
        ]
        return [*words[:place], *leading, *words[place:]]

    def _have(self, kind: str, name: str) -> None:
        """Claim a name; if it is taken, the next one that is free."""
        if kind == "image":
            self._tags.add(name)
            name = repository(name)
        if not name or name in self._called[kind]:
            return
        endings = ("", *(f"-session{number}" for number in range(2, MOST_SESSIONS)))
        called = next(name + ending for ending in endings if self._claim(f"{kind} {name}{ending}"))
        self._called[kind][name] = called
        if called != name:
            self._tell(f"The {kind} {name} is taken, so here it is called {called}.")

    def _put(self, word: str, kinds: Sequence[str]) -> str:
        for kind in kinds:
            for name, called in self._called[kind].items():
                if called != name and name in word:
                    # Not within a longer name or a registry's path; after a colon comes an image's tag, or a folder.
                    after = r"[\w./:-]" if kind == "container" else r"[\w./-]"
                    word = re.sub(rf"(?<![\w./-]){re.escape(name)}(?!{after})", called, word)
        return word


def repository(image: str) -> str:
    """An image's name without its tag; "" for one of a registry that is named, which is that registry's alone."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return ""
    return image.partition("@")[0].partition(":")[0]
