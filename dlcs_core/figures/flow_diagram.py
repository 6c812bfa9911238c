"""A flow diagram: boxes from top to bottom, and beside each arrow who does not go on."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, INK, MUTED, TEMPLATE, literal

BOX_PX = 52
GAP_PX = 46
LINE_PX = 17

_LEFT, _MIDDLE, _RIGHT = 0.03, 0.25, 0.47
_ASIDE, _END = 0.55, 0.97


@dataclass(frozen=True)
class FlowBox:
    """One box.

    Attributes
    ----------
    title : str
        Display text, e.g. "Rows in the table: 120".
    left_out : tuple of str
        Lines beside the arrow that leads here.
    below : tuple of str
        Lines inside the box, under the title.
    """

    title: str
    left_out: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


def flow_figure(boxes: Sequence[FlowBox], title: str) -> go.Figure:
    """Draw a flow of patients.

    Parameters
    ----------
    boxes : sequence of FlowBox
        From top to bottom.
    title : str
        Display name of the trace that holds the boxes.

    Returns
    -------
    plotly Figure
        Boxes, arrows and texts in pixels from the top; one invisible trace with a point per box.
    """
    figure = go.Figure(layout={"template": TEMPLATE})
    top, places = 8.0, []
    for index, box in enumerate(boxes):
        if index:
            top = _add_arrow(figure, top, box.left_out)
        bottom = top + BOX_PX + LINE_PX * len(box.below)
        _add_box(figure, (_LEFT, _RIGHT), (top, bottom), [f"<b>{literal(box.title)}</b>",
                 *map(literal, box.below)], BLUE)  # fmt: skip
        places.append((top + bottom) / 2)
        top = bottom
    figure.add_scatter(
        x=[_MIDDLE] * len(places), y=places, mode="markers", marker={"opacity": 0}, name=title,
        text=[literal(box.title) for box in boxes], hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[top + 8, 0], visible=False, fixedrange=True)
    return figure.update_layout(height=int(top + 16), margin={"l": 0, "r": 0, "t": 0, "b": 0})


def _add_arrow(figure: go.Figure, top: float, left_out: Sequence[str]) -> float:
    """Draw the way down to the next box, with those who leave it; return where the box begins."""
    side = LINE_PX * len(left_out) + 14
    bottom = top + max(GAP_PX, side + 20 if left_out else 0)
    figure.add_annotation(
        x=_MIDDLE, y=bottom, ax=_MIDDLE, ay=top, xref="x", yref="y", axref="x", ayref="y",
        showarrow=True, arrowhead=2, arrowwidth=1.5, arrowcolor=MUTED, text="",
    )  # fmt: skip
    if left_out:
        middle = (top + bottom) / 2
        figure.add_shape(type="line", x0=_MIDDLE, x1=_ASIDE, y0=middle, y1=middle,
                         line={"color": MUTED, "width": 1.5})  # fmt: skip
        _add_box(figure, (_ASIDE, _END), (middle - side / 2, middle + side / 2),
                 [literal(line) for line in left_out], MUTED)  # fmt: skip
    return bottom


def _add_box(
    figure: go.Figure,
    across: tuple[float, float],
    down: tuple[float, float],
    lines: Sequence[str],
    color: str,
) -> None:
    figure.add_shape(
        type="rect", x0=across[0], x1=across[1], y0=down[0], y1=down[1],
        line={"color": color, "width": 1.5}, fillcolor="white",
    )  # fmt: skip
    figure.add_annotation(
        x=sum(across) / 2, y=sum(down) / 2, text="<br>".join(lines), showarrow=False,
        font={"size": 13, "color": INK},
    )  # fmt: skip
