"""The whole page as one HTML file that can be kept or sent."""

from dataclasses import replace
from functools import partial

import streamlit as st

from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.report.association import AssociationRequest, association_report
from dlcs_core.report.cohort_selection import select
from dlcs_core.report.survival import SurvivalReport
from dlcs_core.report.survival_document import survival_html
from dlcs_core.report.survival_predictions import Source
from dlcs_core.report.survival_sections import (
    Section,
    calibration_section,
    cox_section,
    time_section,
)
from dlcs_core.ui.cohort_cox_view import variables_in_use
from dlcs_core.ui.cohort_survival_performance import source_in_use
from dlcs_core.ui.cohort_survival_reports import Question, performance_of
from dlcs_core.ui.cohort_survival_view import group_label
from dlcs_core.ui.words import language, say


def show_document(asked: Question, report: SurvivalReport) -> None:
    """Draw the button that makes the page of every view, in the language of this visit."""
    labels = {level: group_label(asked.division, level) for level in report.groups}
    variables = variables_in_use(asked.in_use, asked.selection)
    source = source_in_use(asked)
    st.download_button(
        say("explorer_page_html"),
        data=partial(_document, asked, report, labels, variables, source, language()),
        file_name="survival.html", mime="text/html", icon=":material/print:",
        on_click="ignore", key="survival_html", width="content",
        help=say("explorer_page_html_help"),
    )  # fmt: skip


def _document(
    asked: Question,
    report: SurvivalReport,
    labels: dict[str, str],
    variables: tuple[str, ...],
    source: Source | None,
    language_code: str,
) -> str:
    """Return the page; what is impossible is left out and named among the warnings."""
    sections: list[Section | None] = []
    notices: list[Notice] = [*asked.in_use.cohort.warnings, *report.warnings]
    try:
        found = performance_of(asked, source)
        notices += found.warnings
        report = replace(report, accuracy=found.accuracy)
        sections.append(time_section(found, language_code))
        if found.accuracy is not None:
            sections.append(calibration_section(found.accuracy, language_code))
    except (CohortError, ModelError) as refusal:
        notices.append(Notice(refusal.code, refusal.values))
    try:
        sections.append(_cox(asked, variables, notices, language_code))
    except (CohortError, ModelError) as refusal:
        notices.append(Notice(refusal.code, refusal.values))
    return survival_html(
        report, notices, language_code, labels=labels,
        sections=[section for section in sections if section is not None],
    )  # fmt: skip


def _cox(
    asked: Question, variables: tuple[str, ...], notices: list[Notice], language_code: str
) -> Section | None:
    if not variables:
        return None
    request = AssociationRequest(variables, time="os_months", event="os_event")
    made = association_report(select(asked.in_use.cohort.table, asked.selection), request)
    notices += made.warnings
    return cox_section(made, language_code)
