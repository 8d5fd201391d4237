"""An image comes back from an archive that has no name for it, and leaves in one that has."""

import json
import re
import tarfile

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

IMAGE = "carry-over:restored"
BROUGHT, NAMED = "release.tar", "named.tar"
VERSION = "org.opencontainers.image.version"


def saved(my: Work, archive: str, look: str) -> tuple[list[str], dict]:
    """The names and the config of the image in an archive of `docker save`."""
    if not (my.folder / archive).is_file():
        raise NotYet(f"no file {archive}", look)
    try:
        with tarfile.open(my.folder / archive) as tar:
            manifest = json.load(tar.extractfile("manifest.json"))[0]
            return manifest.get("RepoTags") or [], json.load(tar.extractfile(manifest["Config"]))
    except (OSError, tarfile.TarError, KeyError, IndexError, ValueError):
        raise NotYet(f"{archive} is no archive of `docker save`", f"`tar -tf {archive}` lists what is in it.") from None


def the_image_is_back(my: Work) -> None:
    """There is an image `carry-over:restored`, the one of `release.tar`."""
    _, config = saved(my, BROUGHT, "`bash start.sh` brings it.")
    there = my.image(IMAGE)["RootFS"].get("Layers")
    look = f"`docker history {IMAGE}`, and what `docker load` printed."
    expect(there == config["rootfs"]["diff_ids"], found=f"{IMAGE} is another image", look=look)


@after(the_image_is_back)
def the_version_is_noted(my: Work) -> None:
    """`answer.txt` has the version that it says it is."""
    answers = re.findall(r"\d+\.\d+", my.file("answer.txt"))
    found = f"{len(answers) or 'no'} version{'s' * (len(answers) != 1)} in answer.txt"
    expect(len(answers) == 1, found=found, look="a container of it prints its version, two numbers with a dot.")
    version = (my.image(IMAGE)["Config"].get("Labels") or {}).get(VERSION)
    expect(answers[0] == version, found=f"{answers[0]} is another version", look=f"`docker run --rm {IMAGE}`.")


@after(the_image_is_back)
def the_next_archive_has_its_name(my: Work) -> None:
    """`named.tar` holds the same image, under its name `carry-over:restored`."""
    names, config = saved(my, NAMED, "`ls`: are you in the exercise's folder?")
    there = my.image(IMAGE)["RootFS"].get("Layers")
    expect(config["rootfs"]["diff_ids"] == there, found="another image in it", look="What did you save?")
    look = f"`tar -xOf {NAMED} manifest.json`: what is behind RepoTags?"
    expect(IMAGE in names, found=f"the name {names[0]}" if names else "an image without a name", look=look)


CHECKS = (the_image_is_back, the_version_is_noted, the_next_archive_has_its_name)
