"""What the survival explorer shows, computed once per table, selection and question.

Everything lives in the visitor's session, as in :mod:`dlcs_core.ui.cohort_reports`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from dlcs_core.report.association_design import Term
from dlcs_core.report.cohort_grouping import Division, divided, monthly_grid, predictions_of
from dlcs_core.report.cohort_selection import (
    Selection,
    divisions_of,
    measurements_of,
    select,
)
from dlcs_core.report.survival import SurvivalReport, SurvivalRequest, survival_report
from dlcs_core.report.survival_columns import number_column
from dlcs_core.report.survival_design import cox_design
from dlcs_core.report.survival_nomogram import CohortNomogram, cohort_nomogram
from dlcs_core.report.survival_performance import Performance, performance
from dlcs_core.report.survival_predictions import (
    Predictions,
    Source,
    column_predictions,
    prediction_months,
    refitted_predictions,
    served_predictions,
    training_part,
)
from dlcs_core.statistics.kaplan_meier import CiType
from dlcs_core.statistics.schoenfeld_residuals import SchoenfeldResiduals, schoenfeld_residuals
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.cohort_reports import selected
from dlcs_core.ui.cohort_source import CohortInUse

if TYPE_CHECKING:
    import pandas as pd

Months = tuple[float, ...]


@dataclass(frozen=True)
class Question:
    """What the page is asked: whose survival, by which groups, at which months.

    Attributes
    ----------
    in_use, selection
        The table, and which of its patients.
    risk : str or None
        Column of the risk; None where there is none.
    division : Division
        The groups.
    months : tuple of float
        Horizons, increasing.
    limits : {"log-log", "log", "plain"}
        Scale of the Kaplan-Meier limits.
    """

    in_use: CohortInUse
    selection: Selection
    risk: str | None
    division: Division
    months: Months
    limits: CiType


def _question_key(asked: Question) -> str:
    return repr((asked.in_use.key, asked.selection.key, asked.risk, asked.division, asked.months,
                 asked.limits))  # fmt: skip


def _cohort_key(in_use: CohortInUse) -> str:
    return in_use.key


def _selection_key(selection: Selection) -> str:
    return repr(selection.key)


_HASHED: dict[str | type[Any], Callable[[Any], Any]] = {
    Question: _question_key,
    CohortInUse: _cohort_key,
    Selection: _selection_key,
}


@st.cache_resource(scope="session", max_entries=8, show_spinner=False, hash_funcs=_HASHED)
def survival(asked: Question) -> SurvivalReport:
    """Return the evaluation of overall survival by group, without predictions.

    Raises
    ------
    CohortError
        If it is impossible.
    """
    table = divided(selected(asked.in_use, asked.selection), asked.division)
    request = SurvivalRequest(
        risk=asked.risk or SurvivalRequest.risk, group=asked.division.group_column,
        horizons_months=asked.months, ci_type=asked.limits,
    )  # fmt: skip
    return survival_report(table, request)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False, hash_funcs=_HASHED)
def over_time(asked: Question, source: Source | None) -> Performance:
    """Return AUC, Brier score, calibration and net benefit over time.

    Raises
    ------
    DlcsError
        If survival cannot be predicted in the way asked for.
    """
    return performance_of(asked, source)


def performance_of(asked: Question, source: Source | None) -> Performance:
    """Return what :func:`over_time` keeps, computed afresh and without a visit."""
    table = select(asked.in_use.cohort.table, asked.selection)
    predictions = _predicted(asked, source, table) if source else {}
    return performance(table, asked.risk, predictions, monthly_grid(table), asked.months)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False, hash_funcs=_HASHED)
def divisible(
    in_use: CohortInUse, selection: Selection
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the columns that divide the selected patients, and the measurements."""
    table = selected(in_use, selection)
    return divisions_of(table), measurements_of(table)


def _predicted(asked: Question, source: Source, table: "pd.DataFrame") -> Predictions:
    months, risk = asked.months, asked.risk
    wanted = prediction_months(len(table), monthly_grid(table), months)
    if source == "columns" or risk is None:
        return column_predictions(table, sorted({*predictions_of(table), *months}))
    values = number_column(table, risk)
    if source == "served":
        return served_predictions(served_bundle().survival, values, wanted)
    fitted_on, _ = training_part(asked.in_use.cohort.table, table)
    return refitted_predictions(fitted_on, values, risk, wanted)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False, hash_funcs=_HASHED)
def nomogram(
    in_use: CohortInUse, selection: Selection, variables: tuple[str, ...], months: Months
) -> CohortNomogram:
    """Return the multivariable Cox regression as a nomogram.

    Raises
    ------
    DlcsError
        If it cannot be fitted.
    """
    return cohort_nomogram(selected(in_use, selection), variables, months)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False, hash_funcs=_HASHED)
def residuals(
    in_use: CohortInUse, selection: Selection, variables: tuple[str, ...]
) -> tuple[tuple[Term, ...], SchoenfeldResiduals]:
    """Return the terms and the scaled Schoenfeld residuals of the multivariable Cox regression.

    Raises
    ------
    DlcsError
        If it cannot be fitted.
    """
    design = cox_design(selected(in_use, selection), variables)
    found = schoenfeld_residuals(design.matrix, design.time, design.event, design.columns)
    return design.terms, found
