"""Which variables go with response or survival: one at a time, together, and by LASSO."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.report.association_design import (
    DesignVariable,
    Term,
    design_variables,
    estimable_columns,
)
from dlcs_core.report.association_development import Development, development
from dlcs_core.report.association_fit import (
    CoxOutcome,
    Fitted,
    LogisticOutcome,
    Outcome,
)
from dlcs_core.report.association_imputation import (
    CompleteCases,
    Imputed,
    complete_cases,
    imputed_associations,
)
from dlcs_core.report.association_lasso import selected
from dlcs_core.report.association_request import AssociationRequest as AssociationRequest
from dlcs_core.report.association_request import check_request
from dlcs_core.report.response_columns import outcome_column
from dlcs_core.report.survival_columns import event_column, number_column, time_column
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.lasso import LassoFit
from dlcs_core.statistics.proportional_hazards import ProportionalHazardsRow
from dlcs_core.statistics.wald import WaldRow

if TYPE_CHECKING:
    import pandas as pd

Found = TypeVar("Found")

EVENTS_PER_COLUMN = 10
"""With fewer events per column a regression is overfitted (Peduzzi 1996)."""


@dataclass(frozen=True)
class AssociationRow:
    """One coefficient.

    Attributes
    ----------
    term : Term
        Variable and level.
    wald : WaldRow or None
        None where it cannot be estimated.
    """

    term: Term
    wald: WaldRow | None


@dataclass(frozen=True, eq=False)
class Multivariable:
    """All variables together.

    Attributes
    ----------
    n, events : int
        Complete rows, and events among them.
    rows : tuple of AssociationRow
        The intercept first where there is one.
    fit : Fitted or None
        None where no finite estimate exists.
    proportional_hazards : tuple of ProportionalHazardsRow or None
        Per variable and of all; Cox only.
    """

    n: int
    events: int
    rows: tuple[AssociationRow, ...]
    fit: Fitted | None
    proportional_hazards: tuple[ProportionalHazardsRow, ...] | None


@dataclass(frozen=True, eq=False)
class AssociationReport:
    """Associations in one cohort.

    Attributes
    ----------
    request : AssociationRequest
        What was asked.
    kind : {"logistic", "cox"}
        The regression.
    n, events : int
        Patients with an outcome, and events among them.
    univariable : tuple of AssociationRow
        Each variable alone, without intercepts.
    multivariable : Multivariable
        All together.
    lasso : LassoFit or None
        None unless asked for.
    complete_cases : CompleteCases
        Patients who have every variable, and what the others lack.
    imputed : Imputed or None
        The same regressions over imputed tables; None unless asked for.
    development : Development
        What a model from these variables could rest on.
    warnings : tuple of Notice
        E.g. how many rows were left out.
    """

    request: AssociationRequest
    kind: Literal["logistic", "cox"]
    n: int
    events: int
    univariable: tuple[AssociationRow, ...]
    multivariable: Multivariable
    lasso: LassoFit | None
    complete_cases: CompleteCases
    imputed: Imputed | None
    development: Development
    warnings: tuple[Notice, ...]


def association_report(table: "pd.DataFrame", request: AssociationRequest) -> AssociationReport:
    """Relate variables to an outcome.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    request : AssociationRequest
        Variables, outcome and options.

    Returns
    -------
    AssociationReport
        Each regression on the rows that are complete for it; what has no finite estimate is None
        with a warning.

    Raises
    ------
    ClinicalError
        If a column is missing or a cell that is used breaks a rule.
    CohortError
        If there is no outcome or two, the outcome has one class or no event, a variable is the
        outcome, or a LASSO of a survival time is asked for.
    """
    check_request(request)
    outcome = _outcome(table, request)
    outcome.check()
    variables = design_variables(
        table, request.names, continuous=request.continuous, categorical=request.categorical,
        references=request.references,
    )  # fmt: skip
    notices: list[Notice] = []
    if left_out := len(table) - outcome.n:
        notices.append(Notice("association_rows_without_outcome", {"count": left_out}))
    univariable = [row for v in variables for row in _univariable(outcome, v, notices)]
    together = _multivariable(outcome, variables, notices)
    lasso = _lasso(table, request, outcome, variables, notices)
    return AssociationReport(
        request=request,
        kind=outcome.kind,
        n=outcome.n,
        events=outcome.events,
        univariable=tuple(univariable),
        multivariable=together,
        lasso=lasso,
        complete_cases=complete_cases(outcome, variables),
        imputed=imputed_associations(outcome, variables, request, notices),
        development=development(table, outcome, variables, request, together.fit, notices),
        warnings=tuple(notices),
    )


def _outcome(table: "pd.DataFrame", request: AssociationRequest) -> Outcome:
    if request.outcome is not None:
        return LogisticOutcome(outcome_column(table, request.outcome))
    return CoxOutcome(
        event_column(table, str(request.event)), time_column(table, str(request.time))
    )


def _univariable(
    outcome: Outcome, variable: DesignVariable, notices: list[Notice]
) -> list[AssociationRow]:
    """Fit one variable alone on the rows that have it."""
    rows = outcome.is_known & variable.is_known
    if left_out := outcome.n - int(rows.sum()):
        values = {"column": displayable(variable.name), "count": left_out}
        notices.append(Notice("association_rows_without_variable", values))
    found, terms = _fit(outcome.inference, (variable,), rows, notices)
    return [AssociationRow(term, found.get(term) if found else None) for term in terms]


def _multivariable(
    outcome: Outcome, variables: Sequence[DesignVariable], notices: list[Notice]
) -> Multivariable:
    """Fit all variables together on the rows that have all of them."""
    rows = outcome.is_known & np.all([v.is_known for v in variables], axis=0)
    events = int(outcome.event[rows].sum())
    n_columns = sum(len(v.terms) for v in variables)
    fewer = min(events, int(rows.sum()) - events) if outcome.kind == "logistic" else events
    if fewer < EVENTS_PER_COLUMN * n_columns:
        values = {"events": fewer, "columns": n_columns, "limit": EVENTS_PER_COLUMN}
        notices.append(Notice("association_few_events", values))
    found, terms = _fit(outcome.fit, variables, rows, notices)
    if found and outcome.kind == "cox" and found.proportional_hazards is None:
        notices.append(Notice("association_hazards_not_tested", {"events": events}))
    terms = [*(found.intercept if found else ()), *terms]
    return Multivariable(
        n=int(rows.sum()),
        events=events,
        rows=tuple(AssociationRow(t, found.rows.get(t) if found else None) for t in terms),
        fit=found,
        proportional_hazards=found.proportional_hazards if found else None,
    )


def _fit(
    fit: Callable[[FloatArray, Sequence[Term], BoolArray], Found],
    variables: Sequence[DesignVariable],
    rows: BoolArray,
    notices: list[Notice],
) -> tuple[Found | None, list[Term]]:
    """Fit what can be estimated on some rows; return also the terms that were to be estimated."""
    terms, estimated, matrix = estimable_columns(variables, rows)
    without = [term.column for term in terms if term not in estimated]
    if without:
        columns = ", ".join(map(displayable, without))
        notices.append(Notice("association_columns_left_out", {"columns": columns}))
    if not estimated:
        return None, terms
    try:
        return fit(matrix, estimated, rows), terms
    except (CohortError, ModelError) as error:
        names = ", ".join(dict.fromkeys(displayable(v.name) for v in variables))
        notices.append(Notice("association_not_estimable", {"variables": names}))
        notices.append(Notice(error.code, error.values))
        return None, terms


def _lasso(
    table: "pd.DataFrame",
    request: AssociationRequest,
    outcome: Outcome,
    variables: Sequence[DesignVariable],
    notices: list[Notice],
) -> LassoFit | None:
    """Select columns where that was asked for."""
    if not request.lasso:
        return None
    fold = None if request.fold_id is None else number_column(table, request.fold_id)
    return selected(outcome, variables, fold, request.measure, notices)
