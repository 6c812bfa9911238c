"""A board's minutes as a presentation: the meeting, a slide or two per case, how it went."""

from datetime import UTC, datetime

import dlcs_core
from dlcs_core.figures.theme import INK, MUTED
from dlcs_core.report.minutes import (
    Minutes,
    MinutesCase,
    case_lines,
    meeting_lines,
    performance_lines,
    performance_rows,
)
from dlcs_core.report.slide import ACCENT, Deck, add_case_slide, add_text, new_deck, saved
from dlcs_core.translation import sentence

_BLANK_LAYOUT = 6
_MOST_SHOWN = 700
"""Characters of a typed text on a slide; the whole of it is in the PDF."""


def minutes_pptx(
    minutes: Minutes, language: str = "en", *, printed_at: datetime | None = None
) -> bytes:
    """Return a meeting's minutes as 16:9 slides.

    Parameters
    ----------
    minutes, language, printed_at
        As in :func:`dlcs_core.report.minutes_pdf.minutes_pdf`.

    Returns
    -------
    bytes
        PPTX. Of a case that was not revealed nothing of the result is on it.
    """
    printed_at = printed_at or datetime.now(UTC)
    deck = new_deck()
    agenda = [f"{number}. {case.label}" for number, case in enumerate(minutes.cases, 1)]
    lines = meeting_lines(minutes, language)
    _add_slide(deck, sentence("board_minutes_title", language), [*lines, "", *agenda], language)
    for number, case in enumerate(minutes.cases, 1):
        _add_case(deck, number, case, printed_at, language)
    _add_slide(deck, sentence("board_performance", language), _performance(minutes, language),
               language)  # fmt: skip
    return saved(deck)


def _add_case(
    deck: Deck, number: int, case: MinutesCase, printed_at: datetime, language: str
) -> None:
    """Add what was decided and, once it is revealed, what was seen."""
    title = f"{number}. {case.label}"
    if case.report is not None:
        add_case_slide(deck, case.report, language, case.view, title=title, printed_at=printed_at)
    lines = [f"{name}: {text[:_MOST_SHOWN]}" for name, text in case_lines(case, language)]
    _add_slide(deck, title, lines, language)


def _performance(minutes: Minutes, language: str) -> list[str]:
    rows = performance_rows(minutes.performance, language)
    table = [" · ".join(filter(None, row)) for row in rows]
    return [*table, "", *performance_lines(minutes.performance, language)]


def _add_slide(deck: Deck, title: str, lines: list[str], language: str) -> None:
    shapes = deck.slides.add_slide(deck.slide_layouts[_BLANK_LAYOUT]).shapes
    add_text(shapes, (12, 8, 314, 14), [(title, 26, INK)], language)
    notice = sentence("ui_research_use", language)
    add_text(shapes, (12, 23, 314, 8), [(notice, 10, ACCENT)], language)
    size = 18 if sum(map(len, lines)) < 900 else 12
    add_text(shapes, (12, 34, 314, 140), [(line, size, INK) for line in lines], language)
    foot = f"{sentence('ui_board_record', language)}   DLCS {dlcs_core.__version__}"
    add_text(shapes, (12, 181, 314, 7), [(foot, 9, MUTED)], language)
