"""One look for every figure: colours that colour-blind readers can tell apart, one template."""

import re

import plotly.graph_objects as go

from dlcs_core.translation import sentence

BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREEN = "#009e73"
ORANGE = "#e69f00"
PURPLE = "#cc79a7"
SKY = "#56b4e9"
OKABE_ITO = (BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE)
"""Okabe and Ito's palette without black and yellow, in the order of use: colours that follow each
other are far apart for readers without red, green or blue cones as well."""

INK = "#1c2733"
MUTED = "#6b7a89"
GRID = "#e6ebf0"
FAINT = "#c9d3dc"

LOW_RISK, HIGH_RISK = BLUE, VERMILLION
GOOD, POOR = BLUE, FAINT

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Line styles that follow the colours, so that a grey print still tells curves apart."""

FONT = "'Source Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"

Figure = go.Figure
"""What every function of this package returns; other layers name the type through this."""

_AXIS = {
    "showline": True,
    "linecolor": MUTED,
    "linewidth": 1,
    "gridcolor": GRID,
    "zeroline": False,
    "ticks": "outside",
    "tickcolor": MUTED,
    "ticklen": 4,
    "title": {"standoff": 8, "font": {"size": 13}},
}

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        colorway=OKABE_ITO,
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 56, "r": 16, "t": 32, "b": 48},
        height=360,
        hovermode="closest",
        hoverlabel={"font": {"family": FONT, "size": 12}},
        legend={
            "bgcolor": "rgba(255,255,255,0.8)",
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.0,
            "xanchor": "left",
            "x": 0.0,
        },
        xaxis=_AXIS,
        yaxis=_AXIS,
    )
)


def new_figure(*, x_title: str, y_title: str, language: str, height: int = 360) -> go.Figure:
    """Return an empty figure in the house style.

    Parameters
    ----------
    x_title, y_title : str
        Message codes of the axis titles; ``""`` for none.
    language : str
        Language of the titles.
    height : int
        Height in pixels.
    """
    figure = go.Figure(layout={"template": TEMPLATE, "height": height})
    for update, code in ((figure.update_xaxes, x_title), (figure.update_yaxes, y_title)):
        update(title_text=sentence(code, language) if code else None)
    return figure


def line_style(index: int, width: float = 2.0) -> dict[str, object]:
    """Return colour and dash of the n-th curve of a figure."""
    return {
        "color": OKABE_ITO[index % len(OKABE_ITO)],
        "dash": DASHES[index % len(DASHES)],
        "width": width,
    }


def translucent(color: str, opacity: float) -> str:
    """Return ``#rrggbb`` as an ``rgba()`` colour."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def literal(text: object) -> str:
    """Return text from a file as plotly shows it literally: plotly reads tags as markup."""
    return re.sub(r"[<>&]", lambda found: f"&#{ord(found[0])};", str(text))
