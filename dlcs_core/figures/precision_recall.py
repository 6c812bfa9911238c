"""Precision-recall curves, with the average precision in the legend."""

from collections.abc import Mapping

import plotly.graph_objects as go

from dlcs_core.figures.theme import FAINT, line_style, literal, new_figure
from dlcs_core.statistics.precision_recall import PrecisionRecallCurve
from dlcs_core.translation import sentence


def precision_recall_figure(
    curves: Mapping[str, PrecisionRecallCurve], language: str = "en"
) -> go.Figure:
    """Draw precision against recall, one curve per score.

    Parameters
    ----------
    curves : mapping of str to PrecisionRecallCurve
        Display name of each score and its curve, in the order of drawing.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        The prevalence, which a score without any information reaches, and one trace per score.
    """
    figure = new_figure(x_title="fig_sensitivity", y_title="fig_ppv", language=language, height=380)
    prevalence = next(iter(curves.values())).prevalence
    figure.add_scatter(
        x=[0, 1], y=[prevalence, prevalence], mode="lines",
        line={"color": FAINT, "dash": "dot"}, name=sentence("fig_chance", language),
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    for index, (name, curve) in enumerate(curves.items()):
        figure.add_scatter(
            x=curve.recall, y=curve.precision, mode="lines", line=line_style(index),
            name=f"{literal(name)}: {curve.average_precision:.2f}", customdata=curve.threshold,
            hovertemplate=sentence("fig_target_hover", language) + "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.02])
    return figure.update_layout(
        legend={"orientation": "v", "x": 0.02, "xanchor": "left", "y": 0.02, "yanchor": "bottom"},
        margin={"t": 12},
    )
