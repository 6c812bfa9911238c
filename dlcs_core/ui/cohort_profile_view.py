"""The parts of the cohort profile."""

from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.figures.distribution import histogram_figure, levels_figure
from dlcs_core.figures.missing_map import missing_map_figure, missing_share_figure
from dlcs_core.report.cohort_profile import (
    NumbersByGroup,
    VariableDrift,
    distribution,
    drift,
    missing_cells,
    profile_variables,
    training_rows,
)
from dlcs_core.report.table_one_text import summary_text
from dlcs_core.statistics.drift import LevelDrift
from dlcs_core.statistics.table_one_types import TableOne, TableOneRow
from dlcs_core.ui.cache import demo_cohort
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_words import cell_label, column_label, estimate_text, p_text, with_unit
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd

MODERATE_DRIFT, LARGE_DRIFT = 0.1, 0.25
"""Customary limits of the population stability index (Siddiqi 2006)."""


def show_table_one(made: TableOne) -> None:
    """Draw the baseline table."""
    st.subheader(say("explorer_table_one"))
    titles = {
        group: f"{cell_label(made.by, group)} (n = {n:,})" for group, n in made.groups.items()
    }
    first = {row.variable: row for row in reversed(made.rows)}
    rows = [_table_row(row, titles, is_first=first[row.variable] is row) for row in made.rows]
    show_rows(rows, "table_one", say("explorer_table_one_caption"), height=640)
    with st.expander(say("explorer_method"), icon=":material/menu_book:"):
        st.markdown(say("method_table_one"))
        st.caption(say("reference_table_one"))


def _table_row(row: TableOneRow, titles: dict[str, str], *, is_first: bool) -> dict[str, str]:
    """Return a line; what is of the whole variable stands on its first one only."""
    level = "" if row.level is None else cell_label(row.variable, row.level)
    cells = {say("ui_variable"): with_unit(row.variable), say("explorer_level_title"): level}
    for group, title in titles.items():
        cells[title] = summary_text(row.by_group[group])
    test = row.comparison
    whole = {
        "P": p_text(test.p if test else None),
        say("table_one_title_test"): say(f"test_{test.test}") if test else "–",
        say("table_one_title_smd"): estimate_text(row.smd),
        say("ui_missing"): str(row.missing),
    }
    return cells | (whole if is_first else dict.fromkeys(whole, ""))


def show_distribution(table: "pd.DataFrame", by: str | None) -> None:
    """Draw one variable, chosen above the figure, in the groups."""
    names = profile_variables(table)
    if not names:
        st.info(say("explorer_no_variables"))
        return
    settle_choice("variable", names, names[0])
    name = str(
        st.selectbox(
            say("ui_variable"), names, format_func=column_label, key=widget_key("variable"),
            width=320, persist_state="session",
        )
    )  # fmt: skip
    keep("variable", name, names[0])
    found = distribution(table, name, by)

    def label(group: str) -> str:
        return cell_label(by, group) if by else say("explorer_all_patients")

    if isinstance(found, NumbersByGroup):
        numbers = {label(group): values for group, values in found.numbers.items()}
        figure = histogram_figure(numbers, with_unit(name), language())
    else:
        shares = {label(group): values.tolist() for group, values in found.shares.items()}
        levels = [cell_label(name, level) for level in found.levels]
        figure = levels_figure(shares, levels, language())
    show_figure(figure, "distribution", say("ui_distribution_caption"))


def show_missing(table: "pd.DataFrame") -> None:
    """Draw what is missing per variable and which variables are missing together."""
    if not profile_variables(table):
        st.info(say("explorer_no_variables"))
        return
    with refusals_shown():
        found = missing_cells(table)
    names = [column_label(name) for name in found.missing]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.subheader(say("explorer_missing_share"))
        caption = say("explorer_missing_caption", complete=f"{found.complete:,}", n=f"{found.n:,}")
        show_figure(missing_share_figure(found, names, language()), "missing_share", caption,
                    method="missing")  # fmt: skip
    with right:
        st.subheader(say("explorer_missing_map"))
        show_figure(missing_map_figure(found, names, language()), "missing_map",
                    say("explorer_missing_map_caption"), method="missing")  # fmt: skip
    rows = [
        {
            say("ui_variable"): column_label(name),
            say("ui_missing"): f"{count:,}",
            say("explorer_percent"): f"{found.percent(name):.1f}",
        }
        for name, count in found.missing.items()
    ]
    show_rows(rows, "missing", height=320)


def show_drift(whole: "pd.DataFrame", table: "pd.DataFrame") -> None:
    """Draw how far the selected patients are from those of the training cohort."""
    st.subheader(say("explorer_drift"))
    reference = training_rows(whole)
    code = "explorer_drift_own_training"
    if reference is None:
        with refusals_shown():
            reference = training_rows(demo_cohort().table)
        code = "explorer_drift_demo_training"
    if reference is None:
        st.info(say("explorer_no_training"))
        return
    st.caption(say(code, count=f"{len(reference):,}", n=f"{len(table):,}"))
    rows = [_drift_row(one) for one in drift(reference, table)]
    if not rows:
        st.info(say("explorer_no_variables"))
        return
    show_rows(rows, "drift", say("explorer_drift_caption"), height=640)
    with st.expander(say("explorer_method"), icon=":material/menu_book:"):
        st.markdown(say("method_drift"))
        st.caption(say("reference_drift"))


def _drift_row(one: VariableDrift) -> dict[str, str]:
    found = one.found
    cells = {say("ui_variable"): column_label(one.variable)}
    if found is None:
        verdict, psi, ks, p, unseen = "–", "–", "–", "–", ""
    elif isinstance(found, LevelDrift):
        verdict, psi, ks, p = _verdict(found.psi), f"{found.psi:.3f}", "–", "–"
        unseen = ", ".join(cell_label(one.variable, level) for level in found.unseen)
    else:
        verdict, psi, unseen = _verdict(found.psi), f"{found.psi:.3f}", ""
        ks, p = f"{found.ks:.3f}", p_text(found.ks_p)
    return {
        **cells,
        "PSI": psi,
        say("explorer_drift_size"): verdict,
        say("explorer_ks"): ks,
        say("explorer_ks_p"): p,
        say("explorer_unseen"): unseen,
    }


def _verdict(psi: float) -> str:
    if psi < MODERATE_DRIFT:
        return say("explorer_drift_small")
    return say("explorer_drift_moderate" if psi < LARGE_DRIFT else "explorer_drift_large")
