"""Drift of the selected patients from those that a model was trained on."""

from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.errors import DlcsError
from dlcs_core.figures.distribution import histogram_figure, levels_figure
from dlcs_core.figures.drift import LARGE, MODERATE, drift_figure
from dlcs_core.report.cohort_profile import (
    NumbersByGroup,
    VariableDrift,
    distribution,
    drift,
    training_rows,
)
from dlcs_core.statistics.drift import LevelDrift
from dlcs_core.ui.cache import demo_cohort
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import cell_label, column_label, p_text, with_unit
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd

OWN, SERVED = "own", "served"


def show_drift(in_use: CohortInUse, table: "pd.DataFrame") -> None:
    """Draw how far the selected patients are from those of the training cohort."""
    st.subheader(say("explorer_drift"))
    reference, code = reference_in_use(in_use)
    if reference is None:
        st.info(say("explorer_no_training"))
        return
    st.caption(say(code, count=f"{len(reference):,}", n=f"{len(table):,}"))
    found = drift(reference, table)
    known = [one for one in found if one.found is not None]
    if not known:
        st.info(say("explorer_no_variables"))
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        psi = [one.found.psi for one in known if one.found is not None]
        figure = drift_figure([column_label(one.variable) for one in known], psi, language())
        show_figure(figure, "drift_psi", say("explorer_drift_caption"), method="drift")
    with right:
        show_rows([_drift_row(one) for one in found], "drift", height=640)
        _show_both(reference, table, [one.variable for one in known])


def reference_in_use(in_use: CohortInUse) -> tuple["pd.DataFrame | None", str]:
    """Draw the choice of the training patients; return them and the code of what they are."""
    own, served = training_rows(in_use.cohort.table), None
    if not in_use.is_demo:
        try:
            served = training_rows(demo_cohort().table)
        except DlcsError:
            # Without the demo table its training patients cannot be compared with.
            served = None
    options = [name for name, rows in ((OWN, own), (SERVED, served)) if rows is not None]
    if not options:
        return None, ""
    chosen = settle_choice("drift_from", options, options[0])
    if len(options) > 1:
        chosen = str(
            st.segmented_control(
                say("explorer_drift_from"), options, key=widget_key("drift_from"), required=True,
                format_func=lambda name: say(f"explorer_drift_from_{name}"),
                persist_state="session",
            )
        )  # fmt: skip
    keep("drift_from", chosen, options[0])
    if chosen == OWN:
        return own, "explorer_drift_own_training"
    return served, "explorer_drift_from_shipped"


def _show_both(reference: "pd.DataFrame", table: "pd.DataFrame", names: list[str]) -> None:
    """Draw one variable in the training patients and in the selected ones."""
    settle_choice("drift_of", names, names[0])
    name = str(
        st.selectbox(
            say("ui_variable"), names, format_func=column_label, key=widget_key("drift_of"),
            width=320, persist_state="session",
        )
    )  # fmt: skip
    keep("drift_of", name, names[0])
    parts = {
        say("explorer_training_patients"): distribution(reference, name, None),
        say("explorer_selected_patients"): distribution(table, name, None),
    }
    numbers = {k: p.numbers[""] for k, p in parts.items() if isinstance(p, NumbersByGroup)}
    if len(numbers) == len(parts):
        figure = histogram_figure(numbers, with_unit(name), language())
    else:
        shares = {
            label: dict(zip(part.levels, part.shares[""].tolist(), strict=True))
            for label, part in parts.items()
            if not isinstance(part, NumbersByGroup)
        }
        levels = list(dict.fromkeys(level for part in shares.values() for level in part))
        heights = {label: [part.get(v, 0.0) for v in levels] for label, part in shares.items()}
        figure = levels_figure(heights, [cell_label(name, v) for v in levels], language())
    show_figure(figure, "drift_of_variable", say("ui_distribution_caption"), method="distribution")


def _drift_row(one: VariableDrift) -> dict[str, str]:
    found = one.found
    if found is None:
        verdict, psi, ks, p, unseen = "–", "–", "–", "–", ""
    elif isinstance(found, LevelDrift):
        verdict, psi, ks, p = verdict_of(found.psi), f"{found.psi:.3f}", "–", "–"
        unseen = ", ".join(cell_label(one.variable, level) for level in found.unseen)
    else:
        verdict, psi, unseen = verdict_of(found.psi), f"{found.psi:.3f}", ""
        ks, p = f"{found.ks:.3f}", p_text(found.ks_p)
    return {
        say("ui_variable"): column_label(one.variable),
        "PSI": psi,
        say("explorer_drift_size"): verdict,
        say("explorer_ks"): ks,
        say("explorer_ks_p"): p,
        say("explorer_unseen"): unseen,
    }


def verdict_of(psi: float) -> str:
    """Return a population stability index in words."""
    if psi < MODERATE:
        return say("explorer_drift_small")
    return say("explorer_drift_moderate" if psi < LARGE else "explorer_drift_large")
