"""Calibration: how often those with a given prediction did respond."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dlcs_core.figures.bench_marks import add_band
from dlcs_core.figures.theme import (
    FAINT,
    OKABE_ITO,
    line_style,
    literal,
    new_figure,
    translucent,
)
from dlcs_core.statistics.calibration import GroupedCalibration
from dlcs_core.statistics.calibration_curve import CalibrationCurve
from dlcs_core.translation import sentence


@dataclass(frozen=True, eq=False)
class CalibrationResult:
    """One score's calibration.

    Attributes
    ----------
    curve : CalibrationCurve
        Smooth, with its pointwise band.
    groups : GroupedCalibration
        Tenths of the patients, with intervals.
    """

    curve: CalibrationCurve
    groups: GroupedCalibration


def calibration_figure(results: Mapping[str, CalibrationResult], language: str = "en") -> go.Figure:
    """Draw the smooth curve and the tenths of each score against the diagonal.

    Parameters
    ----------
    results : mapping of str to CalibrationResult
        Display name of each score and its result.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        The diagonal, then per score a band, a curve and its groups with 95 % intervals.
    """
    figure = new_figure(x_title="fig_predicted", y_title="fig_observed", language=language,
                        height=380)  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "dash": "dot"},
        name=sentence("fig_ideal", language), hoverinfo="skip",
    )  # fmt: skip
    for index, (name, result) in enumerate(results.items()):
        _add_curve(figure, index, literal(name), result, language)
    figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(range=[-0.01, 1.01], tickformat=".0%")
    return figure


def _add_curve(
    figure: go.Figure, index: int, shown: str, result: CalibrationResult, language: str
) -> None:
    curve, groups = result.curve, result.groups
    known = np.isfinite(curve.ci95_low) & np.isfinite(curve.ci95_high)
    add_band(
        figure, curve.predicted[known], curve.ci95_low[known], curve.ci95_high[known],
        index=index, name=shown, language=language, group=shown,
    )  # fmt: skip
    figure.add_scatter(
        x=curve.predicted, y=curve.observed, mode="lines", line=line_style(index), name=shown,
        legendgroup=shown,
        hovertemplate=sentence("fig_calibration_hover", language) + f"<extra>{shown}</extra>",
    )  # fmt: skip
    color = OKABE_ITO[index % len(OKABE_ITO)]
    figure.add_scatter(
        x=groups.predicted, y=groups.observed, mode="markers", showlegend=False,
        name=sentence("fig_groups", language, name=shown), legendgroup=shown,
        marker={"size": 6, "color": color}, customdata=groups.n,
        error_y={
            "array": groups.ci95_high - groups.observed,
            "arrayminus": groups.observed - groups.ci95_low,
            "color": translucent(color, 0.35), "thickness": 1, "width": 0,
        },
        hovertemplate=sentence("fig_group_hover", language) + f"<extra>{shown}</extra>",
    )  # fmt: skip
