"""Rates at each score's cutoff, as bars with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dlcs_core.figures.theme import INK, OKABE_ITO, literal, new_figure
from dlcs_core.translation import sentence


@dataclass(frozen=True)
class RateBar:
    """One bar.

    Attributes
    ----------
    value : float or None
        A share in [0, 1]; None of nobody, which draws no bar.
    ci95 : tuple of float or None
        Its interval.
    count, n : int
        Those that count, of all.
    """

    value: float | None
    ci95: tuple[float, float] | None
    count: int
    n: int


def operating_points_figure(
    bars: Mapping[str, Sequence[RateBar]], names: Sequence[str], language: str = "en"
) -> go.Figure:
    """Draw one group of bars per rate, one bar per score.

    Parameters
    ----------
    bars : mapping of str to sequence of RateBar
        Display name of each score, and its rates in the order of ``names``.
    names : sequence of str
        Display names of the rates.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One trace per score.
    """
    figure = new_figure(x_title="", y_title="fig_share", language=language, height=340)
    for index, (score, found) in enumerate(bars.items()):
        pairs = zip(names, found, strict=True)
        known = [(name, bar, bar.value) for name, bar in pairs if bar.value is not None]
        limits = [bar.ci95 or (value, value) for _, bar, value in known]
        values = [value for *_, value in known]
        figure.add_bar(
            x=[literal(name) for name, *_ in known], y=values, name=literal(score),
            marker={"color": OKABE_ITO[index % len(OKABE_ITO)]}, opacity=0.85,
            error_y={
                "array": [high - v for (_, high), v in zip(limits, values, strict=True)],
                "arrayminus": [v - low for (low, _), v in zip(limits, values, strict=True)],
                "color": INK, "thickness": 1, "width": 3,
            },
            customdata=[f"{bar.count}/{bar.n}" for _, bar, _ in known],
            hovertemplate=sentence("fig_rate_hover", language) + f"<extra>{literal(score)}</extra>",
        )  # fmt: skip
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure.update_layout(barmode="group", bargap=0.25)
