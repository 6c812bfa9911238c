"""One patient's predicted survival beside what the training cohort's risk groups lived through."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcs_core.figures.kaplan_meier import SurvivalSteps, add_curve
from dlcs_core.figures.theme import HIGH_RISK, INK, LOW_RISK, new_figure, translucent
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.translation import sentence

FloatArray = NDArray[np.float64]

GROUP_COLORS = {"low": LOW_RISK, "high": HIGH_RISK}
SHORT_MONTHS = 60
"""Up to such a follow-up there is a tick every six months, beyond it every two years."""

GROUP_DASHES = {"low": "dash", "high": "dot"}


def survival_figure(
    predicted: SurvivalEstimate,
    groups: Mapping[str, SurvivalSteps],
    language: str = "en",
    *,
    horizons_months: tuple[float, ...] = (12, 24, 35),
) -> go.Figure:
    """Draw the patient's curve with its interval and the two groups' Kaplan-Meier curves.

    Parameters
    ----------
    predicted : SurvivalEstimate
        Of the fitted Cox model, with log-log limits, at many times.
    groups : mapping of str to curve
        ``"low"`` and ``"high"``: the training cohort.
    language : str
        Language of the words.
    horizons_months : tuple of float
        Times that are marked on the patient's curve.

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
    last = predicted.times_months[-1]
    figure.update_xaxes(range=[0, last * 1.04], dtick=6 if last <= SHORT_MONTHS else 24)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def _add_patient(figure: go.Figure, predicted: SurvivalEstimate, language: str) -> None:
    name = sentence("fig_this_patient", language)
    interval = sentence("fig_interval", language, name=name)
    for limit, fill in ((predicted.ci95_high, None), (predicted.ci95_low, "tonexty")):
        figure.add_scatter(
            x=predicted.times_months, y=_known(limit), mode="lines", fill=fill,
            line={"width": 0, "shape": "hv"}, fillcolor=translucent(INK, 0.14), name=interval,
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=predicted.times_months, y=_known(predicted.survival), mode="lines", name=name,
        line={"color": INK, "width": 3, "shape": "hv"},
        hovertemplate=sentence("fig_survival_hover", language) + f"<extra>{name}</extra>",
    )  # fmt: skip


def _mark_horizons(
    figure: go.Figure, predicted: SurvivalEstimate, horizons_months: tuple[float, ...]
) -> None:
    """Write the survival at each horizon beside the patient's curve."""
    index = np.searchsorted(predicted.times_months, horizons_months, side="right") - 1
    values = _known(predicted.survival)[index]
    figure.add_scatter(
        x=horizons_months, y=values, mode="markers", showlegend=False, hoverinfo="skip",
        marker={"size": 8, "color": INK}, name="",
    )  # fmt: skip
    for month, value in zip(horizons_months, values, strict=True):
        if np.isnan(value):
            continue
        figure.add_annotation(
            x=month, y=value, text=f"<b>{value:.0%}</b>", showarrow=False, yshift=-20, xshift=-12,
            font={"size": 13, "color": INK}, bgcolor="rgba(255,255,255,0.85)",
        )  # fmt: skip


def _known(values: Sequence[float | None]) -> FloatArray:
    """Return values with NaN where nothing is known: a gap in the line."""
    return np.array([np.nan if value is None else value for value in values])
