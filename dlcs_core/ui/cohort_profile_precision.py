"""Whether the selected patients are enough, on the cohort profile."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcs_core.report.cohort_precision import Precision, cohort_precision, most_parameters
from dlcs_core.report.response_columns import outcome_column
from dlcs_core.ui.cohort_charts import show_rows
from dlcs_core.ui.cohort_words import column_label
from dlcs_core.ui.words import say

if TYPE_CHECKING:
    import pandas as pd

ROW_PX = 32
SHARES = ("share", "survival")


def show_precision(table: "pd.DataFrame") -> None:
    """Draw counts and widths of intervals against what is wanted of them."""
    st.subheader(say("explorer_precision"))
    found = cohort_precision(table)
    if not found:
        st.info(say("explorer_no_outcome"))
        return
    short = [one for one in found if not one.is_enough]
    if short:
        text = say("explorer_precision_short", count=len(short), n=len(found))
        st.warning(text, icon=":material/warning:")
    rows = [_row(one) for one in found]
    height = ROW_PX * (len(rows) + 1) + 3
    show_rows(rows, "precision", say("explorer_precision_caption"), height=height)
    most = _most_parameters(table)
    if most is not None:
        code = "explorer_precision_parameters" if most else "explorer_precision_no_parameter"
        st.caption(say(code, count=most))
    with st.expander(say("explorer_method"), icon=":material/menu_book:"):
        st.markdown(say("method_precision"))
        st.caption(say("reference_precision"))


def _most_parameters(table: "pd.DataFrame") -> int | None:
    if "good_response" not in table.columns:
        return None
    outcome = outcome_column(table, "good_response")
    known = outcome[~np.isnan(outcome)]
    return most_parameters(known.size, int(known.sum()))


def _row(one: Precision) -> dict[str, str]:
    about = f": {column_label(one.score)}" if one.score else ""
    interval, wanted = "", say("explorer_at_least", count=f"{one.wanted:g}")
    value = f"{one.value:,.0f}"
    if one.ci95 is not None:
        low, high = one.ci95
        is_share = one.code in SHARES
        value = f"{one.value:.1%}" if is_share else f"{one.value:.2f}"
        interval = f"{low:.1%}–{high:.1%}" if is_share else f"{low:.2f}–{high:.2f}"
        width = f"{one.wanted:.0%}" if is_share else f"{one.wanted:.2f}"
        wanted = say("explorer_width_at_most", width=width)
    return {
        say("explorer_quantity"): say(f"precision_{one.code}") + about,
        say("explorer_here"): value,
        say("explorer_interval"): interval,
        say("explorer_wanted"): wanted,
        say("explorer_enough"): say("explorer_yes" if one.is_enough else "explorer_no"),
    }
