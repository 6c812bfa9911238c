"""A board's minutes as PDF, A4, in the case report's type."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import dlcs_core
from dlcs_core.report.minutes import (
    Minutes,
    MinutesCase,
    case_lines,
    meeting_lines,
    performance_lines,
    performance_rows,
)
from dlcs_core.report.pdf import ACCENT, FONT, QUIET, Pages
from dlcs_core.translation import sentence

_TITLE, _LABEL, _SMALL = 17.0, 12.5, 8.0


def minutes_pdf(
    minutes: Minutes, language: str = "en", *, printed_at: datetime | None = None
) -> bytes:
    """Return a meeting's minutes as PDF.

    Parameters
    ----------
    minutes : Minutes
        The meeting. Of a case that was not revealed nothing of the result is printed.
    language : str
        ``"en"`` or ``"zh"``.
    printed_at : datetime, optional
        Date on the page; now by default.

    Returns
    -------
    bytes
        A4 pages; every text stays text. A character that the embedded font lacks is a "?".
    """
    printed_at = printed_at or datetime.now(UTC)
    notice = sentence("ui_research_use", language)
    pages = Pages(sentence("board_minutes_title", language), notice)
    pages.set_creation_date(printed_at)
    pages.add_page()
    shown = _writable(pages)
    pages.write_line(sentence("board_minutes_title", language), _TITLE)
    pages.write_line(notice, color=ACCENT)
    for line in meeting_lines(minutes, language):
        pages.write_line(shown(line))
    for number, case in enumerate(minutes.cases, 1):
        _write_case(pages, number, case, shown, language)
    _write_performance(pages, minutes, language)
    printed = f"DLCS {dlcs_core.__version__} · {printed_at:%Y-%m-%d %H:%M} UTC"
    pages.write_line(printed, _SMALL, QUIET)
    return bytes(pages.output())


def _writable(pages: Pages) -> Callable[[str], str]:
    """Return what replaces characters that the font lacks: typed text may hold any."""
    known = frozenset(pages.fonts[FONT.lower()].cmap)  # type: ignore[union-attr]

    @cache
    def shown(text: str) -> str:
        return "".join(c if ord(c) in known or c in "\n⁹" else "?" for c in text)

    return shown


def _write_case(
    pages: Pages, number: int, case: MinutesCase, shown: Callable[[str], str], language: str
) -> None:
    pages.heading(shown(f"{number}. {case.label}"), room_mm=60)
    rows = [(name, shown(text)) for name, text in case_lines(case, language)]
    pages.rows(rows, (42, 140))
    if case.report is not None:
        bundle = case.report.bundle
        made = f"{bundle.name} {bundle.version} · {bundle.sha256[:16]}"
        if bundle.synthetic_training_data:
            made += f" · {sentence('ui_synthetic_case', language)}"
        pages.write_line(made, _SMALL, QUIET)


def _write_performance(pages: Pages, minutes: Minutes, language: str) -> None:
    pages.heading(sentence("board_performance", language), room_mm=60)
    rows = performance_rows(minutes.performance, language)
    if rows:
        pages.rows(rows[1:], (62, 20, 34, 40, 26), rows[0])
    for line in performance_lines(minutes.performance, language):
        pages.write_line(line, _SMALL + 0.5)
