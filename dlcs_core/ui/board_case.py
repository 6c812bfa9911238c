"""One case before the board: images and form, the blind vote, then everything else."""

from collections import Counter

import streamlit as st

from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import DlcsError
from dlcs_core.report.document import value_text
from dlcs_core.store.board import (
    PLANS,
    RESPONSES,
    AgendaCase,
    Board,
    Seat,
    Vote,
    read_open_case,
    read_revealed_case,
)
from dlcs_core.store.board_changes import reveal, vote
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.board_agenda import Attempt
from dlcs_core.ui.board_decision import show_decision, show_outcome
from dlcs_core.ui.board_seat import store
from dlcs_core.ui.case_result import (
    FIELD_MM,
    draw_slices,
    show_headline,
    show_reasons_why,
    show_slices,
    show_survival,
)
from dlcs_core.ui.messages import show_refusal
from dlcs_core.ui.words import language, plain, say, variable_label


def show_board_case(board: Board, seat: Seat, attempt: Attempt, *, large: bool) -> None:
    """Draw the case before the board."""
    case = board.current
    if case is None:
        st.caption(say("ui_board_record"))
        return
    st.header(plain(case.label))
    if case.synthetic:
        with st.container(key="synthetic_case"):
            st.markdown(say("ui_synthetic_case"))
    try:
        if case.revealed_at is None:
            _show_blind(board, case, seat, attempt, height=450 if large else 330)
        else:
            _show_revealed(board, case, seat, attempt, height=480 if large else 330)
    except DlcsError as refusal:
        show_refusal(refusal)
    st.caption(say("ui_board_record"))


def _show_blind(
    board: Board, case: AgendaCase, seat: Seat, attempt: Attempt, *, height: int
) -> None:
    """Draw what there is before the vote: nothing that the model said is even read."""
    opened = read_open_case(store(), seat, case.case_id)
    draw_slices(opened.slices, 0.0, FIELD_MM, height)
    left, right = st.columns([0.55, 0.45], gap="large")
    with left:
        _show_form(opened.record)
    with right, st.container(border=True, key="board_vote"):
        _show_vote(board, case, seat, attempt)


def _show_vote(board: Board, case: AgendaCase, seat: Seat, attempt: Attempt) -> None:
    st.subheader(say("board_vote_title"))
    st.caption(say("board_vote_blind"))
    keys = {part: f"board_{part}_{case.case_id}" for part in ("response", "plan")}
    for part, key in keys.items():
        st.session_state.setdefault(key, getattr(case.my_vote, part) or None)
    kept = (attempt, seat, case.case_id, keys)
    st.segmented_control(
        say("board_response"), RESPONSES, key=keys["response"], on_change=_draft, args=kept,
        format_func=lambda name: say(f"board_response_{name}"),
    )  # fmt: skip
    st.radio(
        say("board_plan"), PLANS, key=keys["plan"], index=None, on_change=_draft, args=kept,
        format_func=lambda name: say(f"board_plan_{name}"),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(say("board_cast"), type="primary", key="board_cast", on_click=_draft, args=kept,
                  kwargs={"cast": True}, disabled=not case.my_vote.complete or not board.me.name,
                  icon=":material/how_to_vote:")  # fmt: skip
        if board.me.is_chair:
            st.button(say("board_reveal"), shortcut="S", key="board_reveal", on_click=attempt,
                      args=(reveal, seat, case.case_id), icon=":material/visibility:")  # fmt: skip
    if case.my_vote_cast:
        st.success(say("board_vote_counts"))
    elif not board.me.name:
        st.info(say("board_name_first"))
    st.markdown(say("board_votes_so_far", count=case.n_votes, members=len(board.members)))


def _draft(
    attempt: Attempt, seat: Seat, case_id: int, keys: dict[str, str], *, cast: bool = False
) -> None:
    """Keep the vote as it stands: a reload finds it again."""
    choice = Vote(*(st.session_state.get(keys[part]) or "" for part in ("response", "plan")))
    attempt(vote, seat, case_id, choice, cast=cast)


def _show_revealed(
    board: Board, case: AgendaCase, seat: Seat, attempt: Attempt, *, height: int
) -> None:
    found = read_revealed_case(store(), seat, case.case_id)
    assessed = AssessedCase(str(case.case_id), found.report, found.view, found.history)
    left, right = st.columns([0.6, 0.4], gap="large")
    with left:
        show_headline(assessed)
    with right:
        _show_tally(case)
    show_slices(assessed, height=height)
    show_decision(board, case, seat, attempt)
    with st.expander(say("ui_clinical_form")):
        _show_form(found.report.record)
    if not found.report.abstained:
        show_reasons_why(assessed)
        show_survival(assessed)
    show_outcome(board, case, seat, attempt)


def _show_tally(case: AgendaCase) -> None:
    """Draw how the members voted, counted; nobody's vote is told by name."""
    with st.container(border=True, key="board_tally"):
        st.subheader(say("board_tally", count=len(case.votes)))
        for part, names in (("response", RESPONSES), ("plan", PLANS)):
            counts = Counter(getattr(one, part) for one in case.votes)
            lines = [f"- {say(f'board_{part}_{n}')}: **{counts[n]}**" for n in names if counts[n]]
            st.markdown("\n".join(lines) or say("board_no_votes"))


def _show_form(record: ClinicalRecord) -> None:
    """Draw the clinical values as a compact grid."""
    with st.grid("auto", min_column_width=170, gap="xxsmall"):
        for variable in VARIABLES:
            shown = plain(value_text(variable, record.values[variable.name], language()))
            st.caption(f"{variable_label(variable.name)}  \n**{shown}**")
