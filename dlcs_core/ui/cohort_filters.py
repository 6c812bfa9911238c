"""Which patients and which scores: the controls that the explorers share, kept in the address."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.report.cohort_selection import (
    MAX_SCORES,
    Selection,
    cohorts_of,
    divisions_of,
    scores_of,
)
from dlcs_core.report.response import SCORES
from dlcs_core.ui.cohort_address import keep, settle_choice, settle_choices, widget_key
from dlcs_core.ui.cohort_words import cell_label, column_label
from dlcs_core.ui.words import plain, say

if TYPE_CHECKING:
    import pandas as pd

EVERYBODY = "all"
NO_GROUPS = "-"


def choose_selection(table: "pd.DataFrame") -> Selection:
    """Draw the choice of cohort and the filters, and return what is chosen.

    Parameters
    ----------
    table : pandas.DataFrame
        Of the cohort in use.
    """
    cohort = _choose_cohort(table)
    return Selection(cohort, _choose_levels(table))


def _choose_cohort(table: "pd.DataFrame") -> str | None:
    """Draw the cohorts that the table has, validation first; None for everybody."""
    sizes = cohorts_of(table)
    if not sizes:
        return None

    def label(name: str) -> str:
        return say(f"ui_cohort_{name}", count=sizes.get(name, len(table)))

    options = [*sizes, EVERYBODY]
    settle_choice("cohort", options, options[0])
    chosen = st.segmented_control(
        say("ui_cohort"), options, format_func=label, key=widget_key("cohort"), required=True,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    keep("cohort", chosen, options[0])
    return None if chosen == EVERYBODY else chosen


def _choose_levels(table: "pd.DataFrame") -> dict[str, tuple[str, ...]]:
    """Draw the filters: first by which columns, then which of their levels."""
    divisions = {name: levels for name, levels in divisions_of(table).items() if name != "cohort"}
    active = len(settle_choices("filter", list(divisions), ()))
    label = say("explorer_filters_active", count=active) if active else say("explorer_filters")
    with st.popover(label, icon=":material/filter_alt:", width="content"):
        columns = st.multiselect(
            say("explorer_filter_by"), list(divisions), format_func=column_label,
            key=widget_key("filter"), persist_state="session",
            placeholder=say("explorer_filter_none"),
        )  # fmt: skip
        keep("filter", columns, [])
        return {name: _kept_levels(name, divisions[name]) for name in columns}


def _kept_levels(name: str, levels: tuple[str, ...]) -> tuple[str, ...]:
    key = f"only_{name}"
    settle_choices(key, levels, levels)
    chosen = st.multiselect(
        plain(column_label(name)), levels, key=widget_key(key), persist_state="session",
        format_func=lambda level: cell_label(name, level),
        placeholder=say("explorer_choose"),
    )  # fmt: skip
    keep(key, chosen, levels)
    return tuple(chosen)


def choose_scores(table: "pd.DataFrame") -> tuple[str, ...]:
    """Draw the choice of up to six scores and return them in the order chosen."""
    options = scores_of(table)
    default = [name for name in SCORES if name in options] or list(options[:1])
    settle_choices("scores", options, default)
    with st.popover(say("explorer_scores"), icon=":material/stacked_line_chart:", width="content"):
        chosen = st.multiselect(
            say("explorer_scores_compared", limit=MAX_SCORES), options, key=widget_key("scores"),
            format_func=column_label, max_selections=MAX_SCORES, persist_state="session",
            placeholder=say("explorer_choose"),
        )  # fmt: skip
    keep("scores", chosen, default)
    return tuple(chosen)


def choose_view(views: Sequence[str], key: str) -> str:
    """Draw the choice of what the page shows of the selected patients.

    Parameters
    ----------
    views : sequence of str
        Suffixes of the codes ``explorer_view_*``; the first is shown at first.
    key : str
        Widget key and name in the address.
    """
    settle_choice(key, views, views[0])
    chosen = st.segmented_control(
        say("explorer_view"), views, key=widget_key(key), required=True, persist_state="session",
        format_func=lambda name: say(f"explorer_view_{name}"), label_visibility="collapsed",
    )  # fmt: skip
    keep(key, chosen, views[0])
    return str(chosen)


def choose_grouping(table: "pd.DataFrame") -> str | None:
    """Draw the choice of the column whose levels are compared; None for no groups."""
    divisions = list(divisions_of(table))
    first = [name for name in ("good_response", "cohort") if name in divisions]
    options = [*first, *(name for name in divisions if name not in first), NO_GROUPS]
    settle_choice("by", options, options[0])
    chosen = st.selectbox(
        say("explorer_group_by"), options, key=widget_key("by"), width=320, persist_state="session",
        format_func=lambda o: say("explorer_group_none") if o == NO_GROUPS else column_label(o),
    )  # fmt: skip
    keep("by", chosen, options[0])
    return None if chosen == NO_GROUPS else str(chosen)
