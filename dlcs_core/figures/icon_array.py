"""A hundred people, some of whom respond: a probability as a picture."""

import plotly.graph_objects as go

from dlcs_core.figures.theme import GOOD, POOR, TEMPLATE, literal
from dlcs_core.translation import sentence

PER_ROW = 20
N_ICONS = 100


def of_hundred(probability: float) -> int:
    """Return how many of 100 patients a probability stands for.

    Parameters
    ----------
    probability : float
        In [0, 1].

    Returns
    -------
    int
        The nearest whole number, halves upwards, so that words and picture always agree.

    Examples
    --------
    >>> of_hundred(0.335), of_hundred(0.0), of_hundred(1.0)
    (34, 0, 100)
    """
    return int(probability * N_ICONS + 0.5)


def of_hundred_text(probability: float) -> str:
    """Return the number of 100 patients as text; what is possible is never written as never.

    Examples
    --------
    >>> of_hundred_text(0.335), of_hundred_text(0.001), of_hundred_text(0.999)
    ('34', '<1', '>99')
    """
    return _text_of(of_hundred(probability), probability)


def both_of_hundred(probability: float) -> tuple[str, str]:
    """Return how many of 100 patients respond well and how many do not; they add up to 100.

    Examples
    --------
    >>> both_of_hundred(0.335), both_of_hundred(0.001)
    (('34', '66'), ('<1', '>99'))
    """
    good = of_hundred(probability)
    return _text_of(good, probability), _text_of(N_ICONS - good, 1 - probability)


def _text_of(number: int, probability: float) -> str:
    if number == 0 and probability > 0:
        return "<1"
    return ">99" if number == N_ICONS and probability < 1 else str(number)


RESPONSE_FRAMES = ("fig_respond_well", "fig_respond_not")
"""Message codes of the two groups of people, the good one first."""


def icon_array_figure(
    probability: float, language: str = "en", frames: tuple[str, str] = RESPONSE_FRAMES
) -> go.Figure:
    """Draw 100 people, the good responders first and filled.

    Parameters
    ----------
    probability : float
        Probability of good response, in [0, 1].
    language : str
        Language of the names.
    frames : tuple of str
        Message codes of the two groups, where the outcome is another one.

    Returns
    -------
    plotly Figure
        Two traces: those who respond well and those who do not.
    """
    good = of_hundred(probability)
    figure = go.Figure(layout={"template": TEMPLATE, "height": 132})
    groups = (
        (range(good), GOOD, frames[0]),
        (range(good, N_ICONS), POOR, frames[1]),
    )
    for (icons, color, name), count in zip(groups, both_of_hundred(probability), strict=True):
        figure.add_scatter(
            x=[icon % PER_ROW for icon in icons],
            y=[-(icon // PER_ROW) for icon in icons],
            mode="markers",
            marker={"symbol": "circle", "size": 12, "color": color, "line": {"width": 0}},
            name=literal(sentence(name, language, count=count)),
            hoverinfo="name",
        )
    figure.update_xaxes(visible=False, range=[-0.6, PER_ROW - 0.4], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-4.6, 0.6], fixedrange=True)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        legend={"bgcolor": "rgba(0,0,0,0)"},
        showlegend=True,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
