"""What a model from these variables could rest on: tests, sample size, optimism, stability."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.report.association_design import DesignVariable, Term, estimable_columns
from dlcs_core.report.association_fit import CoxOutcome, Fitted, Outcome
from dlcs_core.report.association_request import AssociationRequest
from dlcs_core.statistics.bootstrap import OptimismResult, bootstrap_optimism
from dlcs_core.statistics.checks import BoolArray, FloatArray, chi_square_p
from dlcs_core.statistics.correlation import spearman_matrix
from dlcs_core.statistics.firth import FirthFit, fit_firth
from dlcs_core.statistics.logistic_regression import fit_logistic
from dlcs_core.statistics.profile_likelihood import (
    ProfileInterval,
    TermTest,
    profile_intervals,
    term_tests,
)
from dlcs_core.statistics.sample_size import (
    DevelopmentSampleSize,
    development_sample_size,
    expected_shrinkage,
)
from dlcs_core.statistics.selection_optimism import selection_optimism
from dlcs_core.statistics.selection_stability import SelectionStability, selection_stability
from dlcs_core.statistics.survival_optimism import survival_optimism

if TYPE_CHECKING:
    import pandas as pd

Found = TypeVar("Found")

PROFILED_ROWS = 20_000
"""Above, Wald's interval is as good and a profile takes long."""

EVERY_VARIABLE = 2.0
"""A screening limit that every P is below: the model is fixed beforehand."""


@dataclass(frozen=True, eq=False)
class Development:
    """Beside the common model.

    Attributes
    ----------
    terms : tuple of Term
        Columns of the common model.
    profile : tuple of ProfileInterval or None
        Intercept first; logistic only, up to 20,000 rows.
    term_tests : tuple of TermTest or None
        Likelihood-ratio test of each variable given the others.
    firth : FirthFit or None
        Firth's estimate where the classes are separated, so that there is no other.
    spearman : array of float64 or None
        Rank correlation of the columns.
    shrinkage : float or None
        Expected slope in new patients, van Houwelingen and le Cessie's.
    sample_size : DevelopmentSampleSize or None
        Riley's, for a model as good as this one corrected for optimism; logistic only.
    optimism, selected_optimism : OptimismResult or None
        Of the common model, and of the selection as asked for; None without resamples.
    stability : SelectionStability or None
        Of the LASSO; None without subsamples.
    """

    terms: tuple[Term, ...] = ()
    profile: tuple[ProfileInterval, ...] | None = None
    term_tests: tuple[TermTest, ...] | None = None
    firth: FirthFit | None = None
    spearman: FloatArray | None = None
    shrinkage: float | None = None
    sample_size: DevelopmentSampleSize | None = None
    optimism: OptimismResult | None = None
    selected_optimism: OptimismResult | None = None
    stability: SelectionStability | None = None


@dataclass(frozen=True, eq=False)
class _Model:
    """The common model's rows and columns."""

    outcome: Outcome
    rows: BoolArray
    terms: tuple[Term, ...]
    matrix: FloatArray
    patient: np.ndarray

    @property
    def names(self) -> list[str]:
        return [term.column for term in self.terms]

    @property
    def event(self) -> FloatArray:
        return np.asarray(self.outcome.event[self.rows])

    @property
    def columns_of(self) -> Mapping[str, list[str]]:
        variables = dict.fromkeys(term.variable for term in self.terms)
        return {v: [t.column for t in self.terms if t.variable == v] for v in variables}


def development(
    table: "pd.DataFrame",
    outcome: Outcome,
    variables: Sequence[DesignVariable],
    request: AssociationRequest,
    fit: Fitted | None,
    notices: list[Notice],
) -> Development:
    """Describe what the common model rests on.

    Parameters
    ----------
    table : pandas.DataFrame
        The cohort, for the column of patients.
    outcome : Outcome
        Of every row.
    variables : sequence of DesignVariable
        The variables.
    request : AssociationRequest
        Resamples, subsamples, screening and seed.
    fit : Fitted or None
        The common model; None where it has no finite estimate.
    notices : list of Notice
        Takes the warnings.

    Returns
    -------
    Development
        What cannot be had is None; what was asked for and cannot be had, with a warning. Empty
        where neither details nor resamples were asked for.
    """
    if not (request.detailed or request.resamples or request.subsamples):
        return Development()
    rows = outcome.is_known & np.all([v.is_known for v in variables], axis=0)
    _, terms, matrix = estimable_columns(variables, rows)
    if not terms:
        return Development()
    model = _Model(outcome, rows, tuple(terms), matrix, _patients(table, request)[rows])
    if fit is None:
        return Development(
            terms=model.terms, firth=_firth(model, notices), spearman=_spearman(model)
        )
    statistic, df, _ = fit.likelihood_ratio
    logistic = not isinstance(outcome, CoxOutcome)
    profiled = logistic and len(matrix) <= PROFILED_ROWS
    return Development(
        terms=model.terms,
        profile=_quietly(lambda: profile_intervals(matrix, model.event, model.names))
        if profiled
        else None,
        term_tests=_quietly(lambda: _term_tests(model, fit.log_likelihood)),
        spearman=_spearman(model),
        shrinkage=expected_shrinkage(statistic, df) if statistic > 0.0 else None,
        sample_size=_quietly(lambda: _sample_size(model, statistic, df)) if logistic else None,
        optimism=_asked(request.resamples, lambda: _optimism(model, request), notices),
        selected_optimism=_asked(
            request.resamples if request.lasso or request.screening_p is not None else 0,
            lambda: _selected_optimism(model, request), notices,
        ),
        stability=_asked(request.subsamples, lambda: _stability(model, request), notices),
    )  # fmt: skip


