"""Which of two scores is of more use, and at which thresholds."""

from itertools import permutations

import numpy as np
import streamlit as st

from dlcs_core.figures.benefit_difference import benefit_difference_figure
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.report.response import ResponseReport
from dlcs_core.statistics.bootstrap import RESAMPLES, NetBenefitDifference
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_reports import response
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import column_label
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

SHOWN_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)


@st.fragment
def show_benefit_difference(
    in_use: CohortInUse, selection: Selection, report: ResponseReport
) -> None:
    """Draw the difference in net benefit of a chosen pair of scores, with its interval."""
    usable = [name for name, r in report.scores.items() if r.decision is not None]
    st.subheader(say("explorer_benefit_difference"))
    if len(usable) < 2:
        st.info(say("explorer_one_score"))
        return
    pairs = {f"{a} - {b}": (a, b) for a, b in permutations(usable, 2)}
    # The last score in the order of models is the one that is to prove its worth.
    a, b = pairs[_choose_pair(list(pairs), f"{usable[-1]} - {usable[0]}", pairs)]
    with refusals_shown(), st.spinner(say("explorer_computing")):
        compared = response(in_use, selection, (a, b), (), None, RESAMPLES)
    found = compared.benefits.get((a, b))
    if found is None:
        st.info(say("explorer_no_probability"))
        return
    name = f"{column_label(a)} − {column_label(b)}"
    show_figure(benefit_difference_figure(found, name, language()), "benefit_difference",
                say("explorer_benefit_difference_caption", resamples=found.resamples))  # fmt: skip
    show_rows(_rows(found), "benefit_difference")


def _choose_pair(options: list[str], default: str, pairs: dict[str, tuple[str, str]]) -> str:
    settle_choice("pair", options, default)
    chosen = st.selectbox(
        say("ui_pair"), options, key=widget_key("pair"), width=420, persist_state="session",
        format_func=lambda pair: " − ".join(map(column_label, pairs[pair])),
    )  # fmt: skip
    keep("pair", chosen, default)
    return str(chosen)


def _rows(found: NetBenefitDifference) -> list[dict[str, str]]:
    rows = []
    for threshold in SHOWN_THRESHOLDS:
        place = int(np.argmin(np.abs(found.threshold - threshold)))
        low, high = found.ci95_low[place], found.ci95_high[place]
        rows.append(
            {
                say("explorer_threshold_probability"): f"{found.threshold[place]:.0%}",
                say("ui_difference_net_benefit"): f"{found.difference[place]:+.4f}",
                say("ui_ci95"): f"{low:+.4f} – {high:+.4f}",
            }
        )
    return rows
