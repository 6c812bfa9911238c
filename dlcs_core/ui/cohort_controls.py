"""The controls that the explorers share."""

import streamlit as st

from dlcs_core.clinical.cohort import Cohort
from dlcs_core.report.cohort import COHORTS
from dlcs_core.ui.words import say


def choose_cohort(cohort: Cohort, key: str) -> str | None:
    """Draw the choice of cohort and return its name; None for all patients together."""
    present = set(cohort.table["cohort"].dropna().unique())
    options = [name for name in COHORTS if name in present]
    sizes = cohort.table["cohort"].value_counts()

    def label(name: str) -> str:
        if name == "all":
            return say("ui_cohort_all", count=len(cohort.table))
        return say(f"ui_cohort_{name}", count=int(sizes[name]))

    chosen = st.segmented_control(
        say("ui_cohort"), [*options, "all"], default=(options or ["all"])[0], format_func=label,
        key=key, required=True, persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    return None if chosen == "all" else chosen
