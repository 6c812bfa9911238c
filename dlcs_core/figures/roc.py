"""ROC curves, with the area and its interval in the legend."""

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from dlcs_core.figures.theme import FAINT, line_style, literal, new_figure
from dlcs_core.statistics.delong import AucEstimate
from dlcs_core.statistics.roc import RocCurve
from dlcs_core.translation import sentence


@dataclass(frozen=True)
class RocResult:
    """One score's curve and its area.

    Attributes
    ----------
    curve : RocCurve
        As computed by :func:`dlcs_core.statistics.roc.roc_curve`.
    auc : AucEstimate
        As computed by :func:`dlcs_core.statistics.delong.auc_estimate`.
    """

    curve: RocCurve
    auc: AucEstimate


def roc_figure(results: Mapping[str, RocResult], language: str = "en") -> go.Figure:
    """Draw sensitivity against 1 - specificity, one curve per score.

    Parameters
    ----------
    results : mapping of str to RocResult
        Display name of each score and its result, in the order of drawing.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        The chance line and one trace per score.
    """
    figure = new_figure(
        x_title="fig_one_minus_specificity", y_title="fig_sensitivity", language=language
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "dash": "dot"},
        name=sentence("fig_chance", language), hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    for index, (name, result) in enumerate(results.items()):
        figure.add_scatter(
            x=1 - result.curve.specificity,
            y=result.curve.sensitivity,
            mode="lines",
            line=line_style(index),
            name=f"{literal(name)}: {auc_text(result.auc)}",
            customdata=result.curve.threshold,
            hovertemplate=sentence("fig_roc_hover", language) + "<extra></extra>",
        )
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.01])
    figure.update_layout(
        legend={"orientation": "v", "x": 0.98, "xanchor": "right", "y": 0.02, "yanchor": "bottom"},
        height=380,
        margin={"t": 12},
    )
    return figure


def auc_text(auc: AucEstimate) -> str:
    """Return the area with its interval, e.g. ``0.82 (0.75-0.89)``."""
    if auc.ci95 is None:
        return f"{auc.auc:.2f}"
    return f"{auc.auc:.2f} ({auc.ci95[0]:.2f}–{auc.ci95[1]:.2f})"
