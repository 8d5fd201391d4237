"""The `dockerlab timeline` command: when each step of a build ran, and what decided how long it took."""

import json

import click

from dockerlab.build import builder
from dockerlab.build.timeline import Schedule, compare, read_schedule, schedule
from dockerlab.engine import find
from dockerlab.errors import BuildCancelled, BuildFailed
from dockerlab.show.gantt import gantt


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="FILE [FILE] | --build ARGUMENTS…")
@click.option("--build", "builds", is_flag=True, help="Build as `docker build ARGUMENTS` does, then show that.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures for a script.")
def timeline(words: tuple[str, ...], builds: bool, as_json: bool) -> None:
    """Draw a build over time: stages side by side, cached steps, and the critical path; or compare two builds.

    FILE holds what a build has written to stderr:

        docker buildx build --progress=rawjson . 2> build.json

    The exit status is 1 if there is nothing to show, or if the build of --build has failed.
    """
    if builds:
        _build(list(words), as_json)
    elif 1 <= len(words) <= 2:
        _show([read_schedule(word) for word in words], as_json, words)
    else:
        raise click.UsageError("Name one file, or two to compare, or --build and what follows `docker build`.")


def _build(arguments: list[str], as_json: bool) -> None:
    """Build and show that; a build that stops is shown as far as it went before its error goes on."""
    from dockerlab.show.terminal import TerminalWatcher

    try:
        built = schedule(builder.build(arguments, engine=find(), watcher=TerminalWatcher()).trace)
    except (BuildFailed, BuildCancelled) as error:
        if error.trace and (stopped := schedule(error.trace)).bars:
            _show([stopped], as_json)
        raise
    _show([built], as_json)


def _show(found: list[Schedule], as_json: bool, names: tuple[str, ...] = ()) -> None:
    if not as_json:
        click.echo(str(gantt(*found, *([names] if len(found) > 1 else []))))
        return
    facts: dict = {"builds": [one.facts() for one in found]}
    if len(found) > 1:
        facts["changes"] = [
            {
                "place": change.bar.place,
                "instruction": change.bar.name,
                "first_seconds": round(change.before.seconds, 3) if change.before else None,
                "second_seconds": round(change.after.seconds, 3) if change.after else None,
            }
            for change in compare(*found)
        ]
    click.echo(json.dumps(facts, ensure_ascii=False))
