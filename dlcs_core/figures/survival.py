"""One patient's predicted survival beside what the training cohort's risk groups lived through."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcs_core.figures.kaplan_meier import SurvivalSteps, add_curve
from dlcs_core.figures.theme import HIGH_RISK, INK, LOW_RISK, new_figure, translucent
from dlcs_core.translation import sentence

FloatArray = NDArray[np.float64]

GROUP_COLORS = {"low": LOW_RISK, "high": HIGH_RISK}
GROUP_DASHES = {"low": "dash", "high": "dot"}


@dataclass(frozen=True, eq=False)
class PredictedSurvival:
    """Survival probability of one patient over time.

    Attributes
    ----------
    time_months, survival, ci95_low, ci95_high : array of float64, shape (n_times,)
        The curve and its 95 % limits; probabilities in [0, 1].
    """

    time_months: FloatArray
    survival: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray


def survival_figure(
    predicted: PredictedSurvival,
    groups: Mapping[str, SurvivalSteps],
    horizons_months: tuple[float, ...] = (12, 24, 35),
    language: str = "en",
) -> go.Figure:
    """Draw the patient's curve with its interval and the two groups' Kaplan-Meier curves.

    Parameters
    ----------
    predicted : PredictedSurvival
        Of the fitted Cox model, with log-log limits.
    groups : mapping of str to curve
        ``"low"`` and ``"high"``: the training cohort.
    horizons_months : tuple of float
        Times that are marked on the patient's curve.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        Groups first, the patient's interval and curve on top.
    """
    figure = new_figure(x_title="fig_months", y_title="fig_survival", language=language)
    for group, curve in groups.items():
        add_curve(
            figure, sentence(f"fig_group_{group}", language), curve, GROUP_COLORS[group],
            GROUP_DASHES[group], language,
        )  # fmt: skip
    _add_patient(figure, predicted, language)
    _mark_horizons(figure, predicted, horizons_months)
    figure.update_xaxes(range=[0, float(predicted.time_months[-1]) * 1.02])
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def _add_patient(figure: go.Figure, predicted: PredictedSurvival, language: str) -> None:
    name = sentence("fig_this_patient", language)
    interval = sentence("fig_interval", language, name=name)
    for limit, fill in ((predicted.ci95_high, None), (predicted.ci95_low, "tonexty")):
        figure.add_scatter(
            x=predicted.time_months, y=limit, mode="lines", line={"width": 0, "shape": "hv"},
            fill=fill, fillcolor=translucent(INK, 0.14), name=interval, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=predicted.time_months, y=predicted.survival, mode="lines", name=name,
        line={"color": INK, "width": 3, "shape": "hv"},
        hovertemplate=sentence("fig_survival_hover", language) + f"<extra>{name}</extra>",
    )  # fmt: skip


def _mark_horizons(
    figure: go.Figure, predicted: PredictedSurvival, horizons_months: tuple[float, ...]
) -> None:
    """Write the survival at each horizon on the patient's curve."""
    index = np.searchsorted(predicted.time_months, horizons_months, side="right") - 1
    values = predicted.survival[index]
    figure.add_scatter(
        x=horizons_months, y=values, mode="markers+text", showlegend=False, hoverinfo="skip",
        text=[f"{value:.0%}" for value in values], textposition="top right",
        marker={"size": 8, "color": INK}, textfont={"color": INK, "size": 13}, name="",
    )  # fmt: skip
