"""Rank correlations as a map."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcs_core.figures.theme import BLUE, VERMILLION, literal, new_figure
from dlcs_core.translation import sentence

ROW_PX = 26
MAX_TEXTS = 14
"""Columns up to which the number stands in each cell."""


def correlation_figure(
    names: Sequence[str],
    rho: NDArray[np.float64],
    n: NDArray[np.intp],
    language: str = "en",
) -> go.Figure:
    """Draw a matrix of correlations, its lower triangle.

    Parameters
    ----------
    names : sequence of str
        Display names of the columns.
    rho : array of float64, shape (n_columns, n_columns)
        In [-1, 1]; NaN is left blank.
    n : array of int, shape (n_columns, n_columns)
        Patients behind each.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One heat map.
    """
    size = len(names)
    figure = new_figure(x_title="", y_title="", language=language, height=190 + ROW_PX * size)
    shown = np.where(np.tri(size, k=-1, dtype=bool), rho, np.nan)[1:, :-1]
    cells = [[None if np.isnan(v) else round(float(v), 4) for v in line] for line in shown]
    texts = [["" if v is None else f"{v:.2f}" for v in line] for line in cells]
    labels = [literal(name) for name in names]
    figure.add_heatmap(
        z=cells, x=labels[:-1], y=labels[1:], zmin=-1, zmax=1, xgap=1, ygap=1,
        colorscale=[[0, BLUE], [0.5, "#ffffff"], [1, VERMILLION]], customdata=n[1:, :-1],
        text=texts if size <= MAX_TEXTS else None, texttemplate="%{text}",
        colorbar={"title": {"text": "ρ"}, "thickness": 12, "len": 0.8}, hoverongaps=False,
        name=sentence("fig_correlation", language),
        hovertemplate=sentence("fig_correlation_hover", language) + "<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, tickangle=-40, automargin=True)
    return figure.update_yaxes(autorange="reversed", showgrid=False, automargin=True)
