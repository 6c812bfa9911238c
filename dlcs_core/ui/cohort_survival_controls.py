"""Which risk, groups and months the survival explorer is about."""

from typing import cast

import streamlit as st

from dlcs_core.report.cohort_grouping import Division, median_risk
from dlcs_core.report.cohort_selection import Selection, scores_of
from dlcs_core.report.survival import HORIZONS_MONTHS, SurvivalRequest
from dlcs_core.statistics.kaplan_meier import CiType
from dlcs_core.ui.cohort_address import keep, settle_choice, settle_choices, widget_key
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_survival_reports import divisible
from dlcs_core.ui.cohort_words import column_label
from dlcs_core.ui.words import say

NOT_DIVIDED = "none"
RISK_GROUPS = "risk"
QUANTILES = {"q2": 2, "q3": 3, "q4": 4}
_MEASURE = "half:"
"""Mark of an option that divides a measurement into equal parts, at first at its median."""
PARTS = ("2", "3", "4")

MONTHS = (
    "3", "6", "9", "12", "18", "24", "30", "35", "36", "42", "48", "60", "72", "84", "96", "120",
)  # fmt: skip
MOST_MONTHS = 6
SCALES: tuple[CiType, ...] = ("log-log", "log", "plain")


def choose_months() -> tuple[tuple[float, ...], CiType]:
    """Draw the choice of horizons and of the scale of the Kaplan-Meier limits."""
    first = [f"{month:g}" for month in HORIZONS_MONTHS]
    settle_choices("months", MONTHS, first)
    settle_choice("limits", SCALES, SCALES[0])
    with st.popover(say("explorer_options"), icon=":material/tune:", width="content"):
        chosen = st.multiselect(
            say("explorer_horizons"), MONTHS, key=widget_key("months"), persist_state="session",
            max_selections=MOST_MONTHS, help=say("explorer_horizons_help"),
            placeholder=say("explorer_choose"),
        )  # fmt: skip
        scale = st.segmented_control(
            say("explorer_limits"), SCALES, key=widget_key("limits"), required=True,
            persist_state="session",
            format_func=lambda name: say("explorer_limits_" + name.replace("-", "_")),
        )  # fmt: skip
    months = sorted(chosen or first, key=float)
    keep("months", months, first)
    keep("limits", scale, SCALES[0])
    return tuple(float(month) for month in months), cast("CiType", scale)


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
    levels, measurements = divisible(in_use, selection)
    by_risk = [RISK_GROUPS, *QUANTILES] if risk is not None else []
    divisions = [name for name in levels if name != "good_response"] + [
        name for name in ("good_response",) if name in levels
    ]
    halves = [_MEASURE + name for name in measurements if name != risk]
    options = [*by_risk, NOT_DIVIDED, *divisions, *halves]
    settle_choice("group", options, options[0])
    chosen = str(
        st.selectbox(
            say("explorer_group_by"), options, format_func=lambda o: _label(o, risk),
            key=widget_key("group"), width=320, persist_state="session",
        )
    )  # fmt: skip
    keep("group", chosen, options[0])
    if chosen.startswith(_MEASURE):
        return Division("quantile", chosen.removeprefix(_MEASURE), parts=_choose_parts())
    return _division(in_use, chosen, risk)


def _choose_parts() -> int:
    """Draw the choice of how many parts a measurement is divided into."""
    settle_choice("parts", PARTS, PARTS[0])
    chosen = st.segmented_control(
        say("explorer_parts"), PARTS, key=widget_key("parts"), required=True,
        persist_state="session",
    )  # fmt: skip
    keep("parts", chosen, PARTS[0])
    return int(str(chosen))


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
    return Division("variable", chosen)
