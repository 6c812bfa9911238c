"""The plot of the proportional hazards check: one coefficient of the regression over time."""

import streamlit as st

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.figures.schoenfeld import schoenfeld_figure
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.statistics.schoenfeld_residuals import (
    ResidualTrend,
    SchoenfeldResiduals,
    residual_trend,
)
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_survival_reports import residuals
from dlcs_core.ui.cohort_words import cell_label, column_label
from dlcs_core.ui.messages import show_refusal
from dlcs_core.ui.words import language, say


def show_residuals(in_use: CohortInUse, selection: Selection, variables: tuple[str, ...]) -> None:
    """Draw the scaled Schoenfeld residuals of the coefficient that is chosen."""
    try:
        terms, found = residuals(in_use, selection, variables)
    except (CohortError, ModelError) as refusal:
        show_refusal(refusal)
        return
    labels = {
        term.column: column_label(term.variable)
        if term.level is None
        else f"{column_label(term.variable)}: {cell_label(term.variable, term.level)}"
        for term in terms
    }
    columns = list(labels)
    settle_choice("residuals_of", columns, columns[0])
    chosen = str(
        st.selectbox(
            say("explorer_residuals_of"), columns, format_func=labels.__getitem__, width=420,
            key=widget_key("residuals_of"), persist_state="session",
        )
    )  # fmt: skip
    keep("residuals_of", chosen, columns[0])
    figure = schoenfeld_figure(found, chosen, _trend(found, chosen), language())
    show_figure(figure, "schoenfeld", say("explorer_schoenfeld_caption"))


def _trend(found: SchoenfeldResiduals, column: str) -> ResidualTrend | None:
    try:
        return residual_trend(found, column)
    except CohortError:
        # Too few deaths for a curve: the dots stand alone.
        return None
