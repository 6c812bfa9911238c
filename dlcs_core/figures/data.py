"""The numbers behind a figure, for download."""

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np
import plotly.graph_objects as go

_COORDINATES = ("x", "y", "z")


def figure_csv(figure: go.Figure) -> str:
    """Return what a figure draws as a long table: trace, x, y (and z for a map).

    Parameters
    ----------
    figure : plotly Figure
        Any figure of this package.

    Returns
    -------
    str
        CSV with a header line. Text cells that a spreadsheet would read as a formula are
        prefixed with an apostrophe.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("trace", *_COORDINATES))
    for trace in figure.data:
        for row in _rows(trace):
            writer.writerow([_cell(trace.name or ""), *(_cell(value) for value in row)])
    return stream.getvalue()


def _rows(trace: go.Scatter) -> Iterator[tuple[object, ...]]:
    """Yield the points of one trace."""
    x, y, z = (_values(trace, name) for name in _COORDINATES)
    if z:
        for place, line in zip(y, z, strict=True):
            yield from ((column, place, value) for column, value in zip(x, line, strict=True))
        return
    yield from ((a, b, None) for a, b in zip_longest(x, y))


def _values(trace: go.Scatter, name: str) -> list[Any]:
    """Return one coordinate of a trace as Python values."""
    found = getattr(trace, name, None)
    return [] if found is None else list(np.asarray(found).tolist())


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
