"""Figures for print, as SVG that stands inside the document: no script, no font, no request.

Text stays text, so that the reader's own fonts draw English and Chinese alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from dlcs_core.figures.ct_overlay import CtSlice, heat_rgba, outlines_mm, windowed
from dlcs_core.figures.icon_array import N_ICONS, PER_ROW, of_hundred
from dlcs_core.figures.kaplan_meier import SurvivalSteps
from dlcs_core.figures.nomogram import PatientDot, nomogram_rows, patient_dots, readable
from dlcs_core.figures.png import data_png
from dlcs_core.figures.survival import GROUP_COLORS
from dlcs_core.figures.theme import GOOD, GRID, INK, MUTED, POOR, SKY, VERMILLION
from dlcs_core.models.nomogram import Nomogram, NomogramReading
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.translation import sentence

Points = Iterable[tuple[float, float]]

FIELD_MM = 150.0
"""Side of the square around the tumour."""


def icon_array_svg(probability: float, language: str, frame: str = "fig_respond_well") -> Markup:
    """Return 100 people, the good responders filled first.

    Parameters
    ----------
    probability : float
        Of good response, in [0, 1].
    language : str
        Language of the alternative text.
    frame : str
        Message code of the filled ones, where the outcome is another one.
    """
    good = of_hundred(probability)
    dots = "".join(
        f'<circle cx="{10 + 18 * (icon % PER_ROW)}" cy="{10 + 18 * (icon // PER_ROW)}" r="7" '
        f'fill="{GOOD if icon < good else POOR}"/>'
        for icon in range(N_ICONS)
    )
    return _svg(18 * PER_ROW + 4, 92, dots, sentence(frame, language, count=good))


def ct_svg(shown: CtSlice, opacity: float, language: str) -> Markup:
    """Return one slice around the tumour with its heat map and outline.

    Parameters
    ----------
    shown : CtSlice
        The slice.
    opacity : float
        Of the heat map, in [0, 1].
    language : str
        Language of the alternative text.
    """
    rows, columns = shown.image_hu.shape
    row_mm, column_mm = shown.spacing_mm
    width, height = columns * column_mm, rows * row_mm
    place = (
        f'x="{-column_mm / 2:.2f}" y="{-row_mm / 2:.2f}" width="{width:.2f}" height="{height:.2f}"'
    )
    layers = [
        f'<image {place} preserveAspectRatio="none" href="{data_png(windowed(shown.image_hu))}"/>'
    ]
    if shown.heat is not None and opacity > 0:
        colors = data_png(heat_rgba(shown.heat, opacity))
        layers.append(f'<image {place} preserveAspectRatio="none" href="{colors}"/>')
    layers += [
        _polyline(zip(x, y, strict=True), SKY, 0.8)
        for x, y in outlines_mm(shown.mask, shown.spacing_mm)
    ]
    left, top, side = field_of_view(shown)
    marks = (
        f'<text x="{left + 3:.1f}" y="{top + side / 2:.1f}" class="on">R</text>'
        f'<text x="{left + side - 7:.1f}" y="{top + side / 2:.1f}" class="on">L</text>'
    )
    box = f"{left:.1f} {top:.1f} {side:.1f} {side:.1f}"
    return _svg(0, 0, "".join(layers) + marks, sentence("fig_outline", language), box)


def field_of_view(shown: CtSlice) -> tuple[float, float, float]:
    """Return left, top and side of the square to show, in mm."""
    rows, columns = shown.image_hu.shape
    row_mm, column_mm = shown.spacing_mm
    side = min(FIELD_MM, rows * row_mm, columns * column_mm)
    inside = np.argwhere(shown.mask)
    middle = inside.mean(axis=0) if len(inside) else np.array([rows / 2, columns / 2])
    top = np.clip(middle[0] * row_mm - side / 2, 0, rows * row_mm - side)
    left = np.clip(middle[1] * column_mm - side / 2, 0, columns * column_mm - side)
    return float(left), float(top), side


def nomogram_svg(nomogram: Nomogram, reading: NomogramReading | None, language: str) -> Markup:
    """Return the nomogram with the patient's dots.

    Parameters
    ----------
    nomogram : Nomogram
        Of the fusion model.
    reading : NomogramReading or None
        The patient's points.
    language : str
        Language of the words.
    """
    rows = nomogram_rows(nomogram, language)
    origin, per_point = 190.0, 4.6
    parts = []
    for row, (name, ticks) in enumerate(rows):
        y = 22 + 34 * row
        places = [origin + per_point * place for place, _ in ticks]
        parts.append(f'<text x="{origin - 12}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        parts.append(_line(min(places), y, max(places), y, MUTED))
        parts += [_line(x, y - 4, x, y + 4, MUTED) for x in places]
        parts += [
            f'<text x="{x:.1f}" y="{y - 7}" class="small" text-anchor="middle">'
            f"{escape(text)}</text>"
            for x, text in zip(places, readable(ticks), strict=True)
        ]
    if reading is not None:
        parts += [
            _patient_dot(origin + per_point * dot.place, 22 + 34 * (row + 1), dot)
            for row, dot in enumerate(patient_dots(nomogram, reading, language))
        ]
    return _svg(680, 24 + 34 * len(rows), "".join(parts), sentence("fig_this_patient", language))


def _patient_dot(x: float, y: float, dot: PatientDot) -> str:
    """Return a dot, or an arrow at the end of the line, with its value under it."""
    if dot.beyond:
        tip, base = x + 6 * dot.beyond, x - 5 * dot.beyond
        corners = f"{tip:.1f},{y} {base:.1f},{y - 6} {base:.1f},{y + 6}"
        mark = f'<polygon points="{corners}" fill="{VERMILLION}"/>'
    else:
        mark = f'<circle cx="{x:.1f}" cy="{y}" r="5.5" fill="{VERMILLION}" stroke="white"/>'
    label = f'<text x="{x:.1f}" y="{y + 15}" class="dot" text-anchor="middle">'
    return f"{mark}{label}{escape(dot.text)}</text>"


def survival_svg(
    predicted: SurvivalEstimate, groups: Mapping[str, SurvivalSteps], language: str
) -> Markup:
    """Return the patient's survival with its interval beside the risk groups' curves.

    Parameters
    ----------
    predicted : SurvivalEstimate
        Monthly.
    groups : mapping of str to curve
        ``"low"`` and ``"high"``; may be empty.
    language : str
        Language of the words.
    """
    last = predicted.times_months[-1]
    frame = _Frame(last)
    parts = [frame.axes(language)]
    for group, curve in groups.items():
        known = zip(curve.time_months, curve.survival, strict=True)
        inside = [(0.0, 1.0), *((t, s) for t, s in known if t <= last)]
        dash = "6 3" if group == "low" else "2 2"
        parts.append(_polyline(frame.steps(inside), GROUP_COLORS[group], 1.5, dash))
    parts.append(frame.band(predicted))
    patient = _known(predicted.times_months, predicted.survival)
    parts.append(_polyline(frame.steps(patient), INK, 2.5))
    parts.append(_legend(groups, language))
    return _svg(680, 268, "".join(parts), sentence("fig_survival", language))


class _Frame:
    """The axes of a survival figure: months and probability to places on paper."""

    left, top, width, height = 52.0, 26.0, 610.0, 196.0

    def __init__(self, last_month: float) -> None:
        self.last_month = last_month

    def place(self, month: float, survival: float) -> tuple[float, float]:
        """Return where a point stands."""
        return (
            self.left + self.width * month / self.last_month,
            self.top + self.height * (1 - survival),
        )

    def steps(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Return a step line: level until the next time, then down."""
        placed = [self.place(*point) for point in points]
        between = [(after[0], before[1]) for before, after in pairwise(placed)]
        mixed = [p for pair in zip(placed, between, strict=False) for p in pair]
        return [*mixed, placed[-1]] if placed else []

    def band(self, predicted: SurvivalEstimate) -> str:
        """Return the interval as a filled area."""
        high = self.steps(_known(predicted.times_months, predicted.ci95_high))
        low = self.steps(_known(predicted.times_months, predicted.ci95_low))
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*high, *reversed(low)])
        return f'<polygon points="{corners}" fill="{INK}" fill-opacity="0.14"/>'

    def axes(self, language: str) -> str:
        """Return grid, ticks and titles."""
        parts = []
        for tenth in range(0, 11, 2):
            x, y = self.place(0, tenth / 10)
            parts.append(_line(x, y, x + self.width, y, GRID))
            parts.append(
                f'<text x="{x - 6}" y="{y + 4:.1f}" text-anchor="end">{tenth * 10}%</text>'
            )
        for month in range(0, int(self.last_month) + 1, 6):
            x, y = self.place(month, 0)
            parts.append(_line(x, y, x, y + 4, MUTED))
            parts.append(f'<text x="{x:.1f}" y="{y + 17}" text-anchor="middle">{month}</text>')
        x, y = self.place(self.last_month / 2, 0)
        title = escape(sentence("fig_months", language))
        parts.append(f'<text x="{x:.1f}" y="{y + 36}" text-anchor="middle">{title}</text>')
        return "".join(parts)


