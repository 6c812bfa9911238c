"""One case on one 16:9 slide: statement, icons, the three slices, survival; shapes, no screenshot.

Text, icons, outlines and the survival chart are PowerPoint's own objects, so that a presenter can
enlarge or copy them; only CT pixels and heat map are pictures.
"""

import base64
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pptx import Presentation
from pptx.chart.data import XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Mm, Pt

import dlcs_core
from dlcs_core.figures.ct_overlay import CtSlice, heat_rgba, outlines_mm, windowed
from dlcs_core.figures.icon_array import N_ICONS, PER_ROW, of_hundred
from dlcs_core.figures.png import data_png
from dlcs_core.figures.theme import GOOD, INK, MUTED, POOR, SKY
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import CaseView, headline
from dlcs_core.report.document import HEAT_OPACITY, case_facts
from dlcs_core.report.print_figures import field_of_view
from dlcs_core.translation import sentence

Deck = Any
SlideShapes = Any
"""Types of python-pptx, which names them in part only."""

SLIDE_MM = (338.67, 190.5)
ACCENT = "#a34600"
FONT = {"en": "Source Sans 3", "zh": "Microsoft YaHei"}
"""Named only: PowerPoint takes the nearest font that the projector's machine has."""

_BLANK_LAYOUT = 6


def case_pptx(
    report: CaseReport,
    language: str = "en",
    view: CaseView | None = None,
    *,
    notes: Sequence[str] = (),
    printed_at: datetime | None = None,
) -> bytes:
    """Return a presentation with one slide.

    Parameters
    ----------
    report, language, view, notes, printed_at
        As in :func:`dlcs_core.report.pdf.case_pdf`.

    Returns
    -------
    bytes
        PPTX. No identifier of the patient is on it.
    """
    deck = new_deck()
    add_case_slide(deck, report, language, view, notes=notes, printed_at=printed_at)
    return saved(deck)


def new_deck() -> Deck:
    """Return an empty 16:9 presentation."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Mm(SLIDE_MM[0]), Mm(SLIDE_MM[1])
    return deck


def saved(deck: Deck) -> bytes:
    """Return a presentation as a file."""
    content = io.BytesIO()
    deck.save(content)
    return content.getvalue()


def add_case_slide(
    deck: Deck,
    report: CaseReport,
    language: str,
    view: CaseView | None,
    *,
    title: str = "",
    notes: Sequence[str] = (),
    printed_at: datetime | None = None,
) -> None:
    """Add one case to a presentation; ``title`` stands beside the document's."""
    facts = case_facts(report, view, language)
    shapes = deck.slides.add_slide(deck.slide_layouts[_BLANK_LAYOUT]).shapes
    heading = " · ".join(filter(None, (sentence("doc_title", language), title)))
    add_text(shapes, (12, 6, 250, 12), [(heading, 22, INK)], language)
    notice = sentence("ui_research_use", language)
    lines = [(notice, 10, ACCENT)]
    if facts["overprinted"]:
        lines.append((sentence("ui_overprint", language), 14, ACCENT))
    elif report.bundle.synthetic_training_data:
        lines.append((sentence("ui_synthetic_case", language), 10, ACCENT))
    add_text(shapes, (12, 18, 315, 12), lines, language)
    _add_statement(shapes, report, facts, notes, language)
    _add_slices(shapes, view, report)
    _add_survival(shapes, report.survival.curve, facts, language)
    add_text(
        shapes, (12, 182, 315, 7), [(_provenance(report, printed_at), 8, MUTED)], language
    )  # fmt: skip


def _provenance(report: CaseReport, printed_at: datetime | None) -> str:
    bundle, when = report.bundle, printed_at or datetime.now(UTC)
    return (
        f"DLCS {dlcs_core.__version__} · {bundle.name} {bundle.version} · "
        f"{bundle.sha256[:16]} · {when:%Y-%m-%d %H:%M} UTC"
    )


def _add_statement(
    shapes: SlideShapes,
    report: CaseReport,
    facts: dict[str, Any],
    notes: Sequence[str],
    language: str,
) -> None:
    leading = headline(report)
    if leading is None:
        lines = [(sentence("doc_abstained", language), 22, INK)]
        lines += [(f"• {reason}", 13, INK) for reason in facts["reasons"]]
        add_text(shapes, (12, 34, 155, 90), lines, language)
        return
    good = of_hundred(leading.probability)
    said = sentence(facts["headline"]["code"], language, good=good, poor=N_ICONS - good)
    add_text(shapes, (12, 34, 155, 26), [(said, 24, INK)], language)
    _add_icons(shapes, good, (14, 64))
    quiet = (*facts["uncertainty"], sentence("ui_reference_class", language), *notes)
    add_text(shapes, (12, 99, 155, 30), [(line, 10, MUTED) for line in quiet], language)


