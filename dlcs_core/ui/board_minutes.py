"""Minutes to take away, and how board and model did; made from the store when asked for."""

from functools import partial

import streamlit as st

from dlcs_core.report.case_view import headline
from dlcs_core.report.minutes import (
    Minutes,
    MinutesCase,
    performance_lines,
    performance_rows,
)
from dlcs_core.report.minutes_performance import (
    BoardPerformance,
    JudgedCase,
    board_performance,
    share_of_good,
)
from dlcs_core.store.board import AgendaCase, Board, Seat, read_board, read_revealed_case
from dlcs_core.store.board_case import RevealedCase
from dlcs_core.ui.board_seat import store
from dlcs_core.ui.downloads import PPTX
from dlcs_core.ui.words import language, say

Revealed = dict[int, RevealedCase]


def show_minutes(board: Board, seat: Seat) -> None:
    """Draw the downloads and how board and model did so far."""
    st.subheader(say("board_minutes_title"))
    with st.container(horizontal=True):
        st.download_button(
            "PDF", data=partial(_pdf, seat, language()), file_name="dlcs-minutes.pdf",
            mime="application/pdf", icon=":material/picture_as_pdf:", on_click="ignore",
            key="board_minutes_pdf", disabled=not board.cases,
        )  # fmt: skip
        st.download_button(
            "PPTX", data=partial(_pptx, seat, language()), file_name="dlcs-minutes.pptx",
            mime=PPTX, icon=":material/slideshow:", on_click="ignore", key="board_minutes_pptx",
            disabled=not board.cases,
        )  # fmt: skip
    if any(case.outcome.trg is not None for case in board.cases):
        _show_performance(_performance(board, _revealed(board, seat)))


def _show_performance(found: BoardPerformance) -> None:
    with st.container(key="board_performance"):
        st.subheader(say("board_performance"))
        rows = performance_rows(found, language())
        if rows:
            head, *body = rows
            st.table([dict(zip(head, row, strict=True)) for row in body], border="horizontal")
        for line in performance_lines(found, language()):
            st.caption(line)


def _pdf(seat: Seat, code: str) -> bytes:
    from dlcs_core.report.minutes_pdf import minutes_pdf

    return minutes_pdf(_minutes(seat), code)


def _pptx(seat: Seat, code: str) -> bytes:
    from dlcs_core.report.minutes_slides import minutes_pptx

    return minutes_pptx(_minutes(seat), code)


def _minutes(seat: Seat) -> Minutes:
    """Gather a meeting as it stands now."""
    board = read_board(store(), seat)
    revealed = _revealed(board, seat)
    chair_first = sorted(board.members, key=lambda member: not member.is_chair)
    return Minutes(
        code=board.code,
        started_at=board.started_at,
        members=tuple(member.name for member in chair_first if member.name),
        cases=tuple(_case(case, revealed.get(case.case_id)) for case in board.cases),
        performance=_performance(board, revealed),
    )


def _revealed(board: Board, seat: Seat) -> Revealed:
    return {
        case.case_id: read_revealed_case(store(), seat, case.case_id)
        for case in board.cases
        if case.revealed_at is not None
    }


def _case(case: AgendaCase, found: RevealedCase | None) -> MinutesCase:
    return MinutesCase(
        label=case.label,
        report=found.report if found else None,
        view=found.view if found else None,
        responses=tuple(vote.response for vote in case.votes),
        plans=tuple(vote.plan for vote in case.votes),
        plan=case.decision.plan,
        decision=case.decision.text,
        dissent=case.decision.dissent,
        follow_up=case.decision.follow_up,
        **vars(case.outcome),
    )


def _performance(board: Board, revealed: Revealed) -> BoardPerformance:
    cases = [case for case in board.cases if case.case_id in revealed]
    return board_performance([_judged(case, revealed[case.case_id]) for case in cases])


def _judged(case: AgendaCase, found: RevealedCase) -> JudgedCase:
    leading = headline(found.report)
    read = found.report.survival.at_horizons
    return JudgedCase(
        model=leading.probability if leading else None,
        board=share_of_good([vote.response for vote in case.votes]),
        trg=case.outcome.trg,
        survival=() if read is None else tuple(zip(read.times_months, read.survival, strict=True)),
        os_months=case.outcome.os_months,
        os_event=case.outcome.os_event,
    )
