"""The tumour board: stepping through prepared cases by keyboard."""

import streamlit as st

from dlcs_core.bundle.reader import Bundle
from dlcs_core.clinical.record import ClinicalRecord, read_record
from dlcs_core.clinical.variables import VARIABLES, Variable
from dlcs_core.errors import DlcsError
from dlcs_core.ui.assessment import AssessedCase, assess, assessed_cases, remember
from dlcs_core.ui.case_result import (
    show_headline,
    show_overprint,
    show_reasons_why,
    show_slices,
    show_survival,
)
from dlcs_core.ui.controls import Value, unit_label
from dlcs_core.ui.demo_cases import DemoCase
from dlcs_core.ui.messages import show_refusal, show_synthetic_case
from dlcs_core.ui.opened_study import open_demo_case
from dlcs_core.ui.words import level_label, say, variable_label

PLACE = "board_place"
REVEALED = "board_revealed"


def step(n_cases: int) -> int:
    """Draw the buttons that step and reveal; return the place of the case to show."""
    place = int(st.session_state.setdefault(PLACE, 0)) % n_cases
    with st.container(horizontal=True, vertical_alignment="center", key="board_bar"):
        st.button(say("ui_previous"), shortcut="Left", key="board_previous",
                  on_click=_move, args=(place - 1, n_cases))  # fmt: skip
        st.button(say("ui_next"), shortcut="Right", key="board_next",
                  on_click=_move, args=(place + 1, n_cases))  # fmt: skip
        st.button(say("ui_reveal"), shortcut="S", type="primary", key="board_reveal",
                  on_click=_reveal)  # fmt: skip
        st.markdown(say("ui_board_place", place=place + 1, count=n_cases))
    return place


def _move(place: int, n_cases: int) -> None:
    st.session_state[PLACE] = place % n_cases
    st.session_state[REVEALED] = False


def _reveal() -> None:
    st.session_state[REVEALED] = not st.session_state.get(REVEALED, False)


def show_case(case: DemoCase, bundle: Bundle) -> None:
    """Draw one case: images and form first, the result once it is revealed."""
    st.subheader(case.title)
    try:
        record, _ = read_record(case.clinical)
        assessed = _assessed(case, record, bundle)
    except DlcsError as refusal:
        show_refusal(refusal)
        return
    revealed = bool(st.session_state.get(REVEALED))
    show_synthetic_case(case, with_truth=revealed)
    show_overprint(assessed.view)
    if revealed:
        show_headline(assessed)
    show_slices(assessed, height=400, with_heat=revealed)
    _show_form(record)
    if revealed and not assessed.report.abstained:
        show_reasons_why(assessed)
        show_survival(assessed)


def _assessed(case: DemoCase, record: ClinicalRecord, bundle: Bundle) -> AssessedCase:
    """Return the case's result, assessed once per visit and model."""
    key = f"board_{case.name}_{bundle.sha256}"
    if key not in assessed_cases():
        with st.spinner(say("ui_assessing")):
            remember(key, assess(open_demo_case(case), record, bundle, ()))
    return assessed_cases()[key]


def _show_form(record: ClinicalRecord) -> None:
    """Draw the clinical values as a compact grid."""
    with st.grid("auto", min_column_width=170, gap="xxsmall"):
        for variable in VARIABLES:
            shown = _value_text(variable, record.values[variable.name])
            st.caption(f"{variable_label(variable.name)}  \n**{shown}**")


def _value_text(variable: Variable, value: Value) -> str:
    if value is None:
        return say("ui_not_recorded")
    if isinstance(value, str):
        return level_label(variable.name, value)
    return f"{value:g} {unit_label(variable)}"
