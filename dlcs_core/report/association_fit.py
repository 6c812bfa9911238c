"""A logistic or a Cox regression of rows of a table, seen alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from dlcs_core.report.association_design import Term
from dlcs_core.statistics.checks import BoolArray, FloatArray, followed_up, two_classes
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.logistic_regression import INTERCEPT, fit_logistic
from dlcs_core.statistics.proportional_hazards import (
    ProportionalHazardsRow,
    proportional_hazards_test,
)
from dlcs_core.statistics.survival_metrics import harrell_c
from dlcs_core.statistics.variance_inflation import variance_inflation
from dlcs_core.statistics.wald import WaldRow

Kind = Literal["logistic", "cox"]

TIE_DECIMALS = 10
"""Linear predictors that differ by less are rounding of the same number."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What both regressions tell.

    Attributes
    ----------
    intercept : tuple of Term
        The intercept of a logistic regression, else nothing.
    rows : mapping of Term to WaldRow
        Inference per term.
    log_likelihood : float
        Partial for Cox.
    likelihood_ratio : tuple of float, int, float
        Statistic, degrees of freedom and P against no variable.
    concordance, concordance_se : float
        AUC or Harrell's C of the linear predictor on the rows that it was fitted on.
    variance_inflation : mapping of str to float
        Per variable, generalised.
    proportional_hazards : tuple of ProportionalHazardsRow or None
        Cox only; None too with so few deaths that the test has no answer.
    """

    intercept: tuple[Term, ...]
    rows: Mapping[Term, WaldRow]
    log_likelihood: float
    likelihood_ratio: tuple[float, int, float]
    concordance: float
    concordance_se: float | None
    variance_inflation: Mapping[str, float]
    proportional_hazards: tuple[ProportionalHazardsRow, ...] | None


class Outcome(Protocol):
    """What is explained, for every row of a table."""

    @property
    def kind(self) -> Kind:
        """The regression."""

    @property
    def event(self) -> FloatArray:
        """1 for an event, NaN where unknown."""

    @property
    def is_known(self) -> BoolArray:
        """Rows with an outcome."""

    @property
    def n(self) -> int:
        """Rows with an outcome."""

    @property
    def events(self) -> int:
        """Events among them."""

    def check(self) -> None:
        """Refuse an outcome that nothing can be related to."""

    def fit(self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray) -> Fitted:
        """Fit columns on some rows."""

    def inference(
        self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray
    ) -> Mapping[Term, WaldRow]:
        """Return the coefficients alone, without what is told of a whole model."""


@dataclass(frozen=True, eq=False)
class LogisticOutcome:
    """A 0/1 outcome of every row, NaN where unknown."""

    event: FloatArray

    @property
    def kind(self) -> Kind:
        """The regression."""
        return "logistic"

    @property
    def is_known(self) -> BoolArray:
        """Rows with an outcome."""
        return np.asarray(~np.isnan(self.event))

    @property
    def n(self) -> int:
        """Rows with an outcome."""
        return int(self.is_known.sum())

    @property
    def events(self) -> int:
        """Events among them."""
        return int(self.event[self.is_known].sum())

    def check(self) -> None:
        """Refuse a single class.

        Raises
        ------
        CohortError
            If there is no row or one class.
        """
        two_classes(self.event[self.is_known])

    def fit(self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray) -> Fitted:
        """Fit columns on some rows by logistic regression."""
        event = self.event[rows]
        found = fit_logistic(matrix, event, [term.column for term in terms])
        auc = auc_estimate(event, found.linear_predictor(matrix).round(TIE_DECIMALS))
        intercept = Term(INTERCEPT)
        return Fitted(
            intercept=(intercept,),
            rows=dict(zip((intercept, *terms), found.rows, strict=True)),
            log_likelihood=found.log_likelihood,
            likelihood_ratio=found.likelihood_ratio,
            concordance=auc.auc,
            concordance_se=auc.se,
            variance_inflation=_inflation(found.covariance[1:, 1:], terms),
            proportional_hazards=None,
        )

    def inference(
        self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray
    ) -> Mapping[Term, WaldRow]:
        """Return the coefficients alone, the intercept left out."""
        found = fit_logistic(matrix, self.event[rows], [term.column for term in terms])
        return dict(zip(terms, found.rows[1:], strict=True))


@dataclass(frozen=True, eq=False)
class CoxOutcome:
    """Death or censoring and its month for every row, NaN where unknown."""

    event: FloatArray
    time: FloatArray

    @property
    def kind(self) -> Kind:
        """The regression."""
        return "cox"

    @property
    def is_known(self) -> BoolArray:
        """Rows with follow-up."""
        return np.asarray(~(np.isnan(self.event) | np.isnan(self.time)))

    @property
    def n(self) -> int:
        """Rows with follow-up."""
        return int(self.is_known.sum())

    @property
    def events(self) -> int:
        """Deaths among them."""
        return int(self.event[self.is_known].sum())

    def check(self) -> None:
        """Refuse a cohort without a death.

        Raises
        ------
        CohortError
            If nobody has follow-up, or nobody died.
        """
        followed_up(self.time[self.is_known], self.event[self.is_known])

    def fit(self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray) -> Fitted:
        """Fit columns on some rows by Cox regression with Efron ties."""
        time, event = self.time[rows], self.event[rows]
        names = [term.column for term in terms]
        found = fit_cox(matrix, time, event, names)
        c = harrell_c(time, event, found.linear_predictor(matrix).round(TIE_DECIMALS))
        return Fitted(
            intercept=(),
            rows=dict(zip(terms, found.rows, strict=True)),
            log_likelihood=found.log_likelihood,
            likelihood_ratio=found.likelihood_ratio,
            concordance=c.c_index,
            concordance_se=c.se,
            variance_inflation=_inflation(found.covariance, terms),
            proportional_hazards=_proportional_hazards(matrix, time, event, terms),
        )

    def inference(
        self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray
    ) -> Mapping[Term, WaldRow]:
        """Return the coefficients alone: what else is told of a model costs more than the fit."""
        names = [term.column for term in terms]
        found = fit_cox(matrix, self.time[rows], self.event[rows], names)
        return dict(zip(terms, found.rows, strict=True))

    def log_likelihood(self, matrix: FloatArray, terms: Sequence[Term], rows: BoolArray) -> float:
        """Return the partial log likelihood of columns on some rows."""
        names = [term.column for term in terms]
        return fit_cox(matrix, self.time[rows], self.event[rows], names).log_likelihood


def _inflation(covariance: FloatArray, terms: Sequence[Term]) -> Mapping[str, float]:
    """Return the variance inflation of each variable."""
    places: dict[str, list[int]] = {}
    for place, term in enumerate(terms):
        places.setdefault(term.variable, []).append(place)
    return variance_inflation(covariance, places)


def _proportional_hazards(
    matrix: FloatArray, time: FloatArray, event: FloatArray, terms: Sequence[Term]
) -> tuple[ProportionalHazardsRow, ...] | None:
    """Test the columns of each variable together, and all of them."""
    columns_of = {
        variable: [term.column for term in terms if term.variable == variable]
        for variable in dict.fromkeys(term.variable for term in terms)
    }
    names = [term.column for term in terms]
    try:
        return proportional_hazards_test(matrix, time, event, names, columns_of)
    except np.linalg.LinAlgError:  # fewer deaths than coefficients to tell apart
        return None
