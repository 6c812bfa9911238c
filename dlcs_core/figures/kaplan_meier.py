"""Kaplan-Meier curves with their intervals and the numbers at risk under them."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcs_core.figures.theme import DASHES, INK, OKABE_ITO, literal, new_figure, translucent
from dlcs_core.statistics.kaplan_meier import KaplanMeierCurve
from dlcs_core.translation import sentence

FloatArray = NDArray[np.float64]


class SurvivalSteps(Protocol):
    """What is drawn of a curve: a fresh Kaplan-Meier estimate, or one stored in a bundle."""

    @property
    def time_months(self) -> FloatArray:
        """Distinct follow-up times, increasing."""

    @property
    def survival(self) -> FloatArray:
        """Share alive just after each time."""

    @property
    def n_censored(self) -> FloatArray:
        """Left observation at each time."""


ROW_HEIGHT_PX = 22
"""Height of one line of the table of numbers at risk."""

NAME_UNITS = 20
"""Narrow characters that a group's name may take beside its line; the legend has all of it."""


def kaplan_meier_figure(
    curves: Mapping[str, KaplanMeierCurve],
    language: str = "en",
    *,
    colors: Sequence[str] = OKABE_ITO,
    until_months: float | None = None,
    height: int = 420,
) -> go.Figure:
    """Draw one curve per group.

    Parameters
    ----------
    curves : mapping of str to KaplanMeierCurve
        Display name of each group and its curve, in the order of drawing.
    language : str
        Language of the words.
    colors : sequence of str
        One per group; repeated when there are more groups.
    until_months : float, optional
        End of the time axis; the last follow-up by default.
    height : int
        Height in pixels.

    Returns
    -------
    plotly Figure
        Per group an interval, a curve and its censoring marks; then the numbers at risk, and the
        deaths up to each of the same times.
    """
    figure = new_figure(x_title="fig_months", y_title="fig_survival", language=language,
                        height=height)  # fmt: skip
    last = until_months or max(float(curve.time_months[-1]) for curve in curves.values())
    for index, (name, curve) in enumerate(curves.items()):
        color = colors[index % len(colors)]
        _add_interval(figure, literal(name), curve, color, language)
        add_curve(figure, name, curve, color, DASHES[index % len(DASHES)], language)
    _add_numbers_at_risk(figure, curves, colors, last, language)
    figure.update_xaxes(range=[0, last * 1.01], rangemode="tozero")
    figure.update_layout(yaxis={"range": [0, 1.02], "tickformat": ".0%"})
    return figure


