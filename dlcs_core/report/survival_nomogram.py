"""A Cox regression of a cohort as a nomogram: points, and survival of one patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.models.baseline import Baseline
from dlcs_core.models.nomogram import (
    Nomogram,
    NomogramReading,
    make_nomogram,
    with_survival_axes,
)
from dlcs_core.models.nomogram_terms import NomogramTerm, ticks_over
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.report.association_design import DesignVariable
from dlcs_core.report.survival_design import cox_design
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.cox_regression import CoxFit, fit_cox

if TYPE_CHECKING:
    import pandas as pd

Values = Mapping[str, float | str | None]

FEWEST_FOR_LIMITS = 200
"""With fewer patients the axis ends at 0.05 of them on both sides."""
OUTERMOST = 10
"""Patients that lie beyond each end of an axis (``rms::datadist``)."""


@dataclass(frozen=True, eq=False)
class CohortNomogram:
    """A fitted Cox regression and its nomogram.

    Attributes
    ----------
    nomogram : Nomogram
        Points, and survival at the horizons.
    fit : CoxFit
        On complete rows; columns without information of their own are left out.
    variables : tuple of DesignVariable
        With the levels that occur, the reference first.
    n, events : int
        Complete rows, and deaths among them.
    """

    nomogram: Nomogram
    fit: CoxFit
    variables: tuple[DesignVariable, ...]
    n: int
    events: int

    def values_of(self, row: int) -> dict[str, float | str | None]:
        """Return the values of a patient by the position of its row; None where missing."""
        return {variable.name: _value(variable, row) for variable in self.variables}

    def typical(self) -> dict[str, float | str | None]:
        """Return the median of each measurement and the commonest level of each other variable."""
        return {variable.name: _typical(variable) for variable in self.variables}

    def points(self, values: Values) -> NomogramReading | None:
        """Return a patient's points; None where a value is missing or a level never occurred."""
        return self.nomogram.points(values)

    def survival(self, values: Values, months: Sequence[float]) -> SurvivalEstimate | None:
        """Return a patient's survival with log-log limits, as R's ``survfit`` of a Cox model.

        Parameters
        ----------
        values : mapping of str to float, str or None
            By variable.
        months : sequence of float
            Not negative.

        Returns
        -------
        SurvivalEstimate or None
            None where a value is missing or a level never occurred.
        """
        row = self._columns(values)
        if row is None:
            return None
        baseline = Baseline.of(self.fit.baseline, np.arange(row.size), row.size)
        centered = row - self.fit.means
        ratio = float(self.fit.coefficients @ centered)
        read = [baseline.survival(t, centered, ratio, self.fit.covariance) for t in months]
        return SurvivalEstimate(
            tuple(float(t) for t in months), *(tuple(r[i] for r in read) for i in range(3))
        )

    def _columns(self, values: Values) -> FloatArray | None:
        """Columns of the regression for one patient."""
        found: dict[str, float] = {}
        for variable in self.variables:
            value = values.get(variable.name)
            if value is None or (variable.levels and value not in variable.levels):
                return None
            if not variable.levels:
                found[variable.name] = float(value)
            for term in variable.terms if variable.levels else ():
                found[term.column] = float(term.level == value)
        return np.array([found[name] for name in self.fit.names])


def cohort_nomogram(
    table: "pd.DataFrame", names: Sequence[str], horizons_months: Sequence[float]
) -> CohortNomogram:
    """Fit a Cox regression and lay it out as a nomogram.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort` with ``os_months`` and ``os_event``.
    names : sequence of str
        Variables.
    horizons_months : sequence of float
        Months of the survival axes; those before the first death or beyond the follow-up are left
        out.

    Returns
    -------
    CohortNomogram
        Fitted as the multivariable regression of :mod:`dlcs_core.report.association` is.

    Raises
    ------
    CohortError
        If nobody is complete, nobody died, or no variable takes two values.
    ModelError
        If there is no finite estimate, or no variable contributes anything.
    """
    design = cox_design(table, names)
    fit = fit_cox(design.matrix, design.time, design.event, design.columns)
    by_column = dict(zip(fit.names, fit.coefficients.tolist(), strict=True))
    terms = [_term(variable, by_column, design.rows) for variable in design.variables]
    nomogram = make_nomogram(terms, -float(fit.coefficients @ fit.means))
    nomogram = with_survival_axes(nomogram, _hazards(fit, horizons_months))
    return CohortNomogram(nomogram, fit, design.variables, fit.n, fit.events)


def _term(
    variable: DesignVariable, by_column: Mapping[str, float], rows: BoolArray
) -> NomogramTerm:
    if variable.levels:
        contributions = {
            level: by_column.get(variable.name + level, 0.0) for level in variable.levels
        }
        contributions[variable.levels[0]] = 0.0
        return NomogramTerm(variable.name, contributions)
    values = variable.values[rows]  # noqa: PD011 - no pandas
    share = OUTERMOST / max(values.size, FEWEST_FOR_LIMITS)
    low, high = np.quantile(values, [share, 1.0 - share]).tolist()
    if not low < high:
        low, high = float(values.min()), float(values.max())
    return NomogramTerm(variable.name, {}, by_column.get(variable.name, 0.0), ticks_over(low, high))


def _hazards(fit: CoxFit, horizons_months: Sequence[float]) -> dict[float, float]:
    """Cumulative hazard at the horizons at which there is one."""
    baseline = fit.baseline
    within = [t for t in horizons_months if t <= baseline.last_time_months]
    steps = np.searchsorted(baseline.time_months, within, side="right")
    hazard = np.r_[0.0, baseline.cumulative_hazard][steps].tolist()
    return {t: h for t, h in zip(within, hazard, strict=True) if h > 0.0}


def _value(variable: DesignVariable, row: int) -> float | str | None:
    value = float(variable.values[row])  # noqa: PD011 - no pandas
    if value != value:
        return None
    return variable.levels[int(value)] if variable.levels else value


def _typical(variable: DesignVariable) -> float | str:
    known = variable.values[variable.is_known]  # noqa: PD011 - no pandas
    if variable.levels:
        return variable.levels[int(np.bincount(known.astype(int)).argmax())]
    return float(np.median(known))
