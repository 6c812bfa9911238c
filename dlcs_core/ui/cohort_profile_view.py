"""The parts of the cohort profile."""

from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.figures.distribution import histogram_figure, levels_figure
from dlcs_core.figures.missing_map import missing_map_figure, missing_share_figure
from dlcs_core.report.cohort_profile import (
    NumbersByGroup,
    distribution,
    missing_cells,
    profile_variables,
)
from dlcs_core.report.table_one_text import summary_text
from dlcs_core.statistics.comparison import Comparison
from dlcs_core.statistics.table_one_types import TableOne, TableOneRow
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_filters import choose_grouping
from dlcs_core.ui.cohort_words import cell_label, column_label, estimate_text, p_text, with_unit
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd


def show_table_one(made: TableOne) -> None:
    """Draw the baseline table."""
    st.subheader(say("explorer_table_one"))
    titles = {
        group: f"{cell_label(made.by, group)} (n = {n:,})" for group, n in made.groups.items()
    }
    first = {row.variable: row for row in reversed(made.rows)}
    rows = [_table_row(row, titles, is_first=first[row.variable] is row) for row in made.rows]
    show_rows(
        rows, "table_one", say("explorer_table_one_caption"), height=640,
        wide=(say("explorer_level_title"),),
    )  # fmt: skip
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
        say("explorer_statistic"): statistic_text(test),
        "P": p_text(test.p if test else None),
        say("table_one_title_test"): say(f"test_{test.test}") if test else "–",
        say("table_one_title_smd"): estimate_text(row.smd),
        say("ui_missing"): str(row.missing),
    }
    return cells | (whole if is_first else dict.fromkeys(whole, ""))


def statistic_text(test: Comparison | None) -> str:
    """Return a test statistic with its degrees of freedom; a dash where there is none."""
    if test is None or test.statistic is None:
        return "–"
    degrees = [f"{df:.4g}" for df in (test.df, test.df_denominator) if df is not None]
    return f"{test.statistic:.2f}" + (f" ({', '.join(degrees)})" if degrees else "")


def show_distribution(table: "pd.DataFrame") -> None:
    """Draw one variable, chosen above the figure, in the groups that are chosen beside it."""
    names = profile_variables(table)
    if not names:
        st.info(say("explorer_no_variables"))
        return
    with st.container(horizontal=True, key="distribution_controls"):
        by = choose_grouping(table)
        name = _choose_variable(names)
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


def _choose_variable(names: tuple[str, ...]) -> str:
    settle_choice("variable", names, names[0])
    name = str(
        st.selectbox(
            say("ui_variable"), names, format_func=column_label, key=widget_key("variable"),
            width=320, persist_state="session",
        )
    )  # fmt: skip
    keep("variable", name, names[0])
    return name


def show_missing(table: "pd.DataFrame") -> None:
    """Draw what is missing per variable and which variables are missing together."""
    if not profile_variables(table):
        st.info(say("explorer_no_variables"))
        return
    with refusals_shown():
        found = missing_cells(table)
    if not any(found.missing.values()):
        st.success(say("explorer_nothing_missing", n=f"{found.n:,}", count=len(found.missing)))
        return
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
