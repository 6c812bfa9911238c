"""Whether a hazard ratio holds over time: residuals of each death and their trend."""

import numpy as np
import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, INK, MUTED, new_figure, translucent
from dlcs_core.statistics.schoenfeld_residuals import ResidualTrend, SchoenfeldResiduals
from dlcs_core.translation import sentence

MAX_DOTS = 2000
"""Deaths that are drawn as dots; of more, evenly many over time."""


def schoenfeld_figure(
    found: SchoenfeldResiduals, name: str, trend: ResidualTrend | None, language: str = "en"
) -> go.Figure:
    """Draw one coefficient over time.

    Parameters
    ----------
    found : SchoenfeldResiduals
        Of the regression.
    name : str
        One of its columns.
    trend : ResidualTrend or None
        Its smooth curve; None where the deaths are too few.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        A dot per death, the constant coefficient as a line, the trend with its band.
    """
    column = found.names.index(name)
    figure = new_figure(x_title="fig_months", y_title="fig_coefficient_over_time",
                        language=language, height=340)  # fmt: skip
    step = -(-found.time_months.size // MAX_DOTS)
    y = found.scaled[::step, column]
    figure.add_scatter(
        x=found.time_months[::step], y=y, mode="markers", name=sentence("fig_deaths", language),
        marker={"size": 4, "color": translucent(MUTED, 0.5)}, hoverinfo="skip",
    )  # fmt: skip
    if trend is not None:
        _add_trend(figure, trend, language)
    beta = float(found.coefficients[column])
    figure.add_scatter(
        x=[0.0, float(found.time_months[-1])], y=[beta, beta], mode="lines",
        name=sentence("fig_constant_coefficient", language), hoverinfo="skip",
        line={"color": INK, "dash": "dash", "width": 1.5},
    )  # fmt: skip
    low, high = np.quantile(y, [0.01, 0.99])
    figure.update_yaxes(range=[float(low) - 0.1 * float(high - low or 1.0),
                               float(high) + 0.1 * float(high - low or 1.0)])  # fmt: skip
    return figure.update_xaxes(rangemode="tozero")


def _add_trend(figure: go.Figure, trend: ResidualTrend, language: str) -> None:
    name = sentence("fig_trend", language)
    for limit, fill in ((trend.ci95_high, None), (trend.ci95_low, "tonexty")):
        figure.add_scatter(
            x=trend.time_months, y=limit, mode="lines", line={"width": 0}, fill=fill,
            fillcolor=translucent(BLUE, 0.15), showlegend=False, hoverinfo="skip",
            name=sentence("fig_interval", language, name=name),
        )  # fmt: skip
    figure.add_scatter(
        x=trend.time_months, y=trend.coefficient, mode="lines", name=name,
        line={"color": BLUE, "width": 2},
        hovertemplate="%{x:.1f}: %{y:.2f}<extra></extra>",
    )  # fmt: skip
