"""Cohort profile: who the patients are, by response."""

import streamlit as st

from dlcs_core.report.cohort import rows_of
from dlcs_core.report.profile import cohort_profile
from dlcs_core.ui.cache import demo_cohort
from dlcs_core.ui.cohort_controls import choose_cohort
from dlcs_core.ui.messages import refusals_shown, show_notices, show_synthetic_notice
from dlcs_core.ui.profile_view import show_distribution, show_table
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_cohort_profile"))
    show_synthetic_notice()
    with refusals_shown():
        cohort = demo_cohort()
        table = rows_of(cohort, choose_cohort(cohort, "profile_cohort"))
        profiles = cohort_profile(table)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_table(profiles)
    with right:
        show_distribution(table, profiles)
    show_notices(cohort.warnings)


if __name__ == "__main__":
    render()
