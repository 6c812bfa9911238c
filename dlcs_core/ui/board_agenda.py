"""The agenda: its order, the demo cases, and taking a case off."""

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from dlcs_core.clinical.record import read_record
from dlcs_core.errors import DlcsError
from dlcs_core.store.board import AgendaCase, Board, Seat
from dlcs_core.store.board_case import NewCase, Outcome
from dlcs_core.store.board_changes import add_case, go_to_case, move_case, remove_case
from dlcs_core.ui.assessment import assess
from dlcs_core.ui.board_seat import store
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.demo_cases import DemoCase, demo_cases
from dlcs_core.ui.opened_study import open_demo_case
from dlcs_core.ui.words import plain, say

MOST_DEMO_CASES = 5
"""Put on the agenda by one click: enough for a rehearsal, a few seconds of computing."""

Attempt = Callable[..., None]


def add_demo_cases(seat: Seat) -> None:
    """Assess the demo cases and put them on the agenda; one that is refused is left out.

    Their labels tell nothing of what they are drawn to be.
    """
    added = 0
    for case in demo_cases():
        if added == MOST_DEMO_CASES:
            return
        try:
            _add_demo_case(seat, case, say("board_demo_label", number=added + 1))
            added += 1
        except DlcsError as refusal:
            st.session_state["board_left_out"] = refusal
    if not added:
        st.session_state.setdefault("board_refusal", DlcsError("ui_no_demo_cases"))


def _add_demo_case(seat: Seat, case: DemoCase, label: str) -> None:
    record, notices = read_record(case.clinical)
    assessed = assess(open_demo_case(case), record, served_bundle(), notices)
    add_case(
        store(), seat,
        NewCase(label, assessed.inputs, assessed.report, assessed.view, assessed.history,
                _truth(case)),
    )  # fmt: skip


def _truth(case: DemoCase) -> Outcome:
    """Return what became of a phantom."""
    about = case.clinical.parent / "case.json"
    facts = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
    truth = facts.get("truth", {})
    event = truth.get("os_event")
    return Outcome(case.trg, truth.get("os_months"), None if event is None else bool(event))


def show_agenda(board: Board, seat: Seat, attempt: Attempt) -> None:
    """Draw the agenda; the chair's has buttons for the order."""
    st.subheader(say("board_agenda"))
    if not board.cases:
        st.info(say("board_agenda_empty"))
        st.button(say("board_add_demo"), key="board_add_demo", type="primary",
                  on_click=add_demo_cases, args=(seat,))  # fmt: skip
        return
    for place, case in enumerate(board.cases):
        _show_row(board, seat, case, place, attempt)
    if board.me.is_chair:
        st.caption(say("board_order_hint"))


def _show_row(board: Board, seat: Seat, case: AgendaCase, place: int, attempt: Attempt) -> None:
    chair, key = board.me.is_chair, case.case_id
    is_current = board.current is not None and board.current.case_id == key
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="xxsmall",
                      key=f"board_row_{key}"):  # fmt: skip
        st.button(
            f"{place + 1}. {plain(case.label)}", key=f"board_go_{key}", on_click=attempt,
            args=(go_to_case, seat, key), disabled=not chair, width="stretch",
            type="primary" if is_current else "secondary", help=_state_text(case),
            icon=":material/visibility:" if case.revealed_at else ":material/how_to_vote:",
        )  # fmt: skip
        if not chair:
            return
        for name, icon, by in (("up", "arrow_upward", -1), ("down", "arrow_downward", 1)):
            st.button("", icon=f":material/{icon}:", key=f"board_{name}_{key}", type="tertiary",
                      help=say(f"board_move_{name}"), on_click=attempt,
                      args=(move_case, seat, key, by))  # fmt: skip
        st.button("", icon=":material/close:", key=f"board_remove_{key}", type="tertiary",
                  help=say("board_remove"), on_click=attempt, args=(remove_case, seat, key),
                  disabled=case.revealed_at is not None)  # fmt: skip


def _state_text(case: AgendaCase) -> Any:
    if case.revealed_at:
        return say("board_state_revealed")
    return say("board_state_votes", count=case.n_votes)
