"""model_card."""

import streamlit as st

from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("viewer")
    st.title(say("ui_model_card"))


if __name__ == "__main__":
    render()
