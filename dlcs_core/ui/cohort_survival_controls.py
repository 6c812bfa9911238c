"""Which risk and which groups the survival explorer is about."""

import streamlit as st

from dlcs_core.report.cohort_grouping import Division, median_risk
from dlcs_core.report.cohort_selection import (
    Selection,
    divisions_of,
    measurements_of,
    scores_of,
)
from dlcs_core.report.survival import SurvivalRequest
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_reports import selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import column_label
from dlcs_core.ui.words import say

NOT_DIVIDED = "none"
RISK_GROUPS = "risk"
QUANTILES = {"q2": 2, "q3": 3, "q4": 4}
_MEASURE = "half:"
"""Mark of an option that divides a measurement at its median."""


def has_follow_up(in_use: CohortInUse) -> bool:
    """Tell whether the table has follow-up time and deaths."""
    return {"os_months", "os_event"} <= set(in_use.cohort.table.columns)


def choose_risk(in_use: CohortInUse) -> str | None:
    """Draw the choice of the risk score; None where the table has no score."""
    table = in_use.cohort.table
    default = SurvivalRequest.risk
    options = [default] if default in table and table[default].notna().any() else []
    options += scores_of(table)
    if not options:
        return None
    settle_choice("risk", options, options[0])
    chosen = st.selectbox(
        say("explorer_risk"), options, format_func=column_label, key=widget_key("risk"), width=260,
        persist_state="session", help=say("explorer_risk_help"),
    )  # fmt: skip
    keep("risk", chosen, options[0])
    return str(chosen)


def choose_division(in_use: CohortInUse, selection: Selection, risk: str | None) -> Division:
    """Draw the choice of groups.

    Raises
    ------
    CohortError
        If nobody is selected.
    """
    table = selected(in_use, selection)
    by_risk = [RISK_GROUPS, *QUANTILES] if risk is not None else []
    divisions = [name for name in divisions_of(table) if name != "good_response"] + [
        name for name in ("good_response",) if name in divisions_of(table)
    ]
    halves = [_MEASURE + name for name in measurements_of(table) if name != risk]
    options = [*by_risk, NOT_DIVIDED, *divisions, *halves]
    settle_choice("group", options, options[0])
    chosen = str(
        st.selectbox(
            say("explorer_group_by"), options, format_func=lambda o: _label(o, risk),
            key=widget_key("group"), width=320, persist_state="session",
        )
    )  # fmt: skip
    keep("group", chosen, options[0])
    return _division(in_use, chosen, risk)


def _label(option: str, risk: str | None) -> str:
    if option == NOT_DIVIDED:
        return say("explorer_group_none")
    if option == RISK_GROUPS:
        return say("explorer_group_risk")
    if option in QUANTILES:
        return say(
            "explorer_group_quantile", count=QUANTILES[option], name=column_label(risk or "")
        )
    if option.startswith(_MEASURE):
        return say("explorer_group_half", name=column_label(option.removeprefix(_MEASURE)))
    return column_label(option)


def _division(in_use: CohortInUse, chosen: str, risk: str | None) -> Division:
    if chosen == NOT_DIVIDED:
        return Division("none", "")
    if chosen == RISK_GROUPS and risk is not None:
        cutoff, from_training = median_risk(in_use.cohort.table, risk)
        return Division("risk", risk, cutoff, from_training)
    if chosen in QUANTILES and risk is not None:
        return Division("quantile", risk, parts=QUANTILES[chosen])
    if chosen.startswith(_MEASURE):
        return Division("quantile", chosen.removeprefix(_MEASURE), parts=2)
    return Division("variable", chosen)
