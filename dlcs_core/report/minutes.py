"""A board's minutes as data, and their sentences: the same in PDF and presentation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dlcs_core.figures.icon_array import of_hundred
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import CaseView, frequency_code, headline, reasons
from dlcs_core.report.minutes_performance import BoardPerformance, Forecasts, Part
from dlcs_core.translation import sentence, sentence_of


@dataclass(frozen=True, eq=False)
class MinutesCase:
    """One case of a meeting.

    Attributes
    ----------
    label : str
        Typed by a user.
    report, view : CaseReport, CaseView or None
        None for a case that was not revealed: nothing of its result is printed.
    responses, plans : tuple of str
        Votes by their codes, in no order that tells whose.
    plan : str
        Code of what was decided; ``""`` without.
    decision, dissent : str
        Typed by the chair.
    follow_up : date or None
        When the board looks at the case again.
    trg, os_months, os_event : int, float, bool or None
        What became of the patient, as far as known.
    """

    label: str
    report: CaseReport | None
    view: CaseView | None
    responses: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    plan: str = ""
    decision: str = ""
    dissent: str = ""
    follow_up: date | None = None
    trg: int | None = None
    os_months: float | None = None
    os_event: bool | None = None


@dataclass(frozen=True, eq=False)
class Minutes:
    """A meeting.

    Attributes
    ----------
    code : str
        By which the meeting is found again.
    started_at : datetime
        In UTC.
    members : tuple of str
        Names as typed, the chair's first.
    cases : tuple of MinutesCase
        In the order of the agenda.
    performance : BoardPerformance
        How board and model did.
    """

    code: str
    started_at: datetime
    members: tuple[str, ...]
    cases: tuple[MinutesCase, ...]
    performance: BoardPerformance


def meeting_lines(minutes: Minutes, language: str) -> list[str]:
    """Return what stands under the title."""
    names = ", ".join(minutes.members) or "–"
    return [
        sentence("board_minutes_meeting", language, board=minutes.code,
                 date=f"{minutes.started_at:%Y-%m-%d}"),
        sentence("board_minutes_members", language, names=names),
        sentence("ui_board_record", language),
    ]  # fmt: skip


def model_line(case: MinutesCase, language: str) -> str:
    """Return what the model said of a case, or why it said nothing."""
    if case.report is None:
        return sentence("board_minutes_not_revealed", language)
    leading = headline(case.report)
    if leading is None:
        why = " ".join(sentence_of(reason, language) for reason in reasons(case.report))
        return f"{sentence('doc_abstained', language)} {why}"
    good = of_hundred(leading.probability)
    return sentence(frequency_code("doc_natural_frequency", good), language,
                    good=good, poor=100 - good)  # fmt: skip


def case_lines(case: MinutesCase, language: str) -> list[tuple[str, str]]:
    """Return the record of one case: name and text of each line."""
    lines = [(sentence("board_minutes_model", language), model_line(case, language))]
    if case.report is None:
        return lines
    plan = sentence(f"board_plan_{case.plan}", language) if case.plan else "–"
    follow_up = case.follow_up.isoformat() if case.follow_up else "–"
    lines += [
        (sentence("board_response", language), _counted("response", case.responses, language)),
        (sentence("board_plan", language), _counted("plan", case.plans, language)),
        (sentence("board_decision", language), plan),
        (sentence("board_decision_text", language), case.decision or "–"),
        (sentence("board_dissent", language), case.dissent or "–"),
        (sentence("board_follow_up", language), follow_up),
    ]
    if case.trg is not None or case.os_months is not None or case.os_event is not None:
        lines.append((sentence("board_outcome", language), _outcome(case, language)))
    return lines


def _counted(part: str, votes: Sequence[str], language: str) -> str:
    counts = Counter(votes).most_common()
    named = (f"{sentence(f'board_{part}_{name}', language)}: {n}" for name, n in counts)
    return " · ".join(named) or sentence("board_no_votes", language)


def _outcome(case: MinutesCase, language: str) -> str:
    grade = "–" if case.trg is None else str(case.trg)
    months = "–" if case.os_months is None else f"{case.os_months:g}"
    status = "–"
    if case.os_event is not None:
        status = sentence("board_dead" if case.os_event else "board_alive", language)
    return sentence("board_outcome_line", language, trg=grade, months=months, status=status)


def performance_rows(found: BoardPerformance, language: str) -> list[tuple[str, ...]]:
    """Return how board and model did: forecaster, cases, expected, observed, Brier score.

    The head of the table is the first row; no row where there is nothing to judge.
    """
    if found.model is None or found.board is None:
        return []
    codes = ("board_who", "board_n_cases", "board_expected_good", "board_observed_good",
             "board_brier")  # fmt: skip
    rows = [tuple(sentence(code, language) for code in codes)]
    for who, forecasts in (("board", found.board), ("model", found.model)):
        rows += _forecaster_rows(sentence(f"board_who_{who}", language), forecasts, language)
    return rows


def _forecaster_rows(who: str, found: Forecasts, language: str) -> list[tuple[str, ...]]:
    rows = [_part_row(who, found.whole, f"{found.brier:.3f}")]
    for name, part in (("low", found.low), ("high", found.high)):
        if part is not None:
            rows.append(_part_row(f"{who}, {sentence(f'board_part_{name}', language)}", part, ""))
    return rows


def _part_row(name: str, part: Part, brier: str) -> tuple[str, ...]:
    observed = f"{part.n_good} ({part.observed.low:.0%} – {part.observed.high:.0%})"
    return name, str(part.n), f"{part.expected:.1f}", observed, brier


def performance_lines(found: BoardPerformance, language: str) -> list[str]:
    """Return what must be said beside the table, and the model's survival against what came."""
    if found.model is None:
        return [sentence("board_nothing_to_judge", language)]
    lines = [sentence("board_small_counts", language, n=found.n, without=found.n_without)]
    return lines + [
        sentence("board_alive_at", language, month=f"{one.month:g}", n=one.n,
                 expected=f"{one.expected:.1f}", alive=one.n_alive)
        for one in found.alive
    ]  # fmt: skip
