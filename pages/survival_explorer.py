"""Survival explorer: how long the patients live, by group, by variable and by risk."""

import streamlit as st

from dlcs_core.errors import Notice
from dlcs_core.report.survival import SurvivalReport
from dlcs_core.ui.cache import survival_time_origin
from dlcs_core.ui.cohort_address import keep_language
from dlcs_core.ui.cohort_cox_view import show_cox
from dlcs_core.ui.cohort_filters import choose_selection, choose_view
from dlcs_core.ui.cohort_reports import hazard_ratios
from dlcs_core.ui.cohort_source import choose_source
from dlcs_core.ui.cohort_survival_controls import (
    choose_division,
    choose_months,
    choose_risk,
    has_follow_up,
)
from dlcs_core.ui.cohort_survival_document import show_document
from dlcs_core.ui.cohort_survival_nomogram import show_nomogram
from dlcs_core.ui.cohort_survival_performance import (
    choose_predictions,
    show_calibration,
    show_performance,
)
from dlcs_core.ui.cohort_survival_reports import Question, over_time, survival
from dlcs_core.ui.cohort_survival_view import show_counts, show_curves
from dlcs_core.ui.messages import refusals_shown, show_notices, show_time_origin
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say

VIEWS = ("curves", "cox", "nomogram", "performance", "survival_calibration")


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
        months, limits = choose_months()
    with refusals_shown():
        with st.container(horizontal=True, vertical_alignment="bottom", key="survival_controls"):
            risk = choose_risk(in_use)
            division = choose_division(in_use, selection, risk)
        asked = Question(in_use, selection, risk, division, months, limits)
        report = survival(asked)
    show_counts(report)
    view = choose_view(VIEWS, "survival_view")
    notices: tuple[Notice, ...] = ()
    if view == "curves":
        ratios = hazard_ratios(in_use, selection, division)
        show_curves(report, division, ratios)
        show_time_origin(survival_time_origin() if in_use.is_demo else None)
    elif view == "cox":
        notices = show_cox(in_use, selection)
    elif view == "nomogram":
        show_nomogram(in_use, selection, months)
    else:
        notices = _show_accuracy(view, asked, report)
    show_notices((*in_use.cohort.warnings, *report.warnings, *notices))
    with st.container(horizontal=True, vertical_alignment="bottom", key="page_downloads"):
        show_document(asked, report)
    keep_language()


def _show_accuracy(view: str, asked: Question, report: SurvivalReport) -> tuple[Notice, ...]:
    """Draw how the risk and its predicted survival do, and return what was left out."""
    source = choose_predictions(asked)
    with refusals_shown():
        found = over_time(asked, source)
    show = show_performance if view == "performance" else show_calibration
    show(report, found)
    return found.warnings


if __name__ == "__main__":
    render()
