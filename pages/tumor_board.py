"""Tumour board: the prepared cases one after another, large, the result on a key."""

import streamlit as st

from dlcs_core.ui.board import show_case, step
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.demo_cases import demo_cases
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("clinician")
    cases = demo_cases()
    st.title(say("ui_tumor_board"))
    if not cases:
        st.info(say("ui_no_demo_cases"))
        return
    with refusals_shown():
        bundle = served_bundle()
    case = cases[step(len(cases))]
    show_case(case, bundle)
    st.caption(say("ui_board_record"))


if __name__ == "__main__":
    render()
