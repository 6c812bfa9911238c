"""CT slices with the tumour's outline and the heat map over them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dlcs_core.figures.png import data_png
from dlcs_core.figures.theme import SKY, TEMPLATE
from dlcs_core.translation import sentence

DISPLAY_WINDOW_HU = (-115.0, 235.0)
"""The window that the network sees is the one that is shown."""

HEAT_COLORS = (
    (0.0, (0, 0, 4, 0.0)),
    (0.25, (87, 16, 110, 0.35)),
    (0.5, (188, 55, 84, 0.75)),
    (0.75, (249, 142, 9, 0.95)),
    (1.0, (252, 255, 164, 1.0)),
)
"""The inferno map: its lightness grows evenly, so it reads in grey and for the colour-blind. Its
opacity grows with it, so that faint heat does not darken the CT."""

FLOOR = 0.03
"""Heat below this share of the largest is not painted."""


@dataclass(frozen=True)
class CtSlice:
    """One native slice as it is shown.

    Attributes
    ----------
    slice_index : int
        0-based, counted towards the head.
    is_key : bool
        True for the slice with the largest tumour area.
    image_hu : float32 array (rows, columns)
        The whole slice.
    mask : bool array (rows, columns)
        The tumour's outline, filled.
    heat : float array (rows, columns) or None
        Activation in [0, 1]; NaN or 0 outside the model's frame.
    spacing_mm : tuple of float
        Row and column.
    """

    slice_index: int
    is_key: bool
    image_hu: NDArray[np.float32]
    mask: NDArray[np.bool_]
    heat: NDArray[np.float64] | None
    spacing_mm: tuple[float, float]


def ct_slice_figure(
    shown: CtSlice, *, opacity: float, field_mm: float | None = None, language: str = "en"
) -> go.Figure:
    """Draw one slice in the radiologist's view (patient's left on the right, front on top).

    Parameters
    ----------
    shown : CtSlice
        What to draw.
    opacity : float
        Of the heat map, in [0, 1]; 0 leaves it out.
    field_mm : float, optional
        Side of the square around the tumour that is shown first; the whole slice by default.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        CT image, then outline, then (with opacity) the heat map.
    """
    rows, columns = shown.image_hu.shape
    row_mm, column_mm = shown.spacing_mm
    figure = go.Figure(layout={"template": TEMPLATE})
    figure.add_layout_image(
        source=data_png(windowed(shown.image_hu)), xref="x", yref="y", layer="below",
        sizing="stretch",
        x=-column_mm / 2, y=-row_mm / 2, sizex=columns * column_mm, sizey=rows * row_mm,
    )  # fmt: skip
    for index, (x, y) in enumerate(outlines_mm(shown.mask, shown.spacing_mm)):
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": SKY, "width": 2}, hoverinfo="skip",
            name=sentence("fig_outline", language), showlegend=False, legendgroup=str(index),
        )  # fmt: skip
    if shown.heat is not None and opacity > 0 and (shown.heat >= FLOOR).any():
        figure.add_trace(_heat_trace(shown.heat, shown.spacing_mm, opacity, language))
    _set_view(figure, shown, field_mm)
    return figure


def windowed(image_hu: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a slice as 8-bit grey in the display window."""
    low, high = DISPLAY_WINDOW_HU
    grey: NDArray[np.uint8] = np.round(255 * np.clip((image_hu - low) / (high - low), 0, 1)).astype(
        np.uint8
    )
    return grey


