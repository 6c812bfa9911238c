"""The page as one HTML file to keep, send and print."""

from functools import partial

import streamlit as st

from dlcs_core.errors import Notice
from dlcs_core.report.cohort_selection import Selection, divisions_of
from dlcs_core.statistics.bootstrap import RESAMPLES
from dlcs_core.ui.cohort_centers_view import CENTER
from dlcs_core.ui.cohort_groups_view import subgroup_columns
from dlcs_core.ui.cohort_reports import response, selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.words import language, say


def show_document_download(
    in_use: CohortInUse, selection: Selection, scores: tuple[str, ...]
) -> None:
    """Draw the button that saves every figure and table of the response report in one file."""
    st.download_button(
        say("explorer_document"), data=partial(_html, in_use, selection, scores, language()),
        file_name="dlcs-response.html", mime="text/html", icon=":material/print:",
        on_click="ignore", key="response_document", width="content",
    )  # fmt: skip


def _html(in_use: CohortInUse, selection: Selection, scores: tuple[str, ...], code: str) -> str:
    from dlcs_core.report.response_document import response_html

    table = selected(in_use, selection)
    center = CENTER if CENTER in divisions_of(table) else None
    report = response(
        in_use, selection, scores, subgroup_columns(table, scores), center, RESAMPLES, True
    )
    notices: list[Notice] = [*in_use.cohort.warnings, *report.warnings]
    if in_use.is_demo:
        notices.insert(0, Notice("explorer_document_synthetic"))
    return response_html(report, notices, code)
