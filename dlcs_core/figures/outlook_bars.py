"""Outcomes as bars of 100 people, and a survival curve with the months that are told."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dlcs_core.figures.icon_array import N_ICONS
from dlcs_core.figures.theme import GOOD, INK, POOR, TEMPLATE, literal
from dlcs_core.translation import sentence

ROW_PX = 46


@dataclass(frozen=True)
class OutlookBar:
    """One bar: its name and the people of 100 in the good frame, as a number and as written.

    Attributes
    ----------
    name : str
        Beside the bar, already worded.
    good : int
        Length of the filled part.
    good_text, poor_text : str
        Written into the two parts.
    """

    name: str
    good: int
    good_text: str
    poor_text: str


def outlook_bars_figure(bars: Sequence[OutlookBar], language: str = "en") -> go.Figure:
    """Draw each outcome as a bar of 100 people, the good frame filled.

    Parameters
    ----------
    bars : sequence of OutlookBar
        From top to bottom.
    language : str
        Language of the axis.

    Returns
    -------
    plotly Figure
        Two traces: the good frame and the rest.
    """
    figure = go.Figure(layout={"template": TEMPLATE, "height": 60 + ROW_PX * len(bars)})
    names = [literal(bar.name) for bar in bars]
    for values, texts, color, ink in (
        ([bar.good for bar in bars], [bar.good_text for bar in bars], GOOD, "white"),
        ([N_ICONS - bar.good for bar in bars], [bar.poor_text for bar in bars], POOR, INK),
    ):
        figure.add_bar(
            x=values, y=names, orientation="h", marker_color=color, text=texts, hoverinfo="skip",
            textposition="inside", insidetextanchor="middle", textangle=0,
            textfont={"color": ink, "size": 15}, showlegend=False,
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.35, margin={"l": 8, "r": 12, "t": 8, "b": 40})
    figure.update_xaxes(
        range=[0, N_ICONS], dtick=20, title_text=sentence("consult_of_hundred", language)
    )
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False, ticks="")
    return figure
