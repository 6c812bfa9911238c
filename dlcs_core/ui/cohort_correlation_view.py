"""Correlation of the scores and the variables."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from dlcs_core.figures.correlation import correlation_figure
from dlcs_core.report.cohort_correlation import Correlations, related_columns
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cohort_address import keep, settle_choices, widget_key
from dlcs_core.ui.cohort_charts import Row, rows_csv, show_figure, show_rows
from dlcs_core.ui.cohort_reports import correlated, selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import column_label, p_text
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say


def show_correlation(in_use: CohortInUse, selection: Selection, scores: tuple[str, ...]) -> None:
    """Draw the matrix of rank correlations and, per score, its numbers."""
    options = related_columns(selected(in_use, selection), scores)
    settle_choices("related", options, options)
    chosen = st.multiselect(
        say("explorer_related_columns"), options, format_func=column_label,
        key=widget_key("related"), persist_state="session",
        placeholder=say("explorer_choose"),
    )  # fmt: skip
    keep("related", chosen, options)
    if len(chosen) < 2:
        st.info(say("explorer_related_too_few"))
        return
    with refusals_shown(), st.spinner(say("explorer_computing")):
        found = correlated(in_use, selection, tuple(chosen))
    st.subheader(say("explorer_correlation"))
    rows = _all_pairs(found)
    names = [column_label(name) for name in found.names]
    show_figure(correlation_figure(names, found.rho, found.n, language()), "correlation",
                say("explorer_correlation_caption"), numbers=lambda: rows_csv(rows))  # fmt: skip
    show_rows([*_of_scores(found, scores)], "score_correlation",
              say("explorer_score_correlation_caption"), height=320)  # fmt: skip


def _all_pairs(found: Correlations) -> list[Row]:
    size = len(found.names)
    return [_pair(found, i, j) for i in range(size) for j in range(i)]


def _of_scores(found: Correlations, scores: tuple[str, ...]) -> list[Row]:
    """Return each score against each variable, the strongest first."""
    size = range(len(found.names))
    own = [i for i in size if found.names[i] in scores]
    pairs = [(i, j) for i in own for j in size if j not in own]
    pairs.sort(key=lambda pair: (pair[0], -abs(np.nan_to_num(found.rho[pair]))))
    return [_pair(found, i, j) for i, j in pairs]


def _pair(found: Correlations, i: int, j: int) -> Mapping[str, str]:
    rho, p = float(found.rho[i, j]), float(found.p[i, j])
    return {
        say("explorer_first"): column_label(found.names[i]),
        say("explorer_second"): column_label(found.names[j]),
        "ρ": "–" if np.isnan(rho) else f"{rho:.3f}",
        "P": p_text(None if np.isnan(p) else p),
        say("ui_patients"): str(int(found.n[i, j])),
    }
