"""Case review: one patient's CT, outline and form to an assessment and a report."""

import streamlit as st

from dlcs_core.bundle.reader import Bundle
from dlcs_core.clinical.reader_findings import ReaderFindings
from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import Notice
from dlcs_core.ui.assessment import (
    AssessedCase,
    assess,
    assessed_cases,
    inputs_hash,
    remember,
)
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.case_input import CaseInput, choose_case, fill_form, show_study
from dlcs_core.ui.case_result import show_result, show_statement
from dlcs_core.ui.downloads import show_downloads
from dlcs_core.ui.messages import refusals_shown, show_synthetic_case
from dlcs_core.ui.outline_downloads import show_outline_actions
from dlcs_core.ui.outline_stress_view import has_number, show_outline_stress
from dlcs_core.ui.reader_form import fill_reader_form
from dlcs_core.ui.session import require
from dlcs_core.ui.viewer import show_viewer
from dlcs_core.ui.words import say

Filled = tuple[ClinicalRecord, tuple[Notice, ...], ReaderFindings]


def render() -> None:
    """Draw the page."""
    require("clinician")
    st.title(say("ui_case_review"))
    with refusals_shown():
        bundle = served_bundle()
    left, right = st.columns([0.32, 0.68], gap="large")
    with left:
        case = choose_case()
        button = st.container()
        filled = _inputs(case)
    with right:
        if case is None:
            st.info(say("ui_how_it_works"), icon=":material/info:")
            return
        with button:
            asked = _assess_button(disabled=filled is None)
        if asked and filled is not None:
            _assess(case, filled, bundle)
        _show(case, filled, bundle)


def _inputs(case: CaseInput | None) -> Filled | None:
    """Draw what was understood of the study and its form; None while it cannot be assessed."""
    if case is None:
        return None
    with st.expander(say("ui_study"), expanded=True):
        can_be_assessed = show_study(case)
    with st.expander(say("ui_clinical_form"), expanded=True):
        filled = fill_form(case)
    findings = fill_reader_form(case.key)
    return (*filled, findings) if can_be_assessed and filled is not None else None


def _assess_button(*, disabled: bool) -> bool:
    return st.button(
        say("ui_assess"), type="primary", key="assess", width="stretch", disabled=disabled,
        shortcut="Mod+Enter",
    )  # fmt: skip


def _assess(case: CaseInput, filled: Filled, bundle: Bundle) -> None:
    if case.opened is None:
        return
    with refusals_shown(), st.spinner(say("ui_assessing"), show_time=True):
        remember(case.key, assess(case.opened, filled[0], bundle, *filled[1:]))


def _show(case: CaseInput, filled: Filled | None, bundle: Bundle) -> None:
    """Draw viewer and result, the result greyed out while the inputs beside it are others."""
    assessed = assessed_cases().get(case.key)
    if case.demo is not None:
        show_synthetic_case(case.demo, with_truth=assessed is not None)
    is_current = assessed is not None and _belongs(assessed, case, filled, bundle)
    statement = st.container()
    st.subheader(say("ui_viewer"))
    show_viewer(case.image, case.opened, assessed if is_current else None, bundle.preprocessing)
    show_outline_actions(case.image)
    if assessed is None:
        code = "ui_draw_outline_first" if case.opened is None else "ui_not_assessed_yet"
        statement.info(say(code), icon=":material/arrow_back:")
        return
    if not is_current:
        statement.warning(say("ui_inputs_changed"), icon=":material/sync_problem:")
    if filled is None:
        # A form that is refused, a child's say, has no number beside it, not even an earlier one.
        return
    name = "result" if is_current else "result_outdated"
    with statement, st.container(key=f"{name}_statement"):
        if is_current:
            show_downloads(assessed)
        show_statement(assessed)
    with st.container(key=name):
        show_result(assessed)
    if is_current and case.opened is not None and has_number(assessed):
        show_outline_stress(assessed, case.opened, filled[0])


def _belongs(
    assessed: AssessedCase, case: CaseInput, filled: Filled | None, bundle: Bundle
) -> bool:
    """Tell whether a result is that of study, outline and form as they stand."""
    if filled is None or case.opened is None:
        return False
    return assessed.inputs == inputs_hash(case.opened, filled[0], bundle, filled[2])


if __name__ == "__main__":
    render()
