"""Line figures for print, as SVG that stands inside a document: no script, no font, no request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dlcs_core.figures.thinning import thinned

FloatArray = NDArray[np.float64]

WIDTH, HEIGHT = 420.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 14.0, 48.0
LEGEND_ROW = 18.0
MOST_TICKS = 7

COLORS = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7")
"""Okabe and Ito's palette, as on the screen."""

DASHES = ("", "7 3", "2 2", "7 2 2 2", "10 4", "10 3 2 3")
"""Styles that follow the colours, so that a grey print still tells curves apart."""

INK, MUTED, GRID, FAINT = "#1c2733", "#6b7a89", "#e6ebf0", "#9aa7b4"


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Attributes
    ----------
    x, y : array of float64
        Points; those that are not finite are left out.
    name : str
        In the legend; "" for none.
    index : int or None
        Colour and dash of the n-th score; None for a reference line.
    is_step : bool
        True: level until the next point.
    """

    x: FloatArray
    y: FloatArray
    name: str = ""
    index: int | None = None
    is_step: bool = False


@dataclass(frozen=True, eq=False)
class Band:
    """The area between two curves of the n-th score; places that are not finite are left out."""

    x: FloatArray
    low: FloatArray
    high: FloatArray
    index: int


@dataclass(frozen=True, eq=False)
class Dots:
    """Points with vertical intervals."""

    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray
    index: int


@dataclass(frozen=True, eq=False)
class LinePlot:
    """What is drawn.

    Attributes
    ----------
    x_title, y_title, alt : str
        Words of the axes and the alternative text.
    x_range, y_range : tuple of float
        Ends of the axes; what lies outside is cut.
    lines : sequence of Line
        The curves.
    dots : sequence of Dots
        Over the curves.
    bands : sequence of Band
        Under the curves.
    """

    x_title: str
    y_title: str
    alt: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    lines: Sequence[Line]
    dots: Sequence[Dots] = field(default_factory=tuple)
    bands: Sequence[Band] = field(default_factory=tuple)


def line_plot_svg(plot: LinePlot) -> Markup:
    """Return a figure with axes, curves, dots and a legend below.

    Parameters
    ----------
    plot : LinePlot
        What is drawn; its words are escaped.
    """
    frame = _Frame(plot.x_range, plot.y_range)
    named = [line for line in plot.lines if line.name]
    height = HEIGHT + LEGEND_ROW * len(named)
    area = f"area-{crc32(plot.alt.encode())}"  # one page holds several figures
    parts = [_axes(plot, frame), _clip(area), f'<g clip-path="url(#{area})">']
    parts += [_area(band, frame) for band in plot.bands]
    parts += [_curve(line, frame) for line in plot.lines]
    parts += [_marks(dots, frame) for dots in plot.dots]
    parts.append("</g>")
    parts += [_legend_row(line, row) for row, line in enumerate(named)]
    content = "".join(parts)
    text = (
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(plot.alt)}" '
        f'xmlns="http://www.w3.org/2000/svg">{content}</svg>'
    )
    return Markup(text)  # noqa: S704 - numbers of ours and escaped words


@dataclass(frozen=True)
class _Frame:
    """The axes: values to places on paper."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: FloatArray) -> FloatArray:
        low, high = self.x_range
        return np.asarray(LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low))

    def y(self, value: FloatArray) -> FloatArray:
        low, high = self.y_range
        return np.asarray(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low))


def _axes(plot: LinePlot, frame: _Frame) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value in _ticks(*plot.x_range):
        x = float(frame.x(value))
        parts.append(f'<path d="M{x:.1f} {bottom}v4" stroke="{MUTED}"/>')
        parts.append(_text(x, bottom + 18, f"{value:g}", "middle"))
    for value in _ticks(*plot.y_range):
        y = float(frame.y(value))
        parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="{GRID}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:g}", "end"))
    parts.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" stroke="{MUTED}" fill="none"/>')
    parts.append(_text((LEFT + right) / 2, bottom + 38, escape(plot.x_title), "middle"))
    middle = (TOP + bottom) / 2
    parts.append(
        f'<text x="14" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 14 {middle:.1f})">{escape(plot.y_title)}</text>'
    )
    return "".join(parts)


def _ticks(low: float, high: float) -> FloatArray:
    """Return round values between the ends, at most seven."""
    rough = (high - low) / MOST_TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= rough)
    count = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1.0)
    # Adding 0 makes the 0 of a rounded-up negative number a plain one, which is written "0".
    return np.asarray(np.round(count * step, 10) + 0.0, dtype=np.float64)


def _clip(area: str) -> str:
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    shape = f'<rect x="{LEFT}" y="{TOP}" width="{width}" height="{height}"/>'
    return f'<clipPath id="{area}">{shape}</clipPath>'


def _curve(line: Line, frame: _Frame) -> str:
    finite = np.isfinite(line.x) & np.isfinite(line.y)
    x, y = line.x[finite], line.y[finite]
    kept = thinned(x, y)
    placed_x, placed_y = frame.x(x[kept]), frame.y(y[kept])
    if line.is_step:
        placed_x, placed_y = np.repeat(placed_x, 2)[1:], np.repeat(placed_y, 2)[:-1]
    corners = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(placed_x, placed_y, strict=True))
    return f'<polyline points="{corners}" fill="none" {_stroke(line.index)}/>'


def _area(band: Band, frame: _Frame) -> str:
    finite = np.isfinite(band.low) & np.isfinite(band.high)
    x = frame.x(band.x[finite])
    upper, lower = frame.y(band.high[finite]), frame.y(band.low[finite])
    along = zip(np.r_[x, x[::-1]], np.r_[upper, lower[::-1]], strict=True)
    corners = " ".join(f"{a:.2f},{b:.2f}" for a, b in along)
    color = COLORS[band.index % len(COLORS)]
    return f'<polygon points="{corners}" fill="{color}" fill-opacity="0.14"/>'


def _stroke(index: int | None) -> str:
    if index is None:
        return f'stroke="{FAINT}" stroke-width="1.2" stroke-dasharray="3 3"'
    color, dash = COLORS[index % len(COLORS)], DASHES[index % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{color}" stroke-width="2"{dashed}'


def _marks(dots: Dots, frame: _Frame) -> str:
    color = COLORS[dots.index % len(COLORS)]
    places = zip(
        frame.x(dots.x), frame.y(dots.y), frame.y(dots.low), frame.y(dots.high), strict=True
    )
    return "".join(
        f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{color}" stroke-opacity="0.5"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>'
        for x, y, low, high in places
    )


def _legend_row(line: Line, row: int) -> str:
    y = HEIGHT + LEGEND_ROW * row + 4
    name = escape(line.name)
    sample = f'<path d="M{LEFT} {y:.1f}h26" {_stroke(line.index)} fill="none"/>'
    return sample + f'<text x="{LEFT + 34}" y="{y + 4:.1f}">{name}</text>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
