"""Survival explorer: how differently the two risk groups live."""

import streamlit as st

from dlcs_core.ui.cache import demo_cohort, demo_survival, survival_time_origin
from dlcs_core.ui.cohort_controls import choose_cohort
from dlcs_core.ui.messages import refusals_shown, show_notices, show_synthetic_notice
from dlcs_core.ui.session import require
from dlcs_core.ui.survival_view import show_counts, show_curves, show_table
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_survival_explorer"))
    show_synthetic_notice()
    with refusals_shown():
        cohort = demo_cohort()
        name = choose_cohort(cohort, "survival_cohort")
        report = demo_survival(name)
    show_counts(report)
    show_curves(report, survival_time_origin())
    show_table(report)
    show_notices(cohort.warnings)


if __name__ == "__main__":
    render()
