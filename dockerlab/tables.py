"""Tables of results. pandas takes a second or two to load, so it is loaded when a first table is made, and a command
like `dockerlab check` is not held up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def table(rows: Iterable[Sequence | Mapping], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A DataFrame of these rows.

    Args:
        rows: of values in the order of the columns, or of names and values.
        columns: their names; default: those that the rows give.
    """
    import pandas as pd

    return pd.DataFrame(list(rows), columns=None if columns is None else list(columns))