def _add_icons(shapes: SlideShapes, good: int, corner_mm: tuple[float, float]) -> None:
    for icon in range(N_ICONS):
        x = corner_mm[0] + 7.2 * (icon % PER_ROW)
        y = corner_mm[1] + 6.6 * (icon // PER_ROW)
        dot = shapes.add_shape(MSO_SHAPE.OVAL, Mm(x), Mm(y), Mm(5.6), Mm(5.6))
        dot.fill.solid()
        dot.fill.fore_color.rgb = color(GOOD if icon < good else POOR)
        dot.line.fill.background()


def _add_slices(shapes: SlideShapes, view: CaseView | None, report: CaseReport) -> None:
    if view is None:
        return
    side = 50.0
    for place, shown in enumerate(view.slices):
        corner = (172 + place * (side + 3), 34.0)
        _add_slice(shapes, shown, corner, side, 0.0 if report.abstained else HEAT_OPACITY)


def _add_slice(
    shapes: SlideShapes,
    shown: CtSlice,
    corner_mm: tuple[float, float],
    side_mm: float,
    opacity: float,
) -> None:
    left, top, side = field_of_view(shown)
    row_mm, column_mm = shown.spacing_mm
    rows = slice(max(int(top / row_mm), 0), int((top + side) / row_mm) + 1)
    columns = slice(max(int(left / column_mm), 0), int((left + side) / column_mm) + 1)
    layers = [data_png(windowed(shown.image_hu[rows, columns]))]
    if shown.heat is not None and opacity > 0:
        layers.append(data_png(heat_rgba(shown.heat[rows, columns], opacity)))
    for address in layers:
        content = io.BytesIO(base64.b64decode(address.split(",", 1)[1]))
        shapes.add_picture(content, *map(Mm, corner_mm), Mm(side_mm), Mm(side_mm))
    scale = side_mm / side
    for x, y in outlines_mm(shown.mask, shown.spacing_mm):
        places = [
            (int(Mm(corner_mm[0] + (a - left) * scale)), int(Mm(corner_mm[1] + (b - top) * scale)))
            for a, b in zip(x, y, strict=True)
        ]
        _add_outline(shapes, places)


def _add_outline(shapes: SlideShapes, places: Sequence[tuple[int, int]]) -> None:
    builder = shapes.build_freeform(*places[0])
    builder.add_line_segments(places[1:], close=True)
    outline = builder.convert_to_shape()
    outline.fill.background()
    outline.line.color.rgb = color(SKY)
    outline.line.width = Pt(1.5)


def _add_survival(
    shapes: SlideShapes, curve: SurvivalEstimate | None, facts: dict[str, Any], language: str
) -> None:
    if curve is None:
        return
    data = XyChartData()
    for name, values in (
        (sentence("fig_this_patient", language), curve.survival),
        (sentence("ui_ci95", language), curve.ci95_low),
        ("", curve.ci95_high),
    ):
        series = data.add_series(name)
        for month, value in zip(curve.times_months, values, strict=True):
            if value is not None:
                series.add_data_point(month, 100 * value)
    box = (Mm(172), Mm(88), Mm(156), Mm(70))
    chart = shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, *box, data).chart
    chart.has_legend = False
    chart.font.size = Pt(10)
    _scale(chart.category_axis, 0, curve.times_months[-1], 6, sentence("fig_months", language))
    _scale(chart.value_axis, 0, 100, 20, sentence("fig_survival", language) + " (%)")
    for series, (ink, width) in zip(
        chart.plots[0].series, ((INK, 2.5), (MUTED, 1.0), (MUTED, 1.0)), strict=True
    ):
        series.smooth = False
        series.format.line.color.rgb = color(ink)
        series.format.line.width = Pt(width)
    rows = [f"{month}: {alive} ({limits})" for month, alive, limits in facts["survival_rows"]]
    origin = sentence("ui_survival_origin", language, origin=facts["time_origin"])
    lines = [(f"{sentence('ui_month', language)} " + "   ".join(rows), 12, INK), (origin, 9, MUTED)]
    add_text(shapes, (172, 159, 156, 18), lines, language)


def _scale(axis: Any, low: float, high: float, step: float, title: str) -> None:
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, step
    axis.has_title = True
    axis.axis_title.text_frame.text = title
    axis.axis_title.text_frame.paragraphs[0].font.size = Pt(10)
    axis.has_major_gridlines = False


def add_text(
    shapes: SlideShapes,
    box_mm: tuple[float, float, float, float],
    lines: Sequence[tuple[str, float, str]],
    language: str,
) -> None:
    """Add a text box at left, top, width, height in mm; lines are text, points and colour."""
    frame = shapes.add_textbox(*map(Mm, box_mm)).text_frame
    frame.word_wrap = True
    for place, (text, size, ink) in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.name = Pt(size), FONT[language]
        run.font.color.rgb = color(ink)


def color(text: str) -> RGBColor:
    """Return ``#rrggbb`` as PowerPoint has it."""
    return RGBColor.from_string(text.removeprefix("#").upper())
