"""Calibration of predicted survival at chosen months: smooth curves and groups of patients."""

from collections.abc import Mapping

import plotly.graph_objects as go

from dlcs_core.figures.theme import FAINT, OKABE_ITO, line_style, new_figure, translucent
from dlcs_core.statistics.survival_calibration import SurvivalCalibration
from dlcs_core.translation import sentence


def survival_calibration_figure(
    results: Mapping[float, SurvivalCalibration], language: str = "en"
) -> go.Figure:
    """Draw predicted against observed survival.

    Parameters
    ----------
    results : mapping of float to SurvivalCalibration
        By month.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        The diagonal, then per month a smooth curve and its groups with 95 % intervals.
    """
    figure = new_figure(x_title="fig_predicted_survival", y_title="fig_observed_survival",
                        language=language, height=440)  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "dash": "dot"},
        name=sentence("fig_ideal", language), hoverinfo="skip",
    )  # fmt: skip
    for index, (month, found) in enumerate(results.items()):
        _add_month(figure, index, month, found, language)
    figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
    return figure.update_yaxes(range=[-0.01, 1.01], tickformat=".0%")


def _add_month(
    figure: go.Figure, index: int, month: float, found: SurvivalCalibration, language: str
) -> None:
    name = sentence("fig_survival_at", language, months=f"{month:g}")
    figure.add_scatter(
        x=1.0 - found.predicted[::-1], y=1.0 - found.observed[::-1], mode="lines", name=name,
        line=line_style(index), legendgroup=name,
        hovertemplate=sentence("fig_calibration_hover", language) + f"<extra>{name}</extra>",
    )  # fmt: skip
    groups, color = found.groups, OKABE_ITO[index % len(OKABE_ITO)]
    figure.add_scatter(
        x=groups.predicted_survival, y=groups.survival, mode="markers", showlegend=False,
        name=sentence("fig_fifths", language, name=name), legendgroup=name,
        marker={"size": 7, "color": color}, customdata=groups.n,
        error_y={
            "array": groups.ci95_high - groups.survival,
            "arrayminus": groups.survival - groups.ci95_low,
            "color": translucent(color, 0.4), "thickness": 1, "width": 0,
        },
        hovertemplate=sentence("fig_group_hover", language) + f"<extra>{name}</extra>",
    )  # fmt: skip
