"""Overall survival: a Cox model on the DL signature and clinical variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.models.baseline import Baseline
from dlcs_core.models.design import Design, Values, make_design
from dlcs_core.models.fitting import FitSummary, complete_rows, enough_rows, spread
from dlcs_core.models.risk_group_curves import RiskGroupCurve, risk_group_curves
from dlcs_core.models.screening import fit_cox_model, univariable_p
from dlcs_core.models.serialization import (
    FloatArray,
    array,
    covariance_matrix,
    fields_of,
    number,
)

if TYPE_CHECKING:
    import pandas as pd

DL_SIGNATURE = "dl_signature"
"""Column of the DL signature, as a probability."""

SCREENING_P = 0.05
"""A clinical variable enters when its univariable likelihood-ratio P is below this."""

RiskGroup = Literal["low", "high"]

_FIELDS = (
    "design",
    "coefficients",
    "means",
    "covariance",
    "baseline",
    "risk_cutoff",
    "risk_groups",
    "screening_p",
    "fit",
)


@dataclass(frozen=True)
class SurvivalEstimate:
    """Survival of one patient at chosen times, each entry None beyond the training follow-up.

    Attributes
    ----------
    times_months : tuple of float
        Times as asked.
    survival : tuple of float or None
        Probability of being alive, in [0, 1].
    ci95_low, ci95_high : tuple of float or None
        Log-log limits, from coefficients and baseline; None also before the first death, where
        that scale has none.
    """

    times_months: tuple[float, ...]
    survival: tuple[float | None, ...]
    ci95_low: tuple[float | None, ...]
    ci95_high: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class SurvivalModel:
    """Cox regression with its Efron baseline.

    The DL signature is always in and enters as a probability: it is bounded, so that no patient
    has extreme leverage, its nomogram axis reads 0 to 1, and its hazard ratio compares to the
    paper's (per standard deviation there; ``dl_signature_sd`` converts).

    Attributes
    ----------
    design : Design
        The clinical variables.
    coefficients : array of float64, shape (1 + n_design_columns,)
        Log hazard ratios, the DL signature first.
    means : array of float64, same shape
        Training means, where the linear predictor is 0.
    covariance : array of float64, square
        Of the coefficients.
    baseline : Baseline
        Hazard of a patient at the means.
    risk_cutoff : float
        Median linear predictor of the training patients; above it the risk is high.
    risk_groups : mapping of str to RiskGroupCurve
        Kaplan-Meier curves of the training patients of ``"low"`` and ``"high"`` risk.
    screening_p : mapping of str to float
        Univariable likelihood-ratio P of every candidate variable.
    fit : FitSummary
        How it was fitted; events are deaths.
    """

    design: Design
    coefficients: FloatArray
    means: FloatArray
    covariance: FloatArray
    baseline: Baseline
    risk_cutoff: float
    risk_groups: Mapping[str, RiskGroupCurve]
    screening_p: Mapping[str, float]
    fit: FitSummary

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, the DL signature first."""
        return (DL_SIGNATURE, *self.design.columns)

    def linear_predictor(self, values: Values, dl_signature: float | None) -> float | None:
        """Log hazard ratio against a patient at the training means.

        Parameters
        ----------
        values : mapping of str to float, str or None
            Clinical values by variable name.
        dl_signature : float or None
            Recalibrated probability from the image, in [0, 1].

        Returns
        -------
        float or None
            None where a needed value is missing or a level was never seen in training.
        """
        row = self._centered(values, dl_signature)
        return None if row is None else float(self.coefficients @ row)

    def risk_group(self, linear_predictor: float) -> RiskGroup:
        """High risk above the cutoff, low risk up to it."""
        return "high" if linear_predictor > self.risk_cutoff else "low"

    def survival(
        self, values: Values, dl_signature: float | None, times_months: Sequence[float]
    ) -> SurvivalEstimate | None:
        """Survival with 95 % log-log limits.

        Parameters
        ----------
        values, dl_signature
            As in :meth:`linear_predictor`.
        times_months : sequence of float
            Months from the training cohort's origin.

        Returns
        -------
        SurvivalEstimate or None
            As R's ``survfit`` of a Cox model; None where a needed value is missing.
        """
        row = self._centered(values, dl_signature)
        if row is None:
            return None
        log_ratio = float(self.coefficients @ row)
        read = [self.baseline.survival(t, row, log_ratio, self.covariance) for t in times_months]
        return SurvivalEstimate(
            times_months=tuple(float(t) for t in times_months),
            survival=tuple(entry[0] for entry in read),
            ci95_low=tuple(entry[1] for entry in read),
            ci95_high=tuple(entry[2] for entry in read),
        )

    def linear_predictors(self, table: "pd.DataFrame", dl_signature: ArrayLike) -> FloatArray:
        """Log hazard ratio of every row of a table; NaN where a needed value is missing."""
        return np.asarray(
            (_matrix(self.design, table, dl_signature) - self.means) @ self.coefficients
        )

    def survival_probabilities(
        self, linear_predictors: ArrayLike, times_months: Sequence[float]
    ) -> FloatArray:
        """Survival of many patients, shape (n_patients, n_times); NaN beyond the follow-up."""
        hazard = np.array([self.baseline.hazard(float(t)) for t in times_months])
        ratio = np.exp(np.asarray(linear_predictors, dtype=np.float64))
        return np.exp(-np.outer(ratio, hazard))

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "design": self.design.to_dict(),
            "coefficients": self.coefficients.tolist(),
            "means": self.means.tolist(),
            "covariance": self.covariance.tolist(),
            "baseline": self.baseline.to_dict(),
            "risk_cutoff": self.risk_cutoff,
            "risk_groups": {name: curve.to_dict() for name, curve in self.risk_groups.items()},
            "screening_p": dict(self.screening_p),
            "fit": self.fit.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: object) -> "SurvivalModel":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, shapes differ, or a number is not finite.
        """
        part = "survival"
        fields = fields_of(data, _FIELDS, part)
        design = Design.from_dict(fields["design"])
        size = 1 + len(design.columns)
        groups = fields_of(fields["risk_groups"], ("low", "high"), "risk_groups")
        screened = tuple(v.name for v in VARIABLES)
        screening = fields["screening_p"]
        names = [n for n in screened if isinstance(screening, Mapping) and n in screening]
        p = fields_of(screening, names, "screening_p")
        return cls(
            design=design,
            coefficients=array(fields["coefficients"], (size,), part, "coefficients"),
            means=array(fields["means"], (size,), part, "means"),
            covariance=covariance_matrix(fields["covariance"], size, part),
            baseline=Baseline.from_dict(fields["baseline"], size),
            risk_cutoff=number(fields["risk_cutoff"], part, "risk_cutoff"),
            risk_groups={name: RiskGroupCurve.from_dict(groups[name]) for name in groups},
            screening_p={name: number(p[name], part, "screening_p") for name in names},
            fit=FitSummary.from_dict(fields["fit"]),
        )

    def _centered(self, values: Values, dl_signature: float | None) -> FloatArray | None:
        """Columns of one patient minus the training means, or None."""
        clinical = self.design.row(values)
        if dl_signature is None or clinical is None:
            return None
        return np.asarray(np.r_[dl_signature, clinical] - self.means)


def fit_survival(
    table: "pd.DataFrame",
    dl_signature: ArrayLike,
    time_months: ArrayLike,
    event_observed: ArrayLike,
    *,
    candidates: Sequence[str] | None = None,
) -> SurvivalModel:
    """Screen the clinical variables one by one, then fit the Cox model on those that matter.

    Parameters
    ----------
    table : DataFrame
        Training patients with follow-up, the clinical variables as columns.
    dl_signature : array of float, shape (n_patients,)
        Recalibrated **out-of-fold** probability of each patient; NaN where missing.
    time_months, event_observed : array, shape (n_patients,)
        Follow-up and whether the death was seen.
    candidates : sequence of str, optional
        Variables to screen; all 22 by default.

    Returns
    -------
    SurvivalModel
        Rows with a missing value of a chosen variable are left out and counted.

    Raises
    ------
    CohortError
        If nobody died or follow-up is missing.
    ModelError
        If too few rows are complete.
    """
    time = np.asarray(time_months, dtype=np.float64)
    event = np.asarray(event_observed, dtype=np.float64)
    names = [v.name for v in VARIABLES] if candidates is None else list(candidates)
    screening = {name: univariable_p(table, name, time, event) for name in names}
    chosen = [name for name, p in screening.items() if p < SCREENING_P]
    design = make_design(table, chosen)
    matrix = _matrix(design, table, dl_signature)
    complete = complete_rows(matrix)
    enough_rows(complete, matrix.shape[1])
    columns = (DL_SIGNATURE, *design.columns)
    matrix, time, event = matrix[complete], time[complete], event[complete]
    fit, kept, summary = fit_cox_model(matrix, time, event, columns, len(table))
    size = len(columns)
    coefficients = spread(fit.coefficients, kept, size)
    means = matrix.mean(axis=0)
    risk = (matrix - means) @ coefficients
    cutoff = float(np.median(risk))
    return SurvivalModel(
        design=design,
        coefficients=coefficients,
        means=means,
        covariance=spread(fit.covariance, kept, size),
        baseline=Baseline.of(fit.baseline, kept, size),
        risk_cutoff=cutoff,
        risk_groups=risk_group_curves(time, event, risk > cutoff),
        screening_p=screening,
        fit=summary,
    )


def _matrix(design: Design, table: "pd.DataFrame", dl_signature: ArrayLike) -> FloatArray:
    """Columns of every row, the DL signature first."""
    signature = np.asarray(dl_signature, dtype=np.float64)
    return np.column_stack([signature, design.matrix(table)])
