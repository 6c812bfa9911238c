"""Unnecessary flags that a score avoids, against flagging everyone."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from dlcs_core.figures.theme import line_style, literal, new_figure
from dlcs_core.statistics.decision_curve import DecisionCurve
from dlcs_core.translation import sentence

FLOOR = -20.0
"""Lower end of the axis, per 100 patients."""


def flags_avoided_figure(curves: Mapping[str, DecisionCurve], language: str = "en") -> go.Figure:
    """Draw the net number of unnecessary flags avoided per 100 patients.

    Parameters
    ----------
    curves : mapping of str to DecisionCurve
        Display name of each score and its curve.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One trace per score; thresholds at which it is not defined are left out.
    """
    figure = new_figure(
        x_title="fig_threshold", y_title="fig_flags_avoided", language=language, height=380
    )
    for index, (name, curve) in enumerate(curves.items()):
        known = np.isfinite(curve.net_interventions_avoided)
        figure.add_scatter(
            x=curve.threshold[known], y=100 * curve.net_interventions_avoided[known],
            mode="lines", line=line_style(index), name=literal(name),
            hovertemplate=sentence("fig_flags_avoided_hover", language) + "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    return figure.update_yaxes(range=[FLOOR, 101])
