"""Forest plots: an estimate with its interval per line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, INK, MUTED, literal, new_figure

RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)

ROW_PX = 24
"""Height of a line."""


@dataclass(frozen=True)
class ForestRow:
    """One line of a forest plot.

    Attributes
    ----------
    label : str
        What it is about.
    estimate : float or None
        None for a heading, or where there is no estimate.
    ci95 : tuple of float or None
        Its interval.
    text : str
        What stands on the right.
    is_heading : bool
        True for the name of a variable above its levels.
    """

    label: str
    estimate: float | None = None
    ci95: tuple[float, float] | None = None
    text: str = ""
    is_heading: bool = False


def forest_figure(
    rows: Sequence[ForestRow],
    *,
    x_title: str,
    reference: float,
    language: str = "en",
    log_axis: bool = False,
) -> go.Figure:
    """Draw estimates and intervals from top to bottom.

    Parameters
    ----------
    rows : sequence of ForestRow
        From top to bottom.
    x_title : str
        Message code of the axis title.
    reference : float
        Where nothing is different; drawn as a line.
    language : str
        Language of the words.
    log_axis : bool
        True for ratios.

    Returns
    -------
    plotly Figure
        One trace of estimates; labels and texts as annotations.
    """
    height = 70 + ROW_PX * (len(rows) + 1)
    figure = new_figure(x_title=x_title, y_title="", language=language, height=height)
    known = [
        (y, row.estimate, row.ci95 or (row.estimate, row.estimate), row.label)
        for y, row in enumerate(rows)
        if row.estimate is not None and _is_drawable(row)
    ]
    figure.add_vline(x=reference, line={"color": MUTED, "dash": "dot", "width": 1})
    figure.add_scatter(
        x=[estimate for _, estimate, _, _ in known], y=[y for y, *_ in known], mode="markers",
        marker={"symbol": "square", "size": 9, "color": BLUE}, showlegend=False, name="",
        error_x={
            "array": [ci[1] - estimate for _, estimate, ci, _ in known],
            "arrayminus": [estimate - ci[0] for _, estimate, ci, _ in known],
            "color": BLUE, "thickness": 1.5, "width": 0,
        },
        customdata=[literal(label) for *_, label in known],
        hovertemplate="%{customdata}: %{x:.2f}<extra></extra>",
    )  # fmt: skip
    for y, row in enumerate(rows):
        _add_texts(figure, y, row)
    figure.update_yaxes(range=[len(rows) - 0.5, -0.7], visible=False)
    figure.update_xaxes(domain=[0.34, 0.74])
    if log_axis:
        figure.update_xaxes(type="log", tickvals=RATIO_TICKS)
    return figure.update_layout(margin={"l": 8, "r": 8, "t": 8})


def _is_drawable(row: ForestRow) -> bool:
    """Tell whether estimate and interval are finite; what is not stands as text only."""
    return all(math.isfinite(value) for value in (row.estimate or 0.0, *(row.ci95 or ())))


def _add_texts(figure: go.Figure, y: int, row: ForestRow) -> None:
    """Write a line's name on the left and its numbers on the right."""
    label = literal(row.label)
    label = f"<b>{label}</b>" if row.is_heading else f"   {label}"
    for x, anchor, text in ((0.0, "left", label), (1.0, "right", literal(row.text))):
        figure.add_annotation(
            x=x, xref="paper", xanchor=anchor, y=y, text=text, showarrow=False,
            font={"size": 12, "color": INK},
        )  # fmt: skip
