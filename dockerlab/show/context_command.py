"""The `dockerlab context` command."""

import json
import os
import sys

import click

from dockerlab.build.xray import Sum, Xray, xray
from dockerlab.errors import visible
from dockerlab.show.options import BUILD_ARGUMENTS, JSON, Size
from dockerlab.show.xray import XrayView
from dockerlab.text import size_text


@click.command()
@click.argument("folder", default=".")
@click.option(
    "-f", "--file", type=click.Path(exists=True, dir_okay=False), help="The Dockerfile; default: FOLDER/Dockerfile."
)
@BUILD_ARGUMENTS
@click.option("--target", default="", help="The stage to build.")
@click.option(
    "--without", type=int, multiple=True, metavar="LINE", help="Pass over this line of the ignore file, from 1."
)
@JSON
@click.option("--most-bytes", type=Size(), metavar="SIZE", help="Fail if the context is larger: 10MB.")
@click.option("--no-secrets", is_flag=True, help="Fail if something in the context looks like a secret.")
def context(
    folder: str,
    file: str | None,
    arguments: tuple[tuple[str, str], ...],
    target: str,
    without: tuple[int, ...],
    as_json: bool,
    most_bytes: int | None,
    no_secrets: bool,
) -> None:
    """Say what a docker build of FOLDER would send, what stays behind, and which line of .dockerignore says so.

    Nothing is built, and no engine is needed. The exit status is 1 if --most-bytes or --no-secrets is not kept.
    """
    dockerfile = os.path.relpath(os.path.abspath(file), os.path.abspath(folder)) if file else "Dockerfile"
    try:
        picture = xray(folder, dockerfile, target=target, arguments=dict(arguments), without=without)
    except ValueError as error:  # the line
        raise click.BadParameter(f"{error}.", param_hint="--without") from None
    view = XrayView(picture)
    click.echo(json.dumps(view.as_json()) if as_json else visible(str(view)))
    broken = list(too_much(picture, most_bytes, no_secrets))
    for sentence in broken:
        click.echo(visible(sentence), err=True)
    sys.exit(1 if broken else 0)


def too_much(picture: Xray, most_bytes: int | None, no_secrets: bool) -> list[str]:
    """A sentence for each threshold that a picture does not keep."""
    said, size = [], Sum.of(picture.inside).size_bytes
    if most_bytes is not None and size > most_bytes:
        said.append(f"The build context is {size_text(size)}, more than {size_text(most_bytes)}.")
    if no_secrets and (found := [secret for secret in picture.secrets if not secret.file.is_out]):
        first, more = found[0].file.path, len(found) - 1
        what = f"{first} and {more} more {'file' if more == 1 else 'files'} look like secrets" if more else ""
        what = what or f"{first} looks like a secret"
        said.append(f"{what}, and no line of an ignore file leaves {'them' if more else 'it'} out.")
    return said
