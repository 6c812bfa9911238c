"""What the board decided, and later what became of the patient; kept as it is written."""

from typing import Any

import streamlit as st

from dlcs_core.store.board import PLANS, AgendaCase, Board, Decision, Seat
from dlcs_core.store.board_case import Outcome
from dlcs_core.store.board_changes import MOST_MONTHS, record_decision, record_outcome
from dlcs_core.store.board_tables import MAX_TEXT
from dlcs_core.ui.board_agenda import Attempt
from dlcs_core.ui.words import plain, say

TRG_GRADES = (0, 1, 2, 3)


def show_decision(board: Board, case: AgendaCase, seat: Seat, attempt: Attempt) -> None:
    """Draw the decision: fields for the chair, text for everybody else."""
    with st.container(border=True, key="board_decision"):
        st.subheader(say("board_decision"))
        if board.me.is_chair:
            _decision_fields(case, seat, attempt)
        else:
            st.markdown("\n".join(f"- {line}" for line in decision_lines(case.decision)))


def decision_lines(decision: Decision) -> list[str]:
    """Return a decision as lines of Markdown that show typed text as it is."""
    plan = say(f"board_plan_{decision.plan}") if decision.plan else "–"
    date = "–" if decision.follow_up is None else decision.follow_up.isoformat()
    return [
        f"{say('board_plan')}: **{plan}**",
        f"{say('board_decision_text')}: {plain(decision.text) or '–'}",
        f"{say('board_dissent')}: {plain(decision.dissent) or '–'}",
        f"{say('board_follow_up')}: {date}",
    ]


def _decision_fields(case: AgendaCase, seat: Seat, attempt: Attempt) -> None:
    keys = {name: f"board_{name}_of_{case.case_id}" for name in vars(Decision())}
    kept: dict[str, Any] = {
        "on_change": _keep_decision,
        "args": (attempt, seat, case.case_id, keys),
    }
    for name, key in keys.items():
        st.session_state.setdefault(key, getattr(case.decision, name) or None)
    left, middle, right = st.columns([0.3, 0.4, 0.3], gap="medium")
    with left:
        st.selectbox(
            say("board_plan"), PLANS, key=keys["plan"], index=None, placeholder="–",
            format_func=lambda name: say(f"board_plan_{name}"), **kept,
        )  # fmt: skip
        st.date_input(
            say("board_follow_up"), key=keys["follow_up"], value=None, format="YYYY-MM-DD", **kept
        )
    with middle:
        st.text_area(
            say("board_decision_text"), key=keys["text"], max_chars=MAX_TEXT, height=130, **kept
        )
    with right:
        st.text_area(
            say("board_dissent"), key=keys["dissent"], max_chars=MAX_TEXT, height=130, **kept
        )
    st.caption(say("board_kept_as_written"))


def _keep_decision(attempt: Attempt, seat: Seat, case_id: int, keys: dict[str, str]) -> None:
    given = {name: st.session_state.get(key) for name, key in keys.items()}
    decision = Decision(
        given["plan"] or "", given["text"] or "", given["dissent"] or "", given["follow_up"]
    )
    attempt(record_decision, seat, case_id, decision)


def show_outcome(board: Board, case: AgendaCase, seat: Seat, attempt: Attempt) -> None:
    """Draw what became of the patient: fields for the chair, a line for everybody else."""
    with st.container(border=True, key="board_outcome"):
        st.subheader(say("board_outcome"))
        if not board.me.is_chair:
            st.markdown(outcome_text(case.outcome))
            return
        _outcome_fields(case, seat, attempt)
        if case.truth is not None and case.outcome == Outcome():
            st.button(
                say("board_use_truth"), key="board_use_truth", on_click=_use_truth,
                args=(attempt, seat, case), icon=":material/science:",
            )  # fmt: skip


def outcome_text(outcome: Outcome) -> str:
    """Return what became of a patient on one line."""
    grade = "–" if outcome.trg is None else str(outcome.trg)
    months = "–" if outcome.os_months is None else f"{outcome.os_months:g}"
    return say("board_outcome_line", trg=grade, months=months, status=_status(outcome.os_event))


def _status(event: bool | None) -> str:
    return "–" if event is None else say("board_dead" if event else "board_alive")


def _outcome_keys(case_id: int) -> dict[str, str]:
    return {name: f"board_{name}_of_{case_id}" for name in vars(Outcome())}


def _outcome_fields(case: AgendaCase, seat: Seat, attempt: Attempt) -> None:
    keys = _outcome_keys(case.case_id)
    kept: dict[str, Any] = {"on_change": _keep_outcome, "args": (attempt, seat, case.case_id)}
    for name, key in keys.items():
        st.session_state.setdefault(key, getattr(case.outcome, name))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.segmented_control(say("board_trg"), TRG_GRADES, key=keys["trg"], **kept)
    with middle:
        st.number_input(
            say("board_months"), min_value=0.0, max_value=MOST_MONTHS, step=1.0, value=None,
            key=keys["os_months"], **kept,
        )  # fmt: skip
    with right:
        st.segmented_control(
            say("board_status"), (False, True), key=keys["os_event"], format_func=_status, **kept
        )


def _keep_outcome(attempt: Attempt, seat: Seat, case_id: int) -> None:
    keys = _outcome_keys(case_id)
    outcome = Outcome(**{name: st.session_state.get(key) for name, key in keys.items()})
    attempt(record_outcome, seat, case_id, outcome)


def _use_truth(attempt: Attempt, seat: Seat, case: AgendaCase) -> None:
    if case.truth is None:
        return
    for name, key in _outcome_keys(case.case_id).items():
        st.session_state[key] = getattr(case.truth, name)
    attempt(record_outcome, seat, case.case_id, case.truth)
