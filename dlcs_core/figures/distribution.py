"""How one variable is distributed in groups of patients."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcs_core.figures.theme import OKABE_ITO, literal, new_figure

COLORS = OKABE_ITO
N_BINS = 24


def histogram_figure(
    values: Mapping[str, NDArray[np.float64]], axis_title: str, language: str = "en"
) -> go.Figure:
    """Draw the shares of a continuous variable's intervals, group beside group.

    Parameters
    ----------
    values : mapping of str to array
        Display name of each group and its finite values.
    axis_title : str
        Variable and unit.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One bar trace per group on common bins.
    """
    figure = new_figure(x_title="", y_title="fig_share", language=language)
    pooled = np.concatenate(list(values.values()))
    edges = np.histogram_bin_edges(pooled, bins=N_BINS)
    for (name, found), color in zip(values.items(), cycle(COLORS), strict=False):
        counts, _ = np.histogram(found, bins=edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2, y=counts / max(len(found), 1), name=literal(name),
            marker={"color": color}, opacity=0.75,
        )  # fmt: skip
    figure.update_layout(bargap=0.05)
    figure.update_xaxes(title_text=literal(axis_title))
    figure.update_yaxes(tickformat=".0%")
    return figure


def levels_figure(
    shares: Mapping[str, Sequence[float]], levels: Sequence[str], language: str = "en"
) -> go.Figure:
    """Draw the share of each level of a categorical variable, group beside group.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        Display name of each group and its share per level.
    levels : sequence of str
        Display names of the levels.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One bar trace per group.
    """
    figure = new_figure(x_title="", y_title="fig_share", language=language)
    for (name, found), color in zip(shares.items(), cycle(COLORS), strict=False):
        figure.add_bar(
            x=[literal(level) for level in levels], y=list(found), name=literal(name),
            marker={"color": color}, opacity=0.85,
        )  # fmt: skip
    figure.update_yaxes(tickformat=".0%")
    return figure
