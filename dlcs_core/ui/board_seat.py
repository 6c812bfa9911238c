"""Which meeting this visit sits in: its code and seat stand in the address, the rest in the store.

A reload, another tab of the same browser or a restart of the server finds the same seat again.
Who is to join gets the address without the seat.
"""

import streamlit as st

from dlcs_core.store.board import Seat
from dlcs_core.store.database import Database, open_database
from dlcs_core.ui.settings import read_settings

CODE, SEAT, PRESENT = "board", "seat", "present"
"""Names in the address."""

_KEPT = "board_kept_seat"

_database = st.cache_resource(show_spinner=False)(open_database)
"""One connection pool per address."""


def store() -> Database:
    """Return the open database.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    return _database(read_settings().database_url)


def current_seat() -> Seat | None:
    """Return this visit's seat; None outside any meeting."""
    code, token = st.query_params.get(CODE), st.query_params.get(SEAT)
    if _KEPT not in st.session_state and code and token:
        st.session_state[_KEPT] = (code, token)
    kept = st.session_state.get(_KEPT)
    return Seat(*kept) if kept else None


def invited_code() -> str:
    """Return the code of an invitation in the address; ``""`` without one."""
    return st.query_params.get(CODE, "") if SEAT not in st.query_params else ""


def sit_down(seat: Seat) -> None:
    """Take a seat for the rest of this visit."""
    st.session_state[_KEPT] = (seat.code, seat.token)


def write_address(seat: Seat) -> None:
    """Keep the seat in the address, so that a reload finds it; only the board's page calls it."""
    if st.query_params.get(SEAT) != seat.token or st.query_params.get(CODE) != seat.code:
        st.query_params[CODE] = seat.code
        st.query_params[SEAT] = seat.token


def stand_up() -> None:
    """Leave the meeting; the seat stays taken."""
    st.session_state.pop(_KEPT, None)
    for name in (CODE, SEAT, PRESENT):
        if name in st.query_params:
            del st.query_params[name]
