"""The tumour board's frame: start or join a meeting, its bar, the agenda and the projector."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dlcs_core.errors import DlcsError
from dlcs_core.store.board import Board, Seat, board_version, read_board
from dlcs_core.store.board_changes import (
    go_to_case,
    join_board,
    name_member,
    start_board,
    take_chair,
)
from dlcs_core.ui.board_agenda import add_demo_cases, show_agenda
from dlcs_core.ui.board_case import show_board_case
from dlcs_core.ui.board_minutes import show_minutes
from dlcs_core.ui.board_seat import (
    PRESENT,
    current_seat,
    invited_code,
    sit_down,
    stand_up,
    store,
    write_address,
)
from dlcs_core.ui.messages import show_refusal
from dlcs_core.ui.words import plain, say, sentence_shown

POLL_SECONDS = 1.5
"""How soon one browser sees what another one did."""

STYLE = """<style>
[class*="st-key-board_"] [data-testid="InputInstructions"] { display: none; }
.st-key-board_bar p { font-size: 1.05rem; }
.st-key-board_code p { font-size: 1.15rem; font-variant-numeric: tabular-nums; }
</style>"""

PROJECTOR_STYLE = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"] {
  display: none;
}
[data-testid="stMainBlockContainer"] { padding: 0.75rem 2rem 2rem; }
h1 { font-size: 1.1rem !important; padding: 0 !important; }
.st-key-board_projector h3 { font-size: 1.6rem; }
.st-key-board_projector h2 { font-size: 2.4rem; }
.st-key-board_projector p, .st-key-board_projector button p, .st-key-board_projector label p,
.st-key-board_projector li, .st-key-board_projector td, .st-key-board_projector th,
.st-key-board_projector textarea { font-size: 1.35rem !important; line-height: 1.4; }
.st-key-board_projector .st-key-statement p { font-size: 2.3rem !important; }
</style>"""


def attempt(change: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    """Make a change from a widget's callback; a refusal stands above the page in the next run."""
    try:
        change(store(), *arguments, **named)
    except DlcsError as refusal:
        st.session_state["board_refusal"] = refusal


def show_board() -> None:
    """Draw the meeting of this visit, or the way into one."""
    st.html(STYLE)
    refusal = st.session_state.pop("board_refusal", None)
    if refusal is not None:
        show_refusal(refusal)
    left_out = st.session_state.pop("board_left_out", None)
    if left_out is not None:
        st.info(say("board_demo_left_out", reason=sentence_shown(left_out)))
    seat = current_seat()
    board = None if seat is None else _found(seat)
    if seat is None or board is None:
        _show_entrance()
        return
    write_address(seat)
    _watch(seat.code, board.version)
    presenting = st.query_params.get(PRESENT) == "1"
    with st.container(key="board_projector" if presenting else "board_desk"):
        if presenting:
            st.html(PROJECTOR_STYLE)
        _show_bar(board, seat, presenting)
        if presenting:
            show_board_case(board, seat, attempt, large=True)
            return
        agenda, case = st.columns([0.25, 0.75], gap="large")
        with agenda:
            show_agenda(board, seat, attempt)
            show_minutes(board, seat)
        with case:
            show_board_case(board, seat, attempt, large=False)


def _found(seat: Seat) -> Board | None:
    try:
        return read_board(store(), seat)
    except DlcsError as refusal:
        show_refusal(refusal)
        return None


@st.fragment(run_every=POLL_SECONDS)
def _watch(code: str, seen: int) -> None:
    """Run the page again once somebody else has changed the meeting."""
    try:
        changed = board_version(store(), code) != seen
    except DlcsError as refusal:
        show_refusal(refusal)
        return
    if changed:
        st.rerun()


def _show_entrance() -> None:
    """Draw the ways into a meeting."""
    st.markdown(say("board_entrance"))
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True, key="board_start_box"):
        st.subheader(say("board_start_title"))
        st.markdown(say("board_start_text"))
        with st.container(horizontal=True):
            st.button(say("board_start_demo"), type="primary", key="board_start_demo",
                      on_click=_start, kwargs={"demo": True}, icon=":material/groups:")  # fmt: skip
            st.button(say("board_start_empty"), key="board_start_empty",
                      on_click=_start, kwargs={"demo": False})  # fmt: skip
    with right, st.container(border=True, key="board_join_box"):
        st.subheader(say("board_join_title"))
        st.text_input(say("board_code"), value=invited_code(), key="board_join_code", max_chars=20)
        st.button(say("board_join"), key="board_join", on_click=_join, icon=":material/login:")


