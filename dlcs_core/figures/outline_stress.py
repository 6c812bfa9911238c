"""Probabilities of one case under redrawn outlines, by the size of the outline."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, INK, MUTED, VERMILLION, new_figure, translucent
from dlcs_core.translation import sentence


def outline_stress_figure(
    area_ratios: Sequence[float],
    probabilities: Sequence[float | None],
    original: float,
    cutoff: float | None,
    language: str = "en",
) -> go.Figure:
    """Draw each outline's probability against its area, with the original and the cutoff.

    Parameters
    ----------
    area_ratios : sequence of float
        Area of each redrawn outline against the original's.
    probabilities : sequence of float or None
        Of good response; None where the outline abstains, which leaves a gap.
    original : float
        With the outline as drawn.
    cutoff : float or None
        From which a patient counts as a good responder.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        Redrawn outlines and the original; the band spans lowest to highest.
    """
    figure = new_figure(
        x_title="stress_area", y_title="fig_probability_good_response", language=language,
        height=280,
    )  # fmt: skip
    known = [p for p in probabilities if p is not None]
    lowest, highest = min([*known, original]), max([*known, original])
    figure.add_hrect(y0=lowest, y1=highest, fillcolor=translucent(BLUE, 0.1), line_width=0)
    figure.add_scatter(
        x=[100 * ratio for ratio in area_ratios], y=list(probabilities), mode="markers",
        marker={"color": BLUE, "size": 9}, name=sentence("stress_redrawn", language),
        hovertemplate="%{x:.0f}% · %{y:.1%}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[100], y=[original], mode="markers", name=sentence("stress_as_drawn", language),
        marker={"color": VERMILLION, "size": 13, "symbol": "diamond", "line": {"color": INK}},
        hovertemplate="%{y:.1%}<extra></extra>",
    )  # fmt: skip
    if cutoff is not None:
        figure.add_hline(
            y=cutoff, line={"color": MUTED, "dash": "dash", "width": 1},
            annotation={"text": sentence("stress_cutoff", language), "font": {"color": MUTED}},
        )  # fmt: skip
    top = max(highest, cutoff or 0.0)
    figure.update_yaxes(range=[0, min(1.0, 1.15 * top + 0.05)], tickformat=".0%")
    figure.update_xaxes(ticksuffix="%")
    return figure
