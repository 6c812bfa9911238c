"""A case report in PDF, A4: text, the three slices, the survival curve."""

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.imaging.study import Study
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_text import case_text
from dlcs_core.report.overlay import overlay_rgb, relative_heat
from dlcs_core.translation import sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4_INCH = (8.27, 11.69)
LINE_HEIGHT = 0.0165
"""Of the page's height, at 9 points."""

LINES_PER_PAGE = 29
"""Lines between the title and the slices."""

OVERPRINT_COLOR = "#d55e00"
"""Vermilion: shows on paper and on dark CT."""

CHINESE_FONTS = ("Noto Sans CJK SC", "Noto Serif CJK SC", "WenQuanYi Zen Hei", "SimHei", "SimSun")
"""Looked for in this order; without any of them the page is in English."""

_COLUMNS = {"en": 100, "zh": 56}
_FIELD_MM = 120.0


def case_pdf(report: CaseReport, study: Study, language: str = "en") -> bytes:
    """Return a case report as PDF.

    Parameters
    ----------
    report : CaseReport
        The assessment. No identifier of the patient is printed.
    study : Study
        The study that was assessed.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    bytes
        One page, more where there are many warnings; text stays text.
    """
    from matplotlib import rc_context

    language, fonts = _fonts(language)
    with rc_context({"font.family": fonts, "pdf.fonttype": 42, "font.size": 9}):
        first, *more = _pages_of(_lines(report, language))
        page = _text_page(first, report, language)
        _draw_slices(page, report, study, language)
        _draw_survival(page, report, language)
        return _bound([page, *(_text_page(lines, report, language) for lines in more)])


def _bound(pages: Sequence["Figure"]) -> bytes:
    from matplotlib.backends.backend_pdf import PdfPages

    content = io.BytesIO()
    with PdfPages(content, metadata={"CreationDate": None}) as document:
        for page in pages:
            document.savefig(page)
    return content.getvalue()


def _fonts(language: str) -> tuple[str, list[str]]:
    """Return the language that can be set here, and the fonts for it."""
    from matplotlib.font_manager import fontManager

    if language != "zh":
        return "en", ["DejaVu Sans"]
    installed = {font.name for font in fontManager.ttflist}
    found = [name for name in CHINESE_FONTS if name in installed]
    return ("zh", [found[0], "DejaVu Sans"]) if found else ("en", ["DejaVu Sans"])


def _lines(report: CaseReport, language: str) -> list[str]:
    identity = sentence(
        "pdf_bundle",
        language,
        name=report.bundle.name,
        version=report.bundle.version,
        sha256=report.bundle.sha256[:16],
        origin=report.bundle.survival_time_origin,
    )
    return _wrapped([identity, *case_text(report, language)], _COLUMNS[language])


def _pages_of(lines: Sequence[str]) -> list[Sequence[str]]:
    return [lines[start : start + LINES_PER_PAGE] for start in range(0, len(lines), LINES_PER_PAGE)]


def _text_page(lines: Sequence[str], report: CaseReport, language: str) -> "Figure":
    from matplotlib.figure import Figure

    page = Figure(figsize=A4_INCH)
    page.text(0.07, 0.955, sentence("pdf_title", language), fontsize=15, weight="bold")
    notice = sentence("research_use_only", language)
    page.text(0.07, 0.02, notice, fontsize=8)
    for number, line in enumerate(lines):
        # Text of any origin is text: "$" would start a formula.
        page.text(0.07, 0.935 - number * LINE_HEIGHT, line, parse_math=False, va="top")
    if report.bundle.synthetic_training_data:
        _overprint(page, language)
    return page


def _wrapped(paragraphs: Sequence[str], width: int) -> list[str]:
    return [line for text in paragraphs for line in textwrap.wrap(text, width) or [""]]


def _draw_slices(page: "Figure", report: CaseReport, study: Study, language: str) -> None:
    heat = relative_heat(report)
    indices = tuple(dict.fromkeys(report.study.slice_indices))
    for place, index in enumerate(indices):
        axes = page.add_axes((0.07 + 0.29 * place, 0.235, 0.28, 0.2))
        axes.imshow(overlay_rgb(report, study, index, heat), interpolation="bilinear")
        _center_on_tumor(axes, report, study)
        axes.set_axis_off()
        axes.set_title(sentence("pdf_slice", language, slice=index), fontsize=8)
    caption = _wrapped([sentence("pdf_heat", language)], _COLUMNS[language])
    page.text(0.07, 0.225, "\n".join(caption), va="top", fontsize=8)


def _center_on_tumor(axes: "Axes", report: CaseReport, study: Study) -> None:
    """Show a square field of fixed size around the key slice's outline."""
    rows, columns = np.nonzero(study.mask.plane(report.study.key_slice_index))
    _, row_mm, column_mm = study.volume.grid.spacing_mm
    half_rows, half_columns = _FIELD_MM / 2 / row_mm, _FIELD_MM / 2 / column_mm
    axes.set_xlim(columns.mean() - half_columns, columns.mean() + half_columns)
    axes.set_ylim(rows.mean() + half_rows, rows.mean() - half_rows)
    axes.set_aspect(row_mm / column_mm)


def _draw_survival(page: "Figure", report: CaseReport, language: str) -> None:
    curve = report.survival.curve
    if curve is None:
        return
    axes = page.add_axes((0.12, 0.075, 0.5, 0.115))
    low, survival, high = (
        np.array(values, dtype=np.float64)
        for values in (curve.ci95_low, curve.survival, curve.ci95_high)
    )
    axes.fill_between(curve.times_months, low, high, step="post", color="0.85")
    axes.step(curve.times_months, survival, where="post", color="0.1")
    axes.set_ylim(0, 1)
    axes.set_xticks(range(0, 37, 6))
    axes.set_xlabel(sentence("pdf_months", language), fontsize=8)
    axes.set_ylabel(sentence("pdf_survival", language), fontsize=8)


def _overprint(page: "Figure", language: str) -> None:
    """Say across the page what a model that learnt from phantoms does not know."""
    text = "\n".join(textwrap.wrap(sentence("pdf_overprint", language), 26))
    above_all = page.add_axes((0, 0, 1, 1), zorder=10)
    above_all.set_axis_off()
    above_all.text(
        0.5,
        0.5,
        text,
        fontsize=34,
        color=OVERPRINT_COLOR,
        alpha=0.4,
        rotation=35,
        ha="center",
        va="center",
    )
