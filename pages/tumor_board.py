"""Tumour board: a meeting over saved cases, its blind vote, the result, decision and minutes."""

import streamlit as st

from dlcs_core.ui.board import show_board
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("clinician")
    st.title(say("ui_tumor_board"))
    with refusals_shown():
        show_board()


if __name__ == "__main__":
    render()
