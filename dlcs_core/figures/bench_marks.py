"""What the threshold bench adds to a curve: its band, its place, and points to click on."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from dlcs_core.figures.theme import INK, OKABE_ITO, literal, translucent
from dlcs_core.translation import sentence

MAX_TARGETS = 300
"""Invisible points per curve; a reader's hand is no finer."""

TARGET_PX = 6
"""Larger points tie with their neighbours, and plotly then takes another than the nearest."""


def add_band(
    figure: go.Figure,
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    index: int,
    name: str,
    language: str,
    group: str | None = None,
) -> None:
    """Add an interval band under the n-th curve of a figure.

    Parameters
    ----------
    figure : plotly Figure
        Changed in place.
    x, low, high : array of float
        Limits along the curve.
    index : int
        Which curve, for its colour.
    name : str
        Display name of the curve.
    language : str
        Language of the words.
    group : str, optional
        Legend group of the curve: a click on its legend hides the band too.
    """
    color = translucent(OKABE_ITO[index % len(OKABE_ITO)], 0.14)
    shown = sentence("fig_interval", language, name=literal(name))
    for limit, fill in ((high, None), (low, "tonexty")):
        figure.add_scatter(
            x=np.asarray(x), y=np.asarray(limit), mode="lines", line={"width": 0}, fill=fill,
            fillcolor=color, name=shown, showlegend=False, hoverinfo="skip", legendgroup=group,
        )  # fmt: skip


def add_targets(
    figure: go.Figure,
    x: ArrayLike,
    y: ArrayLike,
    threshold: ArrayLike,
    *,
    name: str,
    language: str,
) -> None:
    """Add invisible points that hold the threshold which a click on them chooses.

    Parameters
    ----------
    figure : plotly Figure
        Changed in place.
    x, y : array of float, shape (n_points,)
        The curve.
    threshold : array of float, shape (n_points,)
        Cutoff of each point; those that are not finite cannot be chosen.
    name : str
        Display name of the score.
    language : str
        Language of the words.
    """
    cutoffs = np.asarray(threshold, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(cutoffs))
    chosen = known[np.unique(np.linspace(0, known.size - 1, MAX_TARGETS).astype(np.intp))]
    quiet = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=np.asarray(x)[chosen], y=np.asarray(y)[chosen], customdata=cutoffs[chosen],
        mode="markers", marker={"size": TARGET_PX, "opacity": 0, "color": INK}, showlegend=False,
        name=sentence("fig_targets", language, name=literal(name)),
        selected=quiet, unselected=quiet,
        hovertemplate=sentence("fig_target_hover", language) + "<extra></extra>",
    )  # fmt: skip


def add_place(figure: go.Figure, x: float, y: float, *, name: str, language: str) -> None:
    """Add the place of the chosen threshold on a curve.

    Parameters
    ----------
    figure : plotly Figure
        Changed in place.
    x, y : float
        The place.
    name : str
        Display name of the score.
    language : str
        Language of the words.
    """
    figure.add_scatter(
        x=[x], y=[y], mode="markers", showlegend=False, hoverinfo="skip",
        name=sentence("fig_place", language, name=literal(name)),
        marker={"size": 13, "color": "white", "line": {"color": INK, "width": 3}},
    )  # fmt: skip


def add_vertical(figure: go.Figure, x: float) -> None:
    """Add a vertical line at the chosen threshold."""
    figure.add_vline(x=x, line={"color": INK, "width": 1, "dash": "dot"})


def clickable(figure: go.Figure) -> go.Figure:
    """Return the figure with clicks that choose a point, and dragging that still zooms.

    Lines do not answer the mouse: plotly takes the point of a line before a larger one that lies
    on it, and a click on a line chooses nothing.
    """
    lines = {"hoverinfo": "skip", "hovertemplate": None}
    figure.update_traces(lines, selector={"mode": "lines"})
    return figure.update_layout(clickmode="event+select", dragmode="zoom")


def selected_threshold(points: Sequence[object]) -> float | None:
    """Return the threshold of the point that was clicked; None where it has none.

    Parameters
    ----------
    points : sequence of mapping
        What the browser sent.
    """
    for point in points:
        data = point.get("customdata") if isinstance(point, dict) else None
        value = data[0] if isinstance(data, list) and data else data
        if isinstance(value, int | float) and np.isfinite(value):
            return float(value)
    return None
