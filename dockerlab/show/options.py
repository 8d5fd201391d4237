"""Options that several commands have."""

import click

from dockerlab.text import bytes_of


class Size(click.ParamType):
    """A size such as 10MB, in bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else bytes_of(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class Assigned(click.ParamType):
    """NAME=VALUE, as a pair; without a value, it is empty."""

    name = "assigned"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, _, text = str(value).partition("=")
        return name, text


JSON = click.option("--json", "as_json", is_flag=True, help="Print everything for a script, sizes in bytes.")
BUILD_ARGUMENTS = click.option(
    "--build-arg", "arguments", type=Assigned(), multiple=True, metavar="NAME=VALUE", help="As for docker build."
)
