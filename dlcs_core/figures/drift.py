"""How far each variable has moved from the training cohort."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, MUTED, ORANGE, VERMILLION, literal, new_figure

MODERATE, LARGE = 0.1, 0.25
"""Customary limits of the population stability index (Siddiqi 2006)."""

ROW_PX = 22


def drift_figure(names: Sequence[str], psi: Sequence[float], language: str = "en") -> go.Figure:
    """Draw the population stability index of each variable, with its customary limits.

    Parameters
    ----------
    names : sequence of str
        Display names, from top to bottom.
    psi : sequence of float
        Not negative.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One trace of bars.
    """
    height = 90 + ROW_PX * len(names)
    figure = new_figure(x_title="fig_psi", y_title="", language=language, height=height)
    figure.add_bar(
        x=list(psi), y=[literal(name) for name in names], orientation="h", name="",
        marker={"color": [_color(value) for value in psi]}, showlegend=False,
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    for limit in (MODERATE, LARGE):
        figure.add_vline(x=limit, line={"color": MUTED, "dash": "dot", "width": 1})
    figure.update_xaxes(range=[0.0, max(1.3 * LARGE, 1.05 * max(psi, default=0.0))])
    return figure.update_yaxes(autorange="reversed", automargin=True)


def _color(psi: float) -> str:
    if psi < MODERATE:
        return BLUE
    return ORANGE if psi < LARGE else VERMILLION
