"""Survival explorer: how long the patients live, by group, by variable and by risk."""

import streamlit as st

from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cache import survival_time_origin
from dlcs_core.ui.cohort_address import keep_language
from dlcs_core.ui.cohort_charts import choose_image_format
from dlcs_core.ui.cohort_cox_view import show_cox
from dlcs_core.ui.cohort_filters import choose_selection, choose_view
from dlcs_core.ui.cohort_reports import hazard_ratios, survival, survival_by_month
from dlcs_core.ui.cohort_source import CohortInUse, choose_source
from dlcs_core.ui.cohort_survival_controls import choose_division, choose_risk, has_follow_up
from dlcs_core.ui.cohort_survival_view import show_counts, show_curves, show_performance
from dlcs_core.ui.messages import refusals_shown, show_notices, show_time_origin
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say

VIEWS = ("curves", "cox", "performance")


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_survival_explorer"))
    in_use = choose_source()
    if not has_follow_up(in_use):
        st.info(say("explorer_no_follow_up"))
        st.stop()
    with st.container(horizontal=True, vertical_alignment="center", key="cohort_controls"):
        selection = choose_selection(in_use.cohort.table)
    _show(in_use, selection)
    choose_image_format()
    keep_language()


def _show(in_use: CohortInUse, selection: Selection) -> None:
    with refusals_shown():
        with st.container(horizontal=True, vertical_alignment="bottom", key="survival_controls"):
            risk = choose_risk(in_use)
            division = choose_division(in_use, selection, risk)
        report = survival(in_use, selection, risk, division)
    show_counts(report)
    view = choose_view(VIEWS, "survival_view")
    if view == "curves":
        show_curves(report, division, hazard_ratios(in_use, selection, division))
        show_time_origin(survival_time_origin() if in_use.is_demo else None)
    elif view == "cox":
        show_cox(in_use, selection)
    else:
        monthly, predictions = survival_by_month(in_use, selection, risk)
        show_performance(report, monthly, predictions)
    show_notices((*in_use.cohort.warnings, *report.warnings))


if __name__ == "__main__":
    render()
