"""A fitted Cox regression with the risk sets of its deaths, for what looks at it once more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import BoolArray, FloatArray, followed_up
from dlcs_core.statistics.cox_regression import CoxFit, fit_cox
from dlcs_core.statistics.design_checks import design, standardized
from dlcs_core.statistics.risk_sets import RiskSets


@dataclass(frozen=True, eq=False)
class FittedRiskSets:
    """A fit and the sums that it was found from.

    Attributes
    ----------
    fit : CoxFit
        With Efron ties, on the columns as given.
    time_months, event_observed : array, shape (n_patients,)
        Follow-up as it was read.
    scale : array of float64, shape (n_columns,)
        By which each column was divided.
    risk_sets : RiskSets
        Of the standardised columns, in the order of time.
    """

    fit: CoxFit
    time_months: FloatArray
    event_observed: BoolArray
    scale: FloatArray
    risk_sets: RiskSets

    @property
    def coefficients(self) -> FloatArray:
        """Log hazard ratios of the standardised columns."""
        return np.asarray(self.fit.coefficients * self.scale)


def fit_risk_sets(
    X: ArrayLike, time_months: ArrayLike, event_observed: ArrayLike, names: Sequence[str]
) -> FittedRiskSets:
    """Fit a Cox regression and lay out its risk sets.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Design columns.
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    names : sequence of str
        One name per column.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If the Cox regression has no finite estimate.
    """
    fit = fit_cox(X, time_months, event_observed, names)
    time, event = followed_up(time_months, event_observed)
    columns = standardized(design(X, names, time.size), names)
    order = np.argsort(time, kind="stable")
    risk_sets = RiskSets.of(columns.values[order], time[order], event[order], "efron")
    return FittedRiskSets(fit, time, event, columns.scale, risk_sets)
