"""A case report as PDF, A4: what the HTML report shows, with vector figures and its own font.

No browser is needed. Latin and Chinese type come from one embedded font, so that the page looks
the same wherever it is opened.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import CaseView
from dlcs_core.report.document import case_facts, provenance_rows
from dlcs_core.report.svg_on_pdf import draw_svg
from dlcs_core.translation import sentence

FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansSC-subset.ttf"
FONT = "Noto"

MARGIN_MM, WIDTH_MM = 14.0, 182.0
INK, QUIET, ACCENT, RULE = "#1c2733", "#4d5b69", "#a34600", "#d5dde5"

_TITLE, _STATEMENT, _HEADING, _TEXT, _SMALL = 17.0, 15.0, 11.5, 9.5, 8.0
"""Sizes of type in points."""
_ICONS_MM = 68.0


def case_pdf(
    report: CaseReport,
    language: str = "en",
    view: CaseView | None = None,
    *,
    notes: Sequence[str] = (),
    printed_at: datetime | None = None,
) -> bytes:
    """Return a case report as PDF.

    Parameters
    ----------
    report : CaseReport
        The assessment. No identifier of the patient is printed; the page leaves a line for it.
    language : str
        ``"en"`` or ``"zh"``.
    view : CaseView, optional
        Native slices, nomogram and the risk groups' curves; as in
        :func:`dlcs_core.report.document.case_html`.
    notes : sequence of str
        Further lines under the statement, already worded: how often the study was assessed.
    printed_at : datetime, optional
        Date on the page; now by default.

    Returns
    -------
    bytes
        A4 pages; text stays text, figures stay vectors.
    """
    printed_at = printed_at or datetime.now(UTC)
    facts = case_facts(report, view, language)
    pages = Pages(sentence("doc_title", language), sentence("ui_research_use", language))
    pages.set_creation_date(printed_at)
    pages.add_page()
    _draw_top(pages, facts, language)
    _draw_statement(pages, facts, notes, language)
    _draw_slices(pages, report, facts, language)
    _draw_tables(pages, report, facts, language)
    _draw_survival(pages, report, facts, language)
    _draw_rest(pages, facts, provenance_rows(report, printed_at, language), language)
    return bytes(pages.output())


class Pages(FPDF):
    """A4 pages of this report: one font, the notice at every foot."""

    def __init__(self, title: str, notice: str) -> None:
        super().__init__(format="A4", unit="mm")
        self.notice = notice
        self.set_title(title)
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=MARGIN_MM + 4)
        self.add_font(FONT, "", FONT_FILE)
        self.set_font(FONT, size=_TEXT)

    def footer(self) -> None:
        """Print the notice and the page's number."""
        self.set_y(-MARGIN_MM)
        self.write_line(f"{self.notice}   {self.page_no()}", _SMALL, QUIET)

    def write_line(self, text: str, size: float = _TEXT, color: str = INK, **more: Any) -> None:
        """Write a paragraph over the page's width and go below it."""
        self.set_font(FONT, size=size)
        self.set_text_color(color)
        box: dict[str, Any] = {"w": 0, "align": "L", **more}
        self.multi_cell(h=size * 0.5, text=typable(text), new_x="LMARGIN", new_y="NEXT", **box)

    def heading(self, text: str, room_mm: float = 30.0) -> None:
        """Write a heading, on the next page where what follows has no room."""
        if self.will_page_break(room_mm):
            self.add_page()
        self.ln(2)
        self.write_line(text, _HEADING)
        self.ln(0.5)

    def figure(self, svg: str, width_mm: float, x_mm: float = MARGIN_MM) -> None:
        """Draw a figure here and go below it."""
        self.set_y(self.get_y() + draw_svg(self, svg, x_mm, self.get_y(), width_mm))

    def rows(
        self, rows: Sequence[Sequence[str]], widths: Sequence[float], head: Sequence[str] = ()
    ) -> None:
        """Write a table with thin rules; ``widths`` in mm."""
        self.set_font(FONT, size=_TEXT - 0.5)
        self.set_text_color(INK)
        self.set_draw_color(RULE)
        self.set_line_width(0.2)
        style = FontFace(color=QUIET, emphasis="")
        with self.table(
            width=sum(widths), col_widths=tuple(widths), align="LEFT", line_height=4.6, padding=0.4,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES, headings_style=style,
            first_row_as_headings=bool(head), text_align="LEFT",
        ) as table:  # fmt: skip
            for row in ([head] if head else []) + list(rows):
                drawn = table.row()
                for cell in row:
                    drawn.cell(typable(cell))
        self.set_x(self.l_margin)


def typable(text: str) -> str:
    """Return a text that the font can set: it has no raised 9, the power in a unit.

    Examples
    --------
    >>> typable("4.2 10⁹/L")
    '4.2 10^9/L'
    """
    return text.replace("⁹", "^9")


def _draw_top(pages: Pages, facts: dict[str, Any], language: str) -> None:
    pages.write_line(sentence("doc_title", language), _TITLE)
    pages.write_line(sentence("doc_patient", language) + " ______________________", _TEXT, QUIET)
    pages.write_line(sentence("ui_research_use", language), _TEXT, ACCENT)
    if facts["overprinted"]:
        pages.set_draw_color(ACCENT)
        pages.set_line_width(0.8)
        pages.ln(1)
        pages.write_line(sentence("ui_overprint", language), 14, ACCENT, border=1, align="C")
    elif facts["report"].bundle.synthetic_training_data:
        pages.write_line(sentence("ui_synthetic_case", language), _TEXT, ACCENT)
    pages.ln(2)


