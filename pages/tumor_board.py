"""tumor_board."""

import streamlit as st

from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("clinician")
    st.title(say("ui_tumor_board"))


if __name__ == "__main__":
    render()