def add_curve(
    figure: go.Figure,
    name: str,
    curve: SurvivalSteps,
    color: str,
    dash: str,
    language: str,
) -> None:
    """Add one group: its steps and its censoring marks."""
    shown = literal(name)
    time, survival = starting_at_one(curve.time_months, curve.survival)
    figure.add_scatter(
        x=time, y=survival, mode="lines", name=shown, legendgroup=shown,
        line={"color": color, "dash": dash, "width": 2, "shape": "hv"},
        hovertemplate=sentence("fig_survival_hover", language) + f"<extra>{shown}</extra>",
    )  # fmt: skip
    censored = curve.n_censored > 0
    figure.add_scatter(
        x=curve.time_months[censored], y=curve.survival[censored], mode="markers",
        marker={"symbol": "line-ns-open", "size": 6, "color": color},
        name=sentence("fig_censored", language, name=shown), legendgroup=shown,
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def starting_at_one(time: FloatArray, survival: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a curve with the point (0, 1) in front of it."""
    return np.concatenate([[0.0], time]), np.concatenate([[1.0], survival])


def _add_interval(
    figure: go.Figure, shown: str, curve: KaplanMeierCurve, color: str, language: str
) -> None:
    """Add the interval as a filled step band; where it does not exist there is none."""
    known = np.isfinite(curve.ci95_low) & np.isfinite(curve.ci95_high)
    time = curve.time_months[known]
    edges = ((curve.ci95_high[known], None), (curve.ci95_low[known], "tonexty"))
    for limit, fill in edges:
        figure.add_scatter(
            x=time, y=limit, mode="lines", line={"width": 0, "shape": "hv"}, fill=fill,
            fillcolor=translucent(color, 0.12), showlegend=False, legendgroup=shown,
            name=sentence("fig_interval", language, name=shown), hoverinfo="skip",
        )  # fmt: skip


def _add_numbers_at_risk(
    figure: go.Figure,
    curves: Mapping[str, KaplanMeierCurve],
    colors: Sequence[str],
    last: float,
    language: str,
) -> None:
    """Add two tables under the time axis, one line per group, on a second y axis."""
    times = at_risk_times(last)
    n_lines = 2 * (len(curves) + 1)
    share = n_lines * ROW_HEIGHT_PX / figure.layout.height
    figure.update_layout(
        yaxis={"domain": [share + 0.14, 1]},
        yaxis2={"domain": [0, share], "range": [n_lines - 0.5, -0.5], "visible": False,
                "fixedrange": True},
        xaxis={"anchor": "y", "tickvals": times},
        margin={"b": 8, "l": _left_margin(curves)},
    )  # fmt: skip
    for part, (code, counted) in enumerate(COUNTS.items()):
        title, top = sentence(code, language), part * (len(curves) + 1)
        figure.add_annotation(
            text=title, x=0, xref="paper", xanchor="left", y=top, yref="y2", showarrow=False,
            font={"size": 12, "color": INK},
        )  # fmt: skip
        for index, (name, curve) in enumerate(curves.items()):
            figure.add_scatter(
                x=times, y=[top + 1 + index] * len(times), yaxis="y2", mode="text",
                text=[str(n) for n in counted(curve, times)],
                textfont={"color": colors[index % len(colors)], "size": 12},
                name=f"{title}: {literal(name)}", hoverinfo="skip",
                showlegend=False, cliponaxis=False,
            )  # fmt: skip
            figure.add_annotation(
                text=literal(shortened(name)), x=0, xref="paper", xanchor="right", xshift=-20,
                y=top + 1 + index, yref="y2", showarrow=False,
                font={"size": 12, "color": colors[index % len(colors)]},
            )  # fmt: skip


def _left_margin(names: Iterable[str]) -> int:
    """Return the pixels that the lines' names need left of the curves."""
    return max(56, 28 + 7 * max(text_units(shortened(name)) for name in names))


def shortened(name: str) -> str:
    """Return a group's name as it fits beside its line: at most ``NAME_UNITS`` wide."""
    if text_units(name) <= NAME_UNITS:
        return name
    ends = range(len(name), 0, -1)
    return name[: next(end for end in ends if text_units(name[:end]) < NAME_UNITS)] + "…"


def text_units(text: str) -> int:
    """Return a text's width in narrow characters; Chinese characters count as two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def at_risk_times(last: float) -> list[float]:
    """Return about six round times from 0 to the end of the axis."""
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120) if last / s <= 8 or s == 120)
    return [float(t) for t in range(0, int(last) + 1, step)]


def numbers_at_risk(curve: KaplanMeierCurve, times: Sequence[float]) -> list[int]:
    """Return how many were under observation just before each time."""
    index = np.searchsorted(curve.time_months, times, side="left")
    padded = np.append(curve.n_at_risk, 0.0)
    return [int(n) for n in padded[index]]


def cumulative_events(curve: KaplanMeierCurve, times: Sequence[float]) -> list[int]:
    """Return how many had died by each time."""
    index = np.searchsorted(curve.time_months, times, side="right")
    return [int(n) for n in np.r_[0.0, np.cumsum(curve.n_events)][index]]


COUNTS: Mapping[str, Callable[[KaplanMeierCurve, Sequence[float]], list[int]]] = {
    "fig_at_risk": numbers_at_risk,
    "fig_cumulative_events": cumulative_events,
}
"""Title of each table under the curves, and what it counts."""