def _patients(table: "pd.DataFrame", request: AssociationRequest) -> np.ndarray:
    """Return a number per patient; every row is one where no column says otherwise."""
    import pandas as pd

    if request.patient is None:
        return np.arange(len(table))
    codes = pd.factorize(table[request.patient])[0]
    unknown = codes < 0
    return np.asarray(np.where(unknown, codes.max() + 1 + np.arange(codes.size), codes))


def _quietly(statistic: Callable[[], Found]) -> Found | None:
    """Return a statistic that nobody asked for by name; None where it does not exist."""
    try:
        return statistic()
    except (CohortError, ModelError):
        return None


def _asked(count: int, statistic: Callable[[], Found], notices: list[Notice]) -> Found | None:
    """Return a statistic where it was asked for; a warning where it does not exist."""
    if not count:
        return None
    try:
        return statistic()
    except (CohortError, ModelError) as error:
        notices.append(Notice(error.code, error.values))
        return None


def _spearman(model: _Model) -> FloatArray | None:
    return _quietly(lambda: spearman_matrix(model.matrix))


def _firth(model: _Model, notices: list[Notice]) -> FirthFit | None:
    """Return Firth's estimate, told of in a warning."""
    if isinstance(model.outcome, CoxOutcome):
        return None
    found = _quietly(lambda: fit_firth(model.matrix, model.event, model.names))
    if found is not None:
        notices.append(Notice("association_firth", {}))
    return found


def _term_tests(model: _Model, log_likelihood: float) -> tuple[TermTest, ...]:
    """Test each variable given the others."""
    if not isinstance(model.outcome, CoxOutcome):
        return term_tests(model.matrix, model.event, model.names, model.columns_of)
    tests = []
    for variable, columns in model.columns_of.items():
        kept = [i for i, name in enumerate(model.names) if name not in columns]
        without = model.outcome.log_likelihood(
            model.matrix[:, kept], [model.terms[i] for i in kept], model.rows
        )
        statistic, df = max(2.0 * (log_likelihood - without), 0.0), len(columns)
        tests.append(TermTest(variable, statistic, df, chi_square_p(statistic, df)))
    return tuple(tests)


def _sample_size(model: _Model, statistic: float, df: int) -> DevelopmentSampleSize:
    """Riley's criteria at the Cox-Snell R2 that is left after the expected shrinkage."""
    n, event = len(model.matrix), model.event
    r2 = -np.expm1(-statistic / n) * max(expected_shrinkage(statistic, df), 0.0)
    return development_sample_size(df, float(event.mean()), float(r2))


def _optimism(model: _Model, request: AssociationRequest) -> OptimismResult:
    """Of the common model with its variables fixed."""
    rng = np.random.default_rng(request.seed)
    if isinstance(model.outcome, CoxOutcome):
        return _survival_optimism(model, request, EVERY_VARIABLE)

    def fit(rows: np.ndarray) -> FloatArray:
        found = fit_logistic(model.matrix[rows], model.event[rows], model.names)
        return found.linear_predictor(model.matrix)

    return bootstrap_optimism(
        fit, model.event, rng, resamples=request.resamples, patient=model.patient
    )


def _survival_optimism(
    model: _Model, request: AssociationRequest, screening_p: float
) -> OptimismResult:
    outcome = model.outcome
    if not isinstance(outcome, CoxOutcome):
        raise CohortError("association_one_outcome")
    return survival_optimism(
        model.matrix, outcome.time[model.rows], model.event, model.names, model.columns_of,
        np.random.default_rng(request.seed), screening_p=screening_p,
        resamples=request.resamples, patient=model.patient,
    )  # fmt: skip


def _selected_optimism(model: _Model, request: AssociationRequest) -> OptimismResult:
    """Of the model that screening and LASSO select, each repeated in every resample."""
    if isinstance(model.outcome, CoxOutcome):
        return _survival_optimism(model, request, float(request.screening_p or 0.0))
    return selection_optimism(
        model.matrix, model.event, model.names, model.columns_of,
        np.random.default_rng(request.seed), screening_p=request.screening_p,
        lasso=request.lasso, measure=request.measure, resamples=request.resamples,
        patient=model.patient,
    )  # fmt: skip


def _stability(model: _Model, request: AssociationRequest) -> SelectionStability:
    return selection_stability(
        model.matrix, model.event, model.names, np.random.default_rng(request.seed),
        patient=model.patient, subsamples=request.subsamples, measure=request.measure,
    )  # fmt: skip
