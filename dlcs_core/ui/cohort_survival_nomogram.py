"""The nomogram of the cohort's Cox regression, with one patient's marks on it."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcs_core.clinical.record import displayable
from dlcs_core.figures.nomogram import NomogramWords, nomogram_figure, short_level
from dlcs_core.figures.survival import survival_figure
from dlcs_core.models.nomogram import NomogramReading
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.report.association_design import DesignVariable
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.report.survival_nomogram import CohortNomogram, Values
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_cox_view import choose_variables
from dlcs_core.ui.cohort_reports import selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_survival_reports import nomogram
from dlcs_core.ui.cohort_words import cell_label, column_label, estimate_text, with_unit
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, plain, say

if TYPE_CHECKING:
    import pandas as pd

MOST_LISTED = 2000
"""Patients that a list can hold; of more, the identifier is typed."""
TYPICAL = -1
"""Position of nobody: the median of every measurement and the commonest levels."""
INPUTS_PER_LINE = 4
LAST_MONTH = 120


def show_nomogram(in_use: CohortInUse, selection: Selection, months: tuple[float, ...]) -> None:
    """Draw the choice of variables and of a patient, and the nomogram."""
    variables = choose_variables(in_use, selection)
    if not variables:
        st.info(say("explorer_no_cox_variables"))
        return
    with refusals_shown():
        found = nomogram(in_use, selection, variables, months)
    row = _choose_patient(selected(in_use, selection))
    values = _choose_values(found, row)
    reading = found.points(values)
    horizons = tuple(float(axis.horizon_months or 0.0) for axis in found.nomogram.outcome)
    at = found.survival(values, horizons)
    if reading is None or at is None:
        st.info(say("explorer_nomogram_missing"))
    else:
        _show_result(reading, at)
    survival = [] if at is None else [value or 0.0 for value in at.survival]
    figure = nomogram_figure(found.nomogram, reading, language(), words=_words(), survival=survival)
    caption = say("explorer_nomogram_caption", n=f"{found.n:,}", events=f"{found.events:,}")
    show_figure(figure, "cox_nomogram", caption)
    if reading is None or at is None:
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _show_points(reading)
    with right:
        _show_curve(found, values, horizons)


def _choose_patient(table: "pd.DataFrame") -> int:
    """Draw the choice of a patient and return the position of the row; none for nobody.

    Neither the patient nor the values are written into the address.
    """
    if len(table) <= MOST_LISTED:
        names = [displayable(name) for name in _identifiers(table)]
        positions = [TYPICAL, *range(len(names))]
        chosen = st.selectbox(
            say("explorer_nomogram_patient"), positions, key="nomogram_patient", width=320,
            format_func=lambda i: say("explorer_typical") if i == TYPICAL else names[i],
            help=say("explorer_patient_help"),
        )  # fmt: skip
        return int(chosen)
    typed = st.text_input(say("explorer_patient_id"), key="nomogram_patient_id", width=320,
                          help=say("explorer_patient_help"))  # fmt: skip
    if not typed:
        return TYPICAL
    at = np.flatnonzero(_identifiers(table) == typed.strip())
    if not at.size:
        st.warning(say("explorer_patient_unknown", name=plain(displayable(typed))))
        return TYPICAL
    return int(at[0])


def _identifiers(table: "pd.DataFrame") -> "np.ndarray":
    if "patient_id" in table.columns:
        return np.asarray(table["patient_id"].astype(str))
    return np.arange(1, len(table) + 1).astype(str)


def _choose_values(found: CohortNomogram, row: int) -> dict[str, float | str | None]:
    """Draw an input per variable, filled with the patient's values, and return the entries."""
    start = found.typical() if row == TYPICAL else found.values_of(row)
    values: dict[str, float | str | None] = {}
    with st.grid(INPUTS_PER_LINE, gap="small"):
        for variable in found.variables:
            values[variable.name] = _choose_value(variable, start[variable.name], row)
    return values


def _choose_value(
    variable: DesignVariable, start: float | str | None, row: int
) -> float | str | None:
    key = f"nomogram_{variable.name}_{row}"
    if variable.levels:
        index = variable.levels.index(str(start)) if start is not None else None
        chosen: str | None = st.selectbox(
            column_label(variable.name), variable.levels, index=index,
            key=f"{key}_{language()}_{len(variable.levels)}",
            format_func=lambda level: cell_label(variable.name, level),
        )  # fmt: skip
        return chosen
    known = variable.values[variable.is_known]  # noqa: PD011 - no pandas
    is_whole = bool((known == np.round(known)).all())
    value: float | None = st.number_input(
        with_unit(variable.name), value=None if start is None else float(start), key=key,
        step=1.0 if is_whole else None, format="%.0f" if is_whole else "%.3f",
    )  # fmt: skip
    return value


def _words() -> NomogramWords:
    return NomogramWords(column_label, _text, _text)


def _text(variable: str, value: float | str) -> str:
    if isinstance(value, str):
        label = cell_label(variable, value)
        return short_level(variable, value, language()) if label != displayable(value) else label
    return f"{value:.4g}"


def _show_result(reading: NomogramReading, at: SurvivalEstimate) -> None:
    """Draw total points and survival at the horizons."""
    with st.grid(1 + len(at.times_months), gap="small"):
        st.metric(say("explorer_total_points"), f"{reading.total_points:.1f}", border=True)
        for month, value, low, high in zip(
            at.times_months, at.survival, at.ci95_low, at.ci95_high, strict=True
        ):
            label = say("ui_alive_at", months=f"{month:g}")
            st.metric(label, _survival_text(value, low, high), border=True)
    beyond = [entry.variable for entry in reading.variables if not entry.on_axis]
    if beyond:
        names = ", ".join(plain(column_label(name)) for name in beyond)
        st.warning(say("explorer_beyond_axis", names=names))


def _survival_text(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" + ("" if low is None or high is None else f" ({low:.0%}–{high:.0%})")


def _show_points(reading: NomogramReading) -> None:
    rows = [
        {
            say("ui_variable"): with_unit(entry.variable),
            say("ui_value"): _text(entry.variable, entry.value),
            say("explorer_points"): f"{entry.points:.1f}",
        }
        for entry in reading.variables
    ]
    total = {
        say("ui_variable"): say("explorer_total_points"),
        say("ui_value"): "",
        say("explorer_points"): f"{reading.total_points:.1f}",
    }
    caption = say("explorer_points_caption", lp=estimate_text(reading.linear_predictor, digits=3))
    show_rows([*rows, total], "nomogram_points", caption)


def _show_curve(found: CohortNomogram, values: Values, horizons: tuple[float, ...]) -> None:
    last = int(min(found.fit.baseline.last_time_months, LAST_MONTH))
    curve = found.survival(values, tuple(float(month) for month in range(last + 1)))
    if curve is None:
        return
    shown = tuple(month for month in horizons if month <= last)
    figure = survival_figure(curve, {}, language(), horizons_months=shown)
    show_figure(figure, "cox_patient", say("explorer_cox_patient_caption"), method="cox_nomogram")
