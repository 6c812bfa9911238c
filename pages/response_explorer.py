"""Response explorer: how well the signatures tell good from poor responders."""

import streamlit as st

from dlcs_core.ui.cache import demo_cohort, demo_response
from dlcs_core.ui.cohort_controls import choose_cohort
from dlcs_core.ui.messages import refusals_shown, show_notices, show_synthetic_notice
from dlcs_core.ui.response_view import show_counts, show_figures, show_tables
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_response_explorer"))
    show_synthetic_notice()
    with refusals_shown():
        cohort = demo_cohort()
        name = choose_cohort(cohort, "response_cohort")
        report = demo_response(name)
    show_counts(report, name)
    show_figures(report)
    show_tables(report)
    show_notices((*cohort.warnings, *report.warnings))


if __name__ == "__main__":
    render()