def _draw_statement(
    pages: Pages, facts: dict[str, Any], notes: Sequence[str], language: str
) -> None:
    leading = facts["headline"]
    if leading is None:
        pages.write_line(sentence("doc_abstained", language), _STATEMENT)
        for reason in facts["reasons"]:
            pages.write_line(f"• {reason}")
        return
    good, poor = leading["good"], leading["poor"]
    top = pages.get_y()
    height = draw_svg(
        pages, str(leading["icons"]), MARGIN_MM + WIDTH_MM - _ICONS_MM, top, _ICONS_MM
    )
    well, bad = (sentence(code, language, count=count) for code, count in
                 (("fig_respond_well", good), ("fig_respond_not", poor)))  # fmt: skip
    pages.set_xy(MARGIN_MM + WIDTH_MM - _ICONS_MM, top + height + 1)
    pages.write_line(f"{well} · {bad}", _SMALL, QUIET)
    pages.set_xy(MARGIN_MM, top)
    width = WIDTH_MM - _ICONS_MM - 6
    pages.write_line(sentence(leading["code"], language, good=good, poor=poor), _STATEMENT, w=width)
    pages.ln(1)
    pages.write_line(sentence("ui_reference_class", language), w=width)
    for line in (*facts["uncertainty"], leading["source"], *notes):
        pages.write_line(line, _SMALL, QUIET, w=width)
    pages.set_y(max(pages.get_y(), top + height + 6))


def _draw_slices(pages: Pages, report: CaseReport, facts: dict[str, Any], language: str) -> None:
    slices = facts["figures"]["slices"]
    width = (WIDTH_MM - 6) / 3
    pages.heading(sentence("ui_slices", language), room_mm=width + 16)
    top = pages.get_y()
    for place, (number, is_key, svg) in enumerate(slices):
        x = MARGIN_MM + place * (width + 3)
        height = draw_svg(pages, str(svg), x, top, width)
        pages.set_xy(x, top + height)
        caption = sentence("ui_slice_key" if is_key else "ui_slice_number", language, number=number)
        pages.set_font(FONT, size=_SMALL)
        pages.set_text_color(QUIET)
        pages.cell(width, 4.5, caption)
    pages.set_xy(MARGIN_MM, top + width + 4.5)
    caption = "ui_slices_caption" if report.abstained else "ui_heat_caption"
    pages.write_line(sentence(caption, language), _SMALL, QUIET)


def _draw_tables(pages: Pages, report: CaseReport, facts: dict[str, Any], language: str) -> None:
    """Write study and signatures side by side, then the nomogram."""
    top = pages.get_y()
    pages.heading(sentence("ui_study", language))
    pages.rows(facts["study_rows"], (42, 62))
    if report.abstained:
        return
    bottom = pages.get_y()
    pages.set_left_margin(MARGIN_MM + 110)
    pages.set_y(top)
    pages.heading(sentence("ui_signatures", language))
    head = ("", sentence("fig_signature_probability", language))
    pages.rows(facts["signature_rows"], (32, 40), head)
    pages.set_left_margin(MARGIN_MM)
    pages.set_y(max(bottom, pages.get_y()))
    if facts["point_rows"]:
        pages.heading(sentence("ui_nomogram", language), room_mm=75)
        nomogram = str(facts["figures"]["nomogram"])
        if nomogram:
            pages.figure(nomogram, WIDTH_MM * 0.75)
        codes = ("ui_variable", "ui_value", "fig_points")
        pages.rows(facts["point_rows"], (70, 70, 42), [sentence(code, language) for code in codes])


def _draw_survival(pages: Pages, report: CaseReport, facts: dict[str, Any], language: str) -> None:
    if not facts["survival_rows"]:
        return
    pages.heading(sentence("ui_survival", language), room_mm=100)
    pages.figure(str(facts["figures"]["survival"]), WIDTH_MM * 0.8)
    origin = sentence("ui_survival_origin", language, origin=facts["time_origin"])
    pages.write_line(f"{origin} {sentence('ui_reference_class', language)}", _SMALL, QUIET)
    codes = ("ui_month", "ui_alive", "ui_ci95")
    pages.rows(facts["survival_rows"], (40, 40, 60), [sentence(code, language) for code in codes])
    pages.write_line(sentence(f"ui_risk_group_{report.survival.risk_group}", language), _SMALL)


def _draw_rest(
    pages: Pages, facts: dict[str, Any], provenance: Sequence[Sequence[str]], language: str
) -> None:
    """Write the form, the warnings and what the report was made with."""
    pages.heading(sentence("ui_clinical_form", language), room_mm=60)
    pairs = facts["form_rows"]
    half = (len(pairs) + 1) // 2
    filled = [*pairs, ("", "")][: 2 * half]
    rows = [(*filled[i], *filled[half + i]) for i in range(half)]
    pages.rows(rows, (48, 43, 48, 43))
    if facts["warnings"]:
        pages.heading(sentence("ui_warnings", language, count=len(facts["warnings"])))
        for warning in facts["warnings"]:
            pages.write_line(f"• {warning}", _SMALL + 0.5)
    pages.heading(sentence("ui_provenance", language), room_mm=34)
    pages.rows(provenance, (48, 134))
