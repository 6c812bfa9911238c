"""The page as one HTML file to keep, send and print."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.errors import Notice
from dlcs_core.report.cohort_selection import Selection, divisions_of
from dlcs_core.report.response import ResponseRequest, response_report
from dlcs_core.statistics.bootstrap import RESAMPLES
from dlcs_core.ui.cohort_centers_view import CENTER
from dlcs_core.ui.cohort_groups_view import subgroup_columns
from dlcs_core.ui.cohort_reports import selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd


def show_document_download(
    in_use: CohortInUse, selection: Selection, scores: tuple[str, ...]
) -> None:
    """Draw the button that saves every figure and table of the response report in one file.

    It is computed only when it is asked for, outside the page's run: what the session knows is
    taken along.
    """
    table = selected(in_use, selection)
    request = ResponseRequest(
        scores=scores,
        subgroups=subgroup_columns(table, scores),
        centers=CENTER if CENTER in divisions_of(table) else None,
        resamples=RESAMPLES,
        summarized=True,
    )
    notices = list(in_use.cohort.warnings)
    if in_use.is_demo:
        notices.insert(0, Notice("explorer_document_synthetic"))
    st.download_button(
        say("explorer_document"), data=partial(_html, table, request, notices, language()),
        file_name="dlcs-response.html", mime="text/html", icon=":material/print:",
        on_click="ignore", key="response_document", width="content",
    )  # fmt: skip


def _html(table: "pd.DataFrame", request: ResponseRequest, notices: list[Notice], code: str) -> str:
    from dlcs_core.report.response_document import response_html

    report = response_report(table, request)
    return response_html(report, [*notices, *report.warnings], code)
