"""Who is complete, and the regressions over multiply imputed tables beside the complete cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.report.association_design import DesignVariable, Term, estimable_columns
from dlcs_core.report.association_fit import CoxOutcome, Outcome
from dlcs_core.report.association_request import AssociationRequest
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.logistic_regression import INTERCEPT, fit_logistic
from dlcs_core.statistics.multiple_imputation import CYCLES, IncompleteColumn, impute
from dlcs_core.statistics.rubin import PooledEstimate, pooled_estimate


@dataclass(frozen=True)
class CompleteCases:
    """Patients who lack nothing.

    Attributes
    ----------
    n, events : int
        With the outcome and every variable, and events among them.
    dropped : int
        With the outcome, but without some variable.
    dropped_by_variable : mapping of str to int
        Patients with the outcome who lack this variable; one may lack several.
    """

    n: int
    events: int
    dropped: int
    dropped_by_variable: Mapping[str, int]


@dataclass(frozen=True)
class PooledRow:
    """One coefficient over the imputed tables; None where it cannot be estimated."""

    term: Term
    pooled: PooledEstimate | None


@dataclass(frozen=True)
class Imputed:
    """The regressions with every gap imputed.

    Attributes
    ----------
    imputations, cycles, seed : int
        How the tables were made.
    n, events : int
        Patients with the outcome, all of whom take part, and events among them.
    univariable, multivariable : tuple of PooledRow
        As the complete cases' rows; the intercept first where there is one.
    """

    imputations: int
    cycles: int
    seed: int
    n: int
    events: int
    univariable: tuple[PooledRow, ...]
    multivariable: tuple[PooledRow, ...]


def complete_cases(outcome: Outcome, variables: Sequence[DesignVariable]) -> CompleteCases:
    """Count who has every variable, among those with the outcome."""
    known = outcome.is_known
    complete = known & np.all([v.is_known for v in variables], axis=0)
    return CompleteCases(
        n=int(complete.sum()),
        events=int(outcome.event[complete].sum()),
        dropped=int((known & ~complete).sum()),
        dropped_by_variable={v.name: int((known & ~v.is_known).sum()) for v in variables},
    )


def imputed_associations(
    outcome: Outcome,
    variables: Sequence[DesignVariable],
    request: AssociationRequest,
    notices: list[Notice],
) -> Imputed | None:
    """Repeat the regressions over imputed tables and pool them by Rubin's rules.

    Parameters
    ----------
    outcome : Outcome
        Of every row; rows without it take no part and nothing is imputed for it. It predicts the
        gaps; for survival the event and the Nelson-Aalen cumulative hazard do.
    variables : sequence of DesignVariable
        A variable without any value is left out.
    request : AssociationRequest
        Number of tables and seed.
    notices : list of Notice
        Takes the warnings.

    Returns
    -------
    Imputed or None
        None where it was not asked for, or nothing is missing.
    """
    if not request.imputations:
        return None
    rows = outcome.is_known
    usable = [v for v in variables if (v.is_known & rows).any()]
    _warn(usable, variables, rows, request, notices)
    if not any((~v.is_known & rows).any() for v in usable):
        notices.append(Notice("association_nothing_to_impute", {}))
        return None
    tables = _tables(outcome, [v.present(rows) for v in usable], request)
    alone = [
        row
        for place in range(len(usable))
        for row in _pooled(outcome, [[table[place]] for table in tables], notices)
        if row.term.variable != INTERCEPT
    ]
    return Imputed(
        imputations=request.imputations,
        cycles=CYCLES,
        seed=request.seed,
        n=outcome.n,
        events=outcome.events,
        univariable=tuple(alone),
        multivariable=tuple(_pooled(outcome, tables, notices)),
    )


def _warn(
    usable: Sequence[DesignVariable],
    variables: Sequence[DesignVariable],
    rows: BoolArray,
    request: AssociationRequest,
    notices: list[Notice],
) -> None:
    """Warn of variables without a value, and of too few tables (White, Royston, Wood 2011)."""
    empty = [displayable(v.name) for v in variables if v not in usable]
    if empty:
        notices.append(Notice("association_not_imputable", {"variables": ", ".join(empty)}))
    if not usable:
        return
    complete = np.all([v.is_known for v in usable], axis=0)
    wanted = int(np.ceil(100.0 * float((rows & ~complete).sum()) / float(rows.sum())))
    if request.imputations < wanted:
        values = {"imputations": request.imputations, "wanted": wanted}
        notices.append(Notice("association_few_imputations", values))


def _tables(
    outcome: Outcome, variables: Sequence[DesignVariable], request: AssociationRequest
) -> list[list[DesignVariable]]:
    """Return the variables of the patients with an outcome, completed, per imputed table."""
    rows = outcome.is_known
    columns = [IncompleteColumn(v.values[rows], len(v.levels)) for v in variables]
    rng = np.random.default_rng(request.seed)
    tables = impute(columns, _predictors(outcome), rng, imputations=request.imputations)
    return [
        [replace(v, values=values) for v, values in zip(variables, table, strict=True)]
        for table in tables
    ]


def _predictors(outcome: Outcome) -> FloatArray:
    """Return what the outcome says about a gap, for the patients that have it."""
    event = outcome.event[outcome.is_known]
    if not isinstance(outcome, CoxOutcome):
        return event[:, None]
    hazard = cumulative_hazard(outcome.time[outcome.is_known], event)
    return np.column_stack([event, hazard])


def cumulative_hazard(time: FloatArray, event: FloatArray) -> FloatArray:
    """Nelson-Aalen cumulative hazard of everybody at each patient's time.

    Examples
    --------
    >>> cumulative_hazard(np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.0, 1.0])).round(6).tolist()
    [0.333333, 0.333333, 1.333333]
    """
    _, step = np.unique(time, return_inverse=True)
    left, deaths = np.bincount(step), np.bincount(step, weights=event)
    at_risk = np.cumsum(left[::-1])[::-1]
    return np.asarray(np.cumsum(deaths / at_risk)[step])


def _pooled(
    outcome: Outcome, tables: Sequence[Sequence[DesignVariable]], notices: list[Notice]
) -> list[PooledRow]:
    """Fit some variables in every table and pool each coefficient."""
    everybody = np.ones(outcome.n, dtype=np.bool_)
    fits = []
    terms: list[Term] = []
    for table in tables:
        terms, estimated, matrix = estimable_columns(table, everybody)
        try:
            fits.append(_coefficients(outcome, matrix, estimated))
        except (CohortError, ModelError):
            names = ", ".join(dict.fromkeys(displayable(term.variable) for term in terms))
            notices.append(Notice("association_imputed_not_estimable", {"variables": names}))
            return [PooledRow(term, None) for term in terms]
    intercept = [] if isinstance(outcome, CoxOutcome) else [Term(INTERCEPT)]
    return [_pooled_row(term, fits) for term in (*intercept, *terms)]


Coefficients = tuple[Mapping[Term, tuple[float, float]], float]


def _coefficients(outcome: Outcome, matrix: FloatArray, terms: Sequence[Term]) -> Coefficients:
    """Return estimate and variance by term, and the degrees of freedom without gaps."""
    names = [term.column for term in terms]
    event = outcome.event[outcome.is_known]
    if isinstance(outcome, CoxOutcome):
        cox = fit_cox(matrix, outcome.time[outcome.is_known], event, names)
        found = zip(cox.coefficients.tolist(), (cox.standard_errors**2).tolist(), strict=True)
        return dict(zip(terms, found, strict=True)), float(max(cox.events - len(terms), 1))
    fit = fit_logistic(matrix, event, names)
    found = zip(fit.coefficients.tolist(), (fit.standard_errors**2).tolist(), strict=True)
    every = (Term(INTERCEPT), *terms)
    return dict(zip(every, found, strict=True)), float(max(fit.n - len(every), 1))


def _pooled_row(term: Term, fits: Sequence[Coefficients]) -> PooledRow:
    """Pool one coefficient; None where some table has none."""
    if not all(term in found for found, _ in fits):
        return PooledRow(term, None)
    values = np.array([found[term] for found, _ in fits])
    complete = min(df for _, df in fits)
    return PooledRow(term, pooled_estimate(values[:, 0], values[:, 1], complete_df=complete))
