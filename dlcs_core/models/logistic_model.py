"""A stored logistic regression on design columns; clinical signature and fusion are two of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError
from dlcs_core.models.fitting import FitSummary, spread, with_fallback
from dlcs_core.models.serialization import (
    FloatArray,
    array,
    covariance_matrix,
    fields_of,
    number,
    texts,
)

_FIELDS = ("columns", "intercept", "coefficients", "covariance")


@dataclass(frozen=True, eq=False)
class LogisticModel:
    """Coefficients of a logistic regression with their covariance.

    Attributes
    ----------
    columns : tuple of str
        Names of the design columns.
    intercept : float
        Log odds where every column is 0.
    coefficients : array of float64, shape (n_columns,)
        Log odds ratio per unit.
    covariance : array of float64, shape (1 + n_columns, 1 + n_columns)
        Of intercept and coefficients.
    """

    columns: tuple[str, ...]
    intercept: float
    coefficients: FloatArray
    covariance: FloatArray

    def linear_predictor(self, row: FloatArray) -> float:
        """Log odds of one patient's columns."""
        return self.intercept + float(self.coefficients @ row)

    def linear_predictors(self, matrix: FloatArray) -> FloatArray:
        """Log odds of many rows; NaN where a column is."""
        return np.asarray(self.intercept + matrix @ self.coefficients)

    def variance(self, row: FloatArray) -> float:
        """Variance of the log odds from the uncertainty of the coefficients."""
        with_intercept = np.r_[1.0, row]
        return float(with_intercept @ self.covariance @ with_intercept)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "columns": list(self.columns),
            "intercept": self.intercept,
            "coefficients": self.coefficients.tolist(),
            "covariance": self.covariance.tolist(),
        }

    @classmethod
    def from_dict(cls, data: object, columns: Sequence[str], part: str) -> "LogisticModel":
        """Read the JSON form.

        Parameters
        ----------
        data : object
            Parsed JSON.
        columns : sequence of str
            The columns that the model must have.
        part : str
            Which model, for the refusal.

        Raises
        ------
        ModelError
            If keys, columns or shapes differ, or a number is not finite.
        """
        fields = fields_of(data, _FIELDS, part)
        if texts(fields["columns"], part, "columns") != tuple(columns):
            raise ModelError("model_part_malformed", part=part, field="columns")
        size = len(columns)
        return cls(
            columns=tuple(columns),
            intercept=number(fields["intercept"], part, "intercept"),
            coefficients=array(fields["coefficients"], (size,), part, "coefficients"),
            covariance=covariance_matrix(fields["covariance"], 1 + size, part),
        )


def fit_logistic_model(
    matrix: FloatArray, good_response: NDArray[np.bool_], columns: Sequence[str], n_total: int
) -> tuple[LogisticModel, FitSummary]:
    """Fit a logistic regression on complete rows.

    Parameters
    ----------
    matrix : array of float64, shape (n_complete, n_columns)
        Design columns without gaps.
    good_response : array of bool, shape (n_complete,)
        Outcome.
    columns : sequence of str
        Column names.
    n_total : int
        Patients before the incomplete ones were left out.

    Returns
    -------
    tuple of LogisticModel and FitSummary
        Columns that depend on others get coefficient 0; separated data a weak penalty.

    Raises
    ------
    CohortError
        If there is no complete row or one class only.
    """
    from dlcs_core.statistics.design_checks import dependent_columns
    from dlcs_core.statistics.logistic_regression import fit_logistic

    dependent = dependent_columns(matrix) if len(matrix) else ()
    kept = np.array([i for i in range(len(columns)) if i not in dependent], dtype=np.intp)
    names = [columns[i] for i in kept]
    fit, penalized = with_fallback(
        lambda ridge: fit_logistic(matrix[:, kept], good_response, names, ridge=ridge)
    )
    size = 1 + len(columns)
    places = np.r_[0, 1 + kept]
    coefficients = spread(fit.coefficients, places, size)
    model = LogisticModel(
        columns=tuple(columns),
        intercept=float(coefficients[0]),
        coefficients=coefficients[1:],
        covariance=spread(fit.covariance, places, size),
    )
    dropped = tuple(columns[i] for i in dependent)
    return model, FitSummary(fit.n, n_total - fit.n, fit.events, penalized, dropped)
