"""cohort_profile."""

import streamlit as st

from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_cohort_profile"))


if __name__ == "__main__":
    render()
