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
from dockerlab.show.options import BUILD_ARGUMENTS, JSON

FOLDER = click.Path(exists=True, file_okay=False)


@click.command("predict")
@click.argument("before", type=FOLDER)
@click.argument("after", type=FOLDER, required=False)
@click.option("-f", "--file", default="Dockerfile", help="The Dockerfile in both folders.")
@click.option("--change", "changes", multiple=True, metavar="NAME", help="Instead of AFTER: one of the usual changes.")
@BUILD_ARGUMENTS
@click.option("--target", default="", help="The stage to build.")
@JSON
def predict_command(
    before: str,
    after: str | None,
    file: str,
    changes: tuple[str, ...],
    arguments: tuple[tuple[str, str], ...],
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
        found = {name: [asdict(step) for step in prediction] for name, prediction in said.items()}
        text = "\n\n".join(f"{name}:\n{PredictionView(prediction)}" for name, prediction in said.items())
    elif changes:
        raise click.UsageError("AFTER and --change exclude each other.")
    else:
        now = Inputs.read(after, file, dict(arguments), target)
        prediction = predict(Inputs.read(before, file, target=target), now)
        found, text = [asdict(step) for step in prediction], str(PredictionView(prediction))
    click.echo(json.dumps(found, indent=1) if as_json else text)


def _of_changes(folder: Path, file: str, chosen: tuple[str, ...]) -> dict[str, Prediction]:
    """What changes would make run; they are made in a copy of the folder."""
    with tempfile.TemporaryDirectory(prefix="dockerlab-predict-") as scratch:
        copy_tree(folder, Path(scratch, "context"))
        bench = RebuildBench(Path(scratch, "context"), [file], engine=None)
        possible = bench.changes(file)
        if unknown := [name for name in chosen if name not in possible]:
            raise click.BadParameter(f"{unknown[0]!r} is none of these: {', '.join(possible)}.", param_hint="--change")
        return {name: bench.plan(file, name) for name in chosen or possible}