def heat_rgba(heat: NDArray[np.float64], opacity: float) -> NDArray[np.uint8]:
    """Return a heat map as colours, transparent where it is not painted.

    Parameters
    ----------
    heat : float array (rows, columns)
        Activation in [0, 1].
    opacity : float
        In [0, 1].
    """
    places = [at for at, _ in HEAT_COLORS]
    channels = [np.interp(heat, places, [rgba[c] for _, rgba in HEAT_COLORS]) for c in range(4)]
    channels[3] = np.where(heat >= FLOOR, 255 * opacity * channels[3], 0)
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def outlines_mm(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float]
) -> Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the closed outlines of a mask, along pixel edges.

    Parameters
    ----------
    mask : bool array (rows, columns)
        One slice.
    spacing_mm : tuple of float
        Row and column.

    Returns
    -------
    sequence of (x, y)
        Column and row position in mm of each outline's corners, holes included, counted from
        the centre of pixel (0, 0).
    """
    following = _edges(mask)
    found = []
    while following:
        start = min(following)
        path = [start]
        while (corner := following[path[-1]].pop()) != start:
            if not following[path[-1]]:
                del following[path[-1]]
            path.append(corner)
        if not following[path[-1]]:
            del following[path[-1]]
        corners = np.asarray([*path, start], dtype=np.float64) - 0.5
        found.append((corners[:, 1] * spacing_mm[1], corners[:, 0] * spacing_mm[0]))
    return found


def _edges(mask: NDArray[np.bool_]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Return the directed pixel edges of a mask by their first corner, inside on the right."""
    padded = np.pad(mask, 1)
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    sides = (((-1, 0), (0, 0), (0, 1)), ((0, 1), (0, 1), (1, 1)),
             ((1, 0), (1, 1), (1, 0)), ((0, -1), (1, 0), (0, 0)))  # fmt: skip
    for (d_row, d_column), first, last in sides:
        neighbour = np.roll(padded, (-d_row, -d_column), (0, 1))
        for row, column in np.argwhere(padded & ~neighbour) - 1:
            start = (int(row) + first[0], int(column) + first[1])
            following.setdefault(start, []).append((int(row) + last[0], int(column) + last[1]))
    return following


def _heat_trace(
    heat: NDArray[np.float64], spacing_mm: tuple[float, float], opacity: float, language: str
) -> go.Heatmap:
    """Return the heat map of the part of the slice that has any."""
    painted = np.where(heat >= FLOOR, heat, np.nan)
    rows, columns = (np.flatnonzero(np.isfinite(painted).any(axis=axis)) for axis in (1, 0))
    box = np.ix_(rows, columns)
    return go.Heatmap(
        z=np.round(painted[box], 3), x=columns * spacing_mm[1], y=rows * spacing_mm[0],
        zmin=0, zmax=1, opacity=opacity, showscale=False,
        colorscale=[[at, "rgba({},{},{},{})".format(*rgba)] for at, rgba in HEAT_COLORS],
        name=sentence("fig_heat", language), hoverongaps=False,
        hovertemplate=sentence("fig_heat_hover", language) + "<extra></extra>",
    )  # fmt: skip


def _set_view(figure: go.Figure, shown: CtSlice, field_mm: float | None) -> None:
    rows, columns = shown.image_hu.shape
    row_mm, column_mm = shown.spacing_mm
    centre = ((rows - 1) / 2 * row_mm, (columns - 1) / 2 * column_mm)
    half = max(rows * row_mm, columns * column_mm) / 2
    inside = np.argwhere(shown.mask)
    if field_mm is not None and len(inside):
        middle = (inside.min(axis=0) + inside.max(axis=0)) / 2
        centre, half = (middle[0] * row_mm, middle[1] * column_mm), field_mm / 2
    axis = {"showgrid": False, "visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[centre[1] - half, centre[1] + half], **axis)
    figure.update_yaxes(range=[centre[0] + half, centre[0] - half], scaleanchor="x", **axis)
    figure.update_layout(
        height=400, margin={"l": 0, "r": 0, "t": 0, "b": 0}, plot_bgcolor="black", dragmode="pan"
    )
    for text, x in (("R", 0.02), ("L", 0.98)):
        figure.add_annotation(
            text=text, x=x, y=0.5, xref="paper", yref="paper", showarrow=False,
            font={"color": "white", "size": 14}, bgcolor="rgba(0,0,0,0.4)",
        )  # fmt: skip
