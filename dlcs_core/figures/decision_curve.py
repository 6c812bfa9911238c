"""Decision curves: net benefit against the threshold at which one would act."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from dlcs_core.figures.theme import INK, MUTED, line_style, literal, new_figure
from dlcs_core.statistics.decision_curve import DecisionCurve
from dlcs_core.translation import sentence

FLOOR = -0.05
"""Lower end of the axis: treat-all falls without bound and would flatten everything else."""


def decision_curve_figure(curves: Mapping[str, DecisionCurve], language: str = "en") -> go.Figure:
    """Draw the net benefit of each score between flagging everyone and flagging no one.

    Parameters
    ----------
    curves : mapping of str to DecisionCurve
        Display name of each score and its curve, all of the same patients.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        Two reference lines and one trace per score.
    """
    figure = new_figure(
        x_title="fig_threshold", y_title="fig_net_benefit", language=language, height=380
    )
    first = next(iter(curves.values()))
    references = (
        ("fig_treat_all", first.treat_all, {"color": MUTED, "dash": "dash", "width": 1.5}),
        ("fig_treat_none", np.zeros_like(first.threshold), {"color": INK, "width": 1}),
    )
    for code, benefit, line in references:
        figure.add_scatter(
            x=first.threshold, y=benefit, mode="lines", line=line,
            name=sentence(code, language), hoverinfo="skip",
        )  # fmt: skip
    for index, (name, curve) in enumerate(curves.items()):
        figure.add_scatter(
            x=curve.threshold, y=curve.net_benefit, mode="lines", line=line_style(index),
            name=literal(name),
            hovertemplate=sentence("fig_net_benefit_hover", language) + "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(range=[FLOOR, 1.1 * max(curve.prevalence for curve in curves.values())])
    return figure
