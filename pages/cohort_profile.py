"""Cohort profile: who the patients are, in any groups."""

from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.errors import Notice
from dlcs_core.report.cohort_profile import profile_variables
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cohort_address import keep_language
from dlcs_core.ui.cohort_filters import choose_grouping, choose_selection, choose_view
from dlcs_core.ui.cohort_profile_document import show_document
from dlcs_core.ui.cohort_profile_drift import show_drift
from dlcs_core.ui.cohort_profile_precision import show_precision
from dlcs_core.ui.cohort_profile_view import show_distribution, show_missing, show_table_one
from dlcs_core.ui.cohort_reports import baseline, selected
from dlcs_core.ui.cohort_source import CohortInUse, choose_source
from dlcs_core.ui.messages import refusals_shown, show_notices
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say

if TYPE_CHECKING:
    import pandas as pd

VIEWS = ("table_one", "distribution", "missing", "drift", "precision")


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_cohort_profile"))
    in_use = choose_source()
    with st.container(horizontal=True, vertical_alignment="center", key="cohort_controls"):
        selection = choose_selection(in_use.cohort.table)
    with refusals_shown():
        table = selected(in_use, selection)
    view = choose_view(VIEWS, "profile_view")
    notices = _show(view, in_use, selection, table)
    show_notices((*in_use.cohort.warnings, *notices))
    show_document(in_use, table)
    keep_language()


def _show(
    view: str, in_use: CohortInUse, selection: Selection, table: "pd.DataFrame"
) -> tuple[Notice, ...]:
    """Draw a view and return what it left out."""
    if view == "table_one":
        return _show_table_one(in_use, selection, table)
    if view == "distribution":
        show_distribution(table)
    elif view == "missing":
        show_missing(table)
    elif view == "drift":
        show_drift(in_use, table)
    else:
        show_precision(table)
    return ()


def _show_table_one(
    in_use: CohortInUse, selection: Selection, table: "pd.DataFrame"
) -> tuple[Notice, ...]:
    by = choose_grouping(table)
    if by is None:
        st.info(say("explorer_no_grouping"))
    elif not set(profile_variables(table)) - {by}:
        st.info(say("explorer_no_variables"))
    else:
        with refusals_shown():
            report = baseline(in_use, selection, by)
        show_table_one(report.tables[""])
        return report.warnings
    return ()


if __name__ == "__main__":
    render()
