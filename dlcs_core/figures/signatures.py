"""What each signature says about one patient, on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dlcs_core.figures.icon_array import of_hundred_text
from dlcs_core.figures.theme import BLUE, FAINT, INK, MUTED, literal, new_figure
from dlcs_core.translation import sentence


@dataclass(frozen=True)
class SignatureValue:
    """One signature's probability of good response.

    Attributes
    ----------
    name : str
        Display name.
    probability : float or None
        In [0, 1]; None is drawn as an empty row.
    fold_range : tuple of float, optional
        Lowest and highest of the networks: their disagreement, not a confidence interval.
    """

    name: str
    probability: float | None
    fold_range: tuple[float, float] | None = None


def signatures_figure(
    values: Sequence[SignatureValue], prevalence: float | None, language: str = "en"
) -> go.Figure:
    """Draw one dot per signature, with the networks' range where there is one.

    Parameters
    ----------
    values : sequence of SignatureValue
        From top to bottom.
    prevalence : float or None
        Share of good responders in training, drawn as a reference line.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        A trace of ranges and a trace of dots.
    """
    figure = new_figure(
        x_title="", y_title="", language=language,
        height=120 + 48 * len(values),
    )  # fmt: skip
    if prevalence is not None:
        text = sentence("fig_prevalence", language, prevalence=prevalence)
        figure.add_vline(
            x=prevalence, line={"color": MUTED, "dash": "dot", "width": 1},
            annotation={"text": text, "font": {"size": 11, "color": MUTED}, "yanchor": "bottom"},
            annotation_position="top",
        )  # fmt: skip
    _add_ranges(figure, values, language)
    _add_dots(figure, values)
    figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%")
    figure.update_yaxes(
        categoryorder="array", categoryarray=[value.name for value in reversed(values)],
        range=[-0.5, len(values) - 0.2], ticks="", showline=False, automargin=True,
    )  # fmt: skip
    return figure


def _add_ranges(figure: go.Figure, values: Sequence[SignatureValue], language: str) -> None:
    ranged = [value for value in values if value.fold_range is not None]
    for value in ranged:
        figure.add_scatter(
            x=list(value.fold_range or ()), y=[value.name, value.name], mode="lines",
            line={"color": FAINT, "width": 9}, showlegend=False,
            name=sentence("fig_fold_range", language, count=""), hoverinfo="skip",
        )  # fmt: skip


def _add_dots(figure: go.Figure, values: Sequence[SignatureValue]) -> None:
    known = [value for value in values if value.probability is not None]
    figure.add_scatter(
        x=[value.probability for value in known], y=[value.name for value in known],
        mode="markers+text", marker={"size": 13, "color": BLUE}, name="",
        text=[literal(f"{of_hundred_text(value.probability or 0.0)}%") for value in known],
        textposition="top center", textfont={"color": INK}, cliponaxis=False,
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
