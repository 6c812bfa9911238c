"""How good a survival model is at each month: AUC(t) and Brier score."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from dlcs_core.figures.bench_marks import add_band
from dlcs_core.figures.theme import FAINT, MUTED, line_style, literal, new_figure
from dlcs_core.statistics.survival_brier import SurvivalBrier
from dlcs_core.statistics.time_dependent_auc import TimeDependentAuc
from dlcs_core.translation import sentence

FEW_MONTHS = 12
"""Up to so many months each has its own mark."""


def auc_over_time_figure(
    results: Mapping[str, TimeDependentAuc], language: str = "en"
) -> go.Figure:
    """Draw the time-dependent area under the ROC curve.

    Parameters
    ----------
    results : mapping of str to TimeDependentAuc
        Display name of each risk and its areas; months at which one is missing are left out.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        The chance line, and per risk a band and a curve.
    """
    figure = new_figure(x_title="fig_months", y_title="fig_auc_t", language=language, height=380)
    figure.add_hline(y=0.5, line={"color": FAINT, "dash": "dot"})
    for index, (name, found) in enumerate(results.items()):
        known = np.isfinite(found.auc)
        x = found.horizon_months[known]
        if np.isfinite(found.se[known]).any():
            add_band(figure, x, found.ci95_low[known], found.ci95_high[known],
                     index=index, name=name, language=language)  # fmt: skip
        figure.add_scatter(
            x=x, y=found.auc[known], mode="lines", line=line_style(index), name=literal(name),
            hovertemplate=sentence("fig_over_time_hover", language) + "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    return figure.update_yaxes(range=[0.3, 1.01])


def brier_over_time_figure(found: SurvivalBrier, language: str = "en") -> go.Figure:
    """Draw the Brier score of predicted survival beside that of the Kaplan-Meier curve.

    Parameters
    ----------
    found : SurvivalBrier
        At the months with predictions.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        Two traces with a point per month.
    """
    figure = new_figure(x_title="fig_months", y_title="fig_brier", language=language, height=380)
    lines = (
        ("fig_brier_null", found.null, {"color": MUTED, "dash": "dash", "width": 1.5}),
        ("fig_brier_model", found.brier, line_style(0)),
    )
    for code, values, line in lines:
        known = np.isfinite(values)
        mode = "lines+markers" if known.sum() <= FEW_MONTHS else "lines"
        figure.add_scatter(
            x=found.horizon_months[known], y=values[known], mode=mode, line=line,
            name=sentence(code, language),
            hovertemplate=sentence("fig_over_time_hover", language) + "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    return figure.update_yaxes(rangemode="tozero")
