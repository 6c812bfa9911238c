"""A score in groups of patients: as violins, and patient by patient."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dlcs_core.figures.theme import (
    BLUE,
    INK,
    ORANGE,
    SKY,
    TEMPLATE,
    VERMILLION,
    literal,
    new_figure,
    translucent,
)
from dlcs_core.translation import sentence

FloatArray = NDArray[np.float64]

MAX_DOTS = 400
"""Dots per violin; more of them hide the shape, and as many quantiles keep it."""

MAX_BARS = 1_500
"""Bars of a waterfall: one per pixel of its width."""

TRG_COLORS = (BLUE, SKY, ORANGE, VERMILLION)
"""Tumour regression grades 0 to 3, good responders in blue."""


def violin_figure(
    groups: Mapping[str, Mapping[str, FloatArray]], titles: Sequence[str], language: str = "en"
) -> go.Figure:
    """Draw each score in each group as a violin with quartiles.

    Parameters
    ----------
    groups : mapping of str to mapping of str to array of float64
        Display name of each score, then of each group, and the scores.
    titles : sequence of str
        What stands above each score, e.g. its test.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One panel per score, one trace per group.
    """
    panels = make_subplots(cols=len(groups), subplot_titles=[literal(text) for text in titles])
    figure = go.Figure(panels).update_layout(template=TEMPLATE, height=380, margin={"t": 40})
    for column, by_group in enumerate(groups.values(), 1):
        for (name, values), color in zip(by_group.items(), (BLUE, VERMILLION), strict=False):
            figure.add_trace(_violin(name, values, color, first=column == 1), row=1, col=column)
    figure.update_annotations(font={"size": 12, "color": INK})
    figure.update_yaxes(title_text=sentence("fig_score", language), col=1)
    return figure.update_layout(violingap=0.25, showlegend=False)


def _violin(name: str, values: FloatArray, color: str, *, first: bool) -> go.Violin:
    """Return one violin; of many values the quantiles stand for them, which keeps the shape."""
    ordered = np.sort(values)
    kept = ordered
    if ordered.size > MAX_DOTS:
        kept = ordered[np.linspace(0, ordered.size - 1, MAX_DOTS + 1).round().astype(np.intp)]
    return go.Violin(
        y=kept, name=literal(name), legendgroup=name, showlegend=first, spanmode="hard",
        box={"visible": True, "width": 0.18}, line={"color": color, "width": 1.5},
        fillcolor=translucent(color, 0.2), points="all" if kept.size <= MAX_DOTS else False,
        marker={"size": 3, "color": translucent(color, 0.5)}, pointpos=0, jitter=0.5,
    )  # fmt: skip


def waterfall_figure(
    value: FloatArray, group: NDArray[np.intp], names: Sequence[str], language: str = "en"
) -> go.Figure:
    """Draw one bar per patient, from the lowest to the highest score, coloured by group.

    Parameters
    ----------
    value : array of float64, shape (n_patients,)
        Distance of the score from the cutoff, ascending.
    group : array of int, shape (n_patients,)
        Index into ``names``; negative where unknown.
    names : sequence of str
        Display names of the groups.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One bar trace per group. Of more patients than the figure has pixels every n-th is drawn.
    """
    figure = new_figure(x_title="fig_patients", y_title="fig_distance", language=language,
                        height=340)  # fmt: skip
    shown = np.unique(np.linspace(0, value.size - 1, MAX_BARS).astype(np.intp))
    for code, name in enumerate(names):
        rows = shown[group[shown] == code]
        figure.add_bar(
            x=rows + 1, y=value[rows], name=literal(name),
            marker={"color": TRG_COLORS[code % len(TRG_COLORS)], "line": {"width": 0}},
            hovertemplate="%{y:.3f}<extra>" + literal(name) + "</extra>",
        )  # fmt: skip
    return figure.update_layout(bargap=0, barmode="overlay")