def _known(times: Sequence[float], values: Sequence[float | None]) -> list[tuple[float, float]]:
    pairs = zip(times, values, strict=True)
    return [(time, value) for time, value in pairs if value is not None]


def _legend(groups: Mapping[str, SurvivalSteps], language: str) -> str:
    entries = [(sentence("fig_this_patient", language), INK, "")]
    entries += [
        (sentence(f"fig_group_{group}", language), GROUP_COLORS[group],
         "6 3" if group == "low" else "2 2")
        for group in groups
    ]  # fmt: skip
    return "".join(
        _polyline([(60 + 170 * i, 10), (84 + 170 * i, 10)], color, 2, dash)
        + f'<text x="{90 + 170 * i}" y="14">{escape(name)}</text>'
        for i, (name, color, dash) in enumerate(entries)
    )


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{color}"/>'


def _polyline(points: Points, color: str, width: float, dash: str = "") -> str:
    corners = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    stroke = f'stroke="{color}" stroke-width="{width}"{dashed}'
    return f'<polyline points="{corners}" fill="none" {stroke}/>'


def _svg(width: float, height: float, content: str, alt: str, box: str = "") -> Markup:
    """Return the element; ``content`` is ours or escaped."""
    view = box or f"0 0 {width:g} {height:g}"
    text = (
        f'<svg viewBox="{view}" role="img" aria-label="{escape(alt)}" '
        f'xmlns="http://www.w3.org/2000/svg">{content}</svg>'
    )
    return Markup(text)  # noqa: S704 - numbers of ours and escaped words
