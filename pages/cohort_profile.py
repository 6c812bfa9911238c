"""Cohort profile: who the patients are, in any groups."""

import streamlit as st

from dlcs_core.report.cohort_profile import profile_variables
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cohort_address import keep_language
from dlcs_core.ui.cohort_charts import choose_image_format
from dlcs_core.ui.cohort_filters import choose_grouping, choose_selection, choose_view
from dlcs_core.ui.cohort_profile_view import (
    show_distribution,
    show_drift,
    show_missing,
    show_table_one,
)
from dlcs_core.ui.cohort_reports import baseline, selected
from dlcs_core.ui.cohort_source import CohortInUse, choose_source
from dlcs_core.ui.messages import refusals_shown, show_notices
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say

VIEWS = ("table_one", "distribution", "missing", "drift")


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_cohort_profile"))
    in_use = choose_source()
    with st.container(horizontal=True, vertical_alignment="center", key="cohort_controls"):
        selection = choose_selection(in_use.cohort.table)
    _show(in_use, selection)
    choose_image_format()
    keep_language()


def _show(in_use: CohortInUse, selection: Selection) -> None:
    with refusals_shown():
        table = selected(in_use, selection)
    view = choose_view(VIEWS, "profile_view")
    notices = in_use.cohort.warnings
    by = choose_grouping(table) if view in ("table_one", "distribution") else None
    if view == "table_one" and by is None:
        st.info(say("explorer_no_grouping"))
    elif view == "table_one" and by is not None and not set(profile_variables(table)) - {by}:
        st.info(say("explorer_no_variables"))
    elif view == "table_one" and by is not None:
        with refusals_shown():
            report = baseline(in_use, selection, by)
        show_table_one(report.tables[""])
        notices = (*notices, *report.warnings)
    elif view == "distribution":
        show_distribution(table, by)
    elif view == "missing":
        show_missing(table)
    else:
        show_drift(in_use.cohort.table, table)
    show_notices(notices)


if __name__ == "__main__":
    render()
