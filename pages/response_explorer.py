"""Response explorer: how well the scores tell good from poor responders."""

import streamlit as st

from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cohort_address import keep_language
from dlcs_core.ui.cohort_bench_view import show_bench
from dlcs_core.ui.cohort_correlation_view import show_correlation
from dlcs_core.ui.cohort_document import show_document_download
from dlcs_core.ui.cohort_filters import choose_scores, choose_selection, choose_view
from dlcs_core.ui.cohort_flow_view import show_flow
from dlcs_core.ui.cohort_groups_view import show_groups, show_subgroups
from dlcs_core.ui.cohort_recalibration_view import show_recalibration
from dlcs_core.ui.cohort_reports import response, selected
from dlcs_core.ui.cohort_response_view import show_calibration, show_counts, show_decision
from dlcs_core.ui.cohort_source import CohortInUse, choose_source
from dlcs_core.ui.cohort_tables_view import show_tables
from dlcs_core.ui.messages import refusals_shown, show_notices
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say

VIEWS = (
    "threshold", "calibration", "decision", "groups", "correlation", "subgroups", "tables",
    "recalibration", "flow",
)  # fmt: skip


def render() -> None:
    """Draw the page."""
    require("analyst")
    st.title(say("ui_response_explorer"))
    in_use = choose_source()
    controls = st.container(horizontal=True, vertical_alignment="center", key="cohort_controls")
    with controls:
        selection = choose_selection(in_use.cohort.table)
        scores = choose_scores(in_use.cohort.table)
    if not scores:
        st.info(say("explorer_no_scores"))
        st.stop()
    with refusals_shown():
        selected(in_use, selection)
    with controls:
        show_document_download(in_use, selection, scores)
    _show(in_use, selection, scores)
    keep_language()


def _show(in_use: CohortInUse, selection: Selection, scores: tuple[str, ...]) -> None:
    with refusals_shown(), st.spinner(say("explorer_computing")):
        report = response(in_use, selection, scores)
        table = selected(in_use, selection)
    has_training = "cohort" in table and bool((table["cohort"] == "training").any())
    show_counts(report, has_training=has_training)
    view = choose_view(VIEWS, "view")
    draw = {
        "threshold": lambda: show_bench(report, table),
        "calibration": lambda: show_calibration(in_use, selection, report, table),
        "decision": lambda: show_decision(in_use, selection, report),
        "groups": lambda: show_groups(report, table),
        "correlation": lambda: show_correlation(in_use, selection, scores),
        "subgroups": lambda: show_subgroups(in_use, selection, report),
        "tables": lambda: show_tables(report),
        "recalibration": lambda: show_recalibration(in_use, selection, report),
        "flow": lambda: show_flow(in_use, selection, scores),
    }
    draw[view]()
    show_notices((*in_use.cohort.warnings, *report.warnings))


if __name__ == "__main__":
    render()
