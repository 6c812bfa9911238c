"""A result of the case review onto a board's agenda."""

import streamlit as st

from dlcs_core.errors import DlcsError
from dlcs_core.store.board_case import NewCase
from dlcs_core.store.board_changes import add_case, join_board, start_board
from dlcs_core.store.board_tables import MAX_LABEL
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.board_seat import current_seat, sit_down, store
from dlcs_core.ui.messages import show_refusal
from dlcs_core.ui.words import say


def show_add_to_board(case: AssessedCase) -> None:
    """Draw the button that saves a case for a board, with a label that the user types."""
    with st.popover(
        say("board_add"), icon=":material/groups:", disabled=case.view.overprinted, key="board_add"
    ):
        if case.view.overprinted:
            return
        label = st.text_input(
            say("board_label"), key="board_add_label", max_chars=MAX_LABEL,
            help=say("board_label_help"),
        )  # fmt: skip
        seat = current_seat()
        code = "" if seat else st.text_input(say("board_add_code"), key="board_add_code")
        if seat:
            st.caption(say("board_code_shown", board=seat.code))
        if st.button(say("board_add"), type="primary", key="board_add_now", disabled=not label):
            _add(case, label, code)
    if case.view.overprinted:
        st.caption(say("board_refuses_phantom_model"))


def _add(case: AssessedCase, label: str, code: str) -> None:
    """Save the case in this visit's meeting, in the one that was named, or in a new one."""
    try:
        seat = current_seat()
        if seat is None:
            seat = join_board(store(), code) if code.strip() else start_board(store())
            sit_down(seat)
        new = NewCase(label, case.inputs, case.report, case.view, case.history)
        add_case(store(), seat, new)
    except DlcsError as refusal:
        show_refusal(refusal)
        return
    st.success(say("board_added", board=seat.code))
