"""`dockerlab predict`: which steps of a build would run again, after an edit or one of the usual changes."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from dockerlab.build import Inputs, predict
from dockerlab.build.predict import Prediction
from dockerlab.build.rebuild import RebuildBench
from dockerlab.paths import copy_tree
from dockerlab.show.forecast import PredictionView

FOLDER = click.Path(exists=True, file_okay=False)


@click.command("predict")
@click.argument("before", type=FOLDER)
@click.argument("after", type=FOLDER, required=False)
@click.option("-f", "--file", default="Dockerfile", help="The Dockerfile in both folders.")
@click.option("--change", "changes", multiple=True, metavar="NAME", help="Instead of AFTER: one of the usual changes.")
@click.option("--build-arg", "arguments", multiple=True, metavar="NAME=VALUE", help="Given to the build to come.")
@click.option("--target", default="", help="The stage to build.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def predict_command(
    before: str,
    after: str | None,
    file: str,
    changes: tuple[str, ...],
    arguments: tuple[str, ...],
    target: str,
    as_json: bool,
) -> None:
    """Say, without building, which steps of a build run again after an edit, and why.

    BEFORE is a copy of the build context as it was built, AFTER the context as it is now. Without AFTER, it says what
    each of the usual changes would make run, such as an edit of the code; --change chooses among them.
    """
    if after is None:
        if arguments or target:
            raise click.UsageError("--build-arg and --target need AFTER.")
        said = _of_changes(Path(before), file, changes)
    elif changes:
        raise click.UsageError("AFTER and --change exclude each other.")
    else:
        given = dict(argument.partition("=")[::2] for argument in arguments)
        said = {"": predict(Inputs.read(before, file, target=target), Inputs.read(after, file, given, target))}
    if as_json:
        found = {name: [asdict(step) for step in prediction] for name, prediction in said.items()}
        click.echo(json.dumps(found.get("", found), indent=1))
        return
    for name, prediction in said.items():
        click.echo(f"{name}:" if name else "", nl=bool(name))
        click.echo(str(PredictionView(prediction)) + ("\n" if name else ""))


def _of_changes(folder: Path, file: str, chosen: tuple[str, ...]) -> dict[str, Prediction]:
    """What changes would make run; they are made in a copy of the folder."""
    with tempfile.TemporaryDirectory(prefix="dockerlab-predict-") as scratch:
        copy_tree(folder, Path(scratch, "context"))
        bench = RebuildBench(Path(scratch, "context"), [file], engine=None)
        possible = bench.changes(file)
        if unknown := [name for name in chosen if name not in possible]:
            raise click.BadParameter(f"{unknown[0]!r} is none of these: {', '.join(possible)}.", param_hint="--change")
        return {name: bench.plan(file, name) for name in chosen or possible}
