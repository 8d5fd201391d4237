"""A token and a large file that a later step deleted, found in the layers below."""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from dockerlab.exercise.check import NotYet, expect
from dockerlab.exercise.work import Work
from dockerlab.image.archive import Blob, read_saved
from dockerlab.image.reader import path_of

IMAGE = "which-layer:1"
TOKEN, LARGE = "srv/.token", "srv/preview.raw"
HIDDEN = {"srv/.wh..token", "srv/.wh.preview.raw"}  # how a layer notes that it deletes the two
STEPS = 5  # of start.sh, each with a layer
TOLERANCE = 0.02  # for who rounds
UNITS = {"": 1, "b": 1, "byte": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "kib": 2**10, "mib": 2**20}


@dataclass(frozen=True)
class Scene:
    """What start.sh has made, as the image's layers have it."""

    steps: tuple[str, ...]  # the instructions
    writer: int  # which of them wrote the token
    token: str
    large_bytes: int


scenes: dict[str, Scene] = {}  # by the image's ID, which stands for its content


# -- reading --------------------------------------------------------------------------------------------------


def the_scene(my: Work) -> Scene:
    image_id = my.image(IMAGE)["Id"]
    if image_id not in scenes:
        layers = read_saved(my.engine, {image_id: IMAGE}, files_of)[image_id].layers[-STEPS:]
        writers = [number for number, (*_, files) in enumerate(layers) if TOKEN in files]
        large = [files[LARGE][0] for *_, files in layers if LARGE in files]
        if len(writers) != 1 or len(large) != 1 or not layers[-1][2].keys() >= HIDDEN:
            raise NotYet(f"an image {IMAGE} that start.sh has not built", "`bash start.sh` builds it afresh.")
        token = layers[writers[0]][2][TOKEN][1]
        scenes[image_id] = Scene(tuple(plain(step) for _, step, _ in layers), writers[0], token, large[0])
    return scenes[image_id]


def files_of(blob: Blob) -> dict[str, tuple[int, str]]:
    """Of what the scene is about, the size by path, and of the token the content."""
    wanted = {TOKEN, LARGE, *HIDDEN}
    return {path_of(m): (m.size, text(m, archive)) for m, archive in blob.members() if path_of(m) in wanted}


def text(member: tarfile.TarInfo, archive: tarfile.TarFile) -> str:
    is_token = member.isfile() and path_of(member) == TOKEN
    return archive.extractfile(member).read().decode(errors="replace").strip() if is_token else ""


def answered(my: Work, key: str) -> str:
    """What the learner has written after a word."""
    found = re.search(rf"^\W*{key}\W*?:(.*)$", my.file("answer.txt"), re.IGNORECASE | re.MULTILINE)
    answer = found[1].strip().strip("`\"'").strip() if found else ""
    expect(answer, found=f"nothing after `{key}:` in answer.txt", look="`docker history --no-trunc which-layer:1`.")
    return answer


def plain(step: str) -> str:
    """An instruction without what only some commands print: the shell, the builder, dots at the end."""
    words = re.sub(r"/bin/sh -c|# buildkit|…|\.\.\.$|`", " ", step)
    return " ".join(words.lower().split())


def sizes(answer: str) -> Iterator[float]:
    """The bytes that an answer may mean. A comma may be a decimal point."""
    found = re.fullmatch(r"(?:about|ca\.?|~)?([\d.,]+)([a-z]*)", re.sub(r"[\s_']", "", answer.lower()))
    if found and found[2] in UNITS:
        for number in (found[1].replace(",", ""), found[1].replace(",", "."), re.sub("[.,]", "", found[1])):
            if re.fullmatch(r"\d+(\.\d+)?", number):
                yield float(number) * UNITS[found[2]]


# -- checks ---------------------------------------------------------------------------------------------------


def the_token(my: Work) -> None:
    """answer.txt gives the token that was in `/srv/.token`."""
    scene = the_scene(my)
    answer = answered(my, "token")
    look = "Read the file out of its layer, with `tar -xOf`. Has `start.sh` run again since you looked?"
    expect(answer == scene.token, found=f"{answer}, which is not what the file held", look=look)


def the_instruction(my: Work) -> None:
    """answer.txt names the instruction that put it into the image."""
    scene = the_scene(my)
    answer = plain(answered(my, "instruction"))
    meant = [number for number, step in enumerate(scene.steps) if answer and answer in step]
    look = f"`docker history --no-trunc {IMAGE}` has all of it, one line for each step."
    expect(meant, found=f"{answer}, which is no step of this image", look=look)
    expect(len(meant) == 1, found=f"{answer}, which could be any of {len(meant)} steps", look=look)
    look = "`tar -tf` lists what is in a layer. Is the file itself there?"
    expect(meant == [scene.writer], found=f"{answer}; the token is not in that step's layer", look=look)


def the_cost(my: Work) -> None:
    """answer.txt says how many bytes the deleted `/srv/preview.raw` still takes up."""
    scene = the_scene(my)
    answer = answered(my, "bytes")
    good = any(abs(size - scene.large_bytes) <= TOLERANCE * scene.large_bytes for size in sizes(answer))
    look = "Its own size, in the layer that it was written to: `tar -tvf` shows sizes."
    expect(good, found=f"{answer}, which is not its size", look=look)


CHECKS = (the_token, the_instruction, the_cost)