def _start(*, demo: bool) -> None:
    try:
        seat = start_board(store())
    except DlcsError as refusal:
        st.session_state["board_refusal"] = refusal
        return
    sit_down(seat)
    if demo:
        add_demo_cases(seat)


def _join() -> None:
    try:
        sit_down(join_board(store(), st.session_state.get("board_join_code", "")))
    except DlcsError as refusal:
        st.session_state["board_refusal"] = refusal


def _show_bar(board: Board, seat: Seat, presenting: bool) -> None:
    """Draw who sits here, the steps through the agenda and the switch to the projector."""
    with st.container(horizontal=True, vertical_alignment="center", key="board_bar"):
        _show_steps(board, seat)
        with st.container(key="board_code", width="content"):
            st.markdown(say("board_code_shown", board=board.code))
        if not presenting:
            _show_meeting(board, seat)
        label = say("board_leave_presentation" if presenting else "board_present")
        st.button(label, shortcut="P", key="board_present", on_click=_present,
                  args=(not presenting,), icon=":material/present_to_all:")  # fmt: skip


def _show_steps(board: Board, seat: Seat) -> None:
    if board.current is None:
        return
    ids = [case.case_id for case in board.cases]
    place = ids.index(board.current.case_id)
    if board.me.is_chair:
        for name, key, by in (("ui_previous", "Left", -1), ("ui_next", "Right", 1)):
            target = ids[(place + by) % len(ids)]
            st.button(say(name), shortcut=key, key=f"board_{name.removeprefix('ui_')}",
                      on_click=attempt, args=(go_to_case, seat, target))  # fmt: skip
    st.markdown(say("ui_board_place", place=place + 1, count=len(ids)))


def _present(wanted: bool) -> None:
    if wanted:
        st.query_params[PRESENT] = "1"
    elif PRESENT in st.query_params:
        del st.query_params[PRESENT]


def _show_meeting(board: Board, seat: Seat) -> None:
    """Draw the member's own name, and the others behind a button."""
    key = f"board_name_{board.me.seat_id}"
    st.session_state.setdefault(key, board.me.name)
    st.text_input(
        say("board_name"), key=key, max_chars=80, label_visibility="collapsed", width=220,
        placeholder=say("board_name"), on_change=_rename, args=(seat, key),
    )  # fmt: skip
    with st.popover(say("board_members", count=len(board.members)), icon=":material/group:"):
        st.markdown("\n".join(f"- {_member_text(member)}" for member in board.members))
        st.caption(say("board_invite", board=board.code))
        st.code(f"{_address()}?board={board.code}", language=None)
        if not board.me.is_chair:
            st.button(say("board_take_chair"), key="board_take_chair", on_click=attempt,
                      args=(take_chair, seat))  # fmt: skip
        st.button(say("board_leave"), key="board_leave", on_click=stand_up)


def _rename(seat: Seat, key: str) -> None:
    attempt(name_member, seat, st.session_state[key])


def _member_text(member: Any) -> str:
    name = plain(member.name) or say("board_nameless")
    return f"{name} ({say('board_chair')})" if member.is_chair else name


def _address() -> str:
    """Return the page's own address without its query."""
    return str(st.context.url or "").split("?", 1)[0]
