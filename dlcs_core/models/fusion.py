"""DLCS: the logistic model that fuses the DL signature with three clinical variables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.models.design import Design, Values, logit_of, make_design, probability_of
from dlcs_core.models.fitting import FitSummary, complete_rows, enough_rows
from dlcs_core.models.logistic_model import LogisticModel, fit_logistic_model
from dlcs_core.models.serialization import FloatArray, fields_of, number, text

if TYPE_CHECKING:
    import pandas as pd

FUSION_VARIABLES = ("max_diameter_cm", "borrmann_type", "src_component")
"""The clinical variables of the paper's figure 3A, beside the DL signature."""

LOGIT_DL_SIGNATURE = "logit_dl_signature"
"""Column of the DL signature's log odds."""

_FIELDS = ("design", "model", "cutoff", "cutoff_cohort", "fit")


@dataclass(frozen=True, eq=False)
class FusionModel:
    """Probability of good response from image and clinic together (DLCS).

    The DL signature enters as its log odds: a calibrated signature then has a coefficient near 1,
    and a patient whom the image calls certain is not pulled back by a probability scale that
    ends at 0 and 1.

    Attributes
    ----------
    design : Design
        The clinical variables.
    model : LogisticModel
        Columns ``logit_dl_signature``, then the design's.
    cutoff : float
        Probability from which a patient counts as a good responder.
    cutoff_cohort : str
        Cohort in which the cutoff was found.
    fit : FitSummary
        How it was fitted.
    """

    design: Design
    model: LogisticModel
    cutoff: float
    cutoff_cohort: str
    fit: FitSummary

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, the DL signature first."""
        return self.model.columns

    def linear_predictor(self, dl_signature: float | None, values: Values) -> float | None:
        """Log odds of good response (not centred).

        Parameters
        ----------
        dl_signature : float or None
            Recalibrated probability from the image, in [0, 1].
        values : mapping of str to float, str or None
            Clinical values by variable name.

        Returns
        -------
        float or None
            None where a needed value is missing or a level was never seen in training.
        """
        row = self._row(dl_signature, values)
        return None if row is None else self.model.linear_predictor(row)

    def probability(self, dl_signature: float | None, values: Values) -> float | None:
        """Probability of good response; see :meth:`linear_predictor`."""
        logit = self.linear_predictor(dl_signature, values)
        return None if logit is None else probability_of(logit)

    def linear_predictor_variance(
        self, dl_signature: float | None, values: Values, dl_logit_variance: float = 0.0
    ) -> float | None:
        """Variance of the log odds.

        Parameters
        ----------
        dl_signature, values
            As in :meth:`linear_predictor`.
        dl_logit_variance : float
            Variance of the DL signature's log odds, e.g. between folds.

        Returns
        -------
        float or None
            From the covariance of the coefficients plus the share of the DL signature.
        """
        row = self._row(dl_signature, values)
        if row is None:
            return None
        return self.model.variance(row) + float(self.model.coefficients[0] ** 2) * dl_logit_variance

    def probabilities(self, dl_signature: ArrayLike, table: "pd.DataFrame") -> FloatArray:
        """Probability of every row of a table; NaN where a needed value is missing."""
        from dlcs_core.statistics.logistic_regression import sigmoid

        return sigmoid(self.linear_predictors(dl_signature, table))

    def linear_predictors(self, dl_signature: ArrayLike, table: "pd.DataFrame") -> FloatArray:
        """Log odds of every row of a table; NaN where a needed value is missing."""
        return self.model.linear_predictors(_matrix(self.design, dl_signature, table))

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "design": self.design.to_dict(),
            "model": self.model.to_dict(),
            "cutoff": self.cutoff,
            "cutoff_cohort": self.cutoff_cohort,
            "fit": self.fit.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: object) -> "FusionModel":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, or a number is not finite.
        """
        fields = fields_of(data, _FIELDS, "fusion")
        design = Design.from_dict(fields["design"])
        columns = (LOGIT_DL_SIGNATURE, *design.columns)
        return cls(
            design=design,
            model=LogisticModel.from_dict(fields["model"], columns, "fusion"),
            cutoff=number(fields["cutoff"], "fusion", "cutoff"),
            cutoff_cohort=text(fields["cutoff_cohort"], "fusion", "cutoff_cohort"),
            fit=FitSummary.from_dict(fields["fit"]),
        )

    def _row(self, dl_signature: float | None, values: Values) -> FloatArray | None:
        """Columns of one patient, or None."""
        clinical = self.design.row(values)
        if dl_signature is None or clinical is None:
            return None
        return np.asarray(np.r_[logit_of(dl_signature), clinical])


def fit_fusion(
    table: "pd.DataFrame",
    dl_signature: ArrayLike,
    good_response: ArrayLike,
    *,
    variables: Sequence[str] = FUSION_VARIABLES,
    cohort: str = "training",
) -> FusionModel:
    """Fit the fusion model and its cutoff.

    Parameters
    ----------
    table : DataFrame
        Training patients with the variables as columns.
    dl_signature : array of float, shape (n_patients,)
        Recalibrated **out-of-fold** probability of each patient, in [0, 1]; NaN where missing.
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome.
    variables : sequence of str
        Clinical variables beside the signature.
    cohort : str
        Name of the table's cohort, stored with the cutoff.

    Returns
    -------
    FusionModel
        Its cutoff is Youden's on these patients. Rows with a missing value are left out and
        counted.

    Raises
    ------
    CohortError
        If the complete rows hold one class only.
    ModelError
        If too few rows are complete.
    """
    from dlcs_core.statistics.roc import roc_curve, youden_point

    design = make_design(table, variables)
    matrix = _matrix(design, dl_signature, table)
    complete = complete_rows(matrix)
    enough_rows(complete, matrix.shape[1])
    outcome = np.asarray(good_response).astype(np.bool_)[complete]
    columns = (LOGIT_DL_SIGNATURE, *design.columns)
    model, fit = fit_logistic_model(matrix[complete], outcome, columns, len(table))
    logit = model.linear_predictors(matrix[complete])
    cutoff = probability_of(youden_point(roc_curve(outcome, logit)).threshold)
    return FusionModel(design, model, cutoff, cohort, fit)


def _matrix(design: Design, dl_signature: ArrayLike, table: "pd.DataFrame") -> FloatArray:
    """Columns of every row, the DL signature's log odds first."""
    signature = np.asarray(dl_signature, dtype=np.float64)
    logit = [logit_of(p) if np.isfinite(p) else np.nan for p in signature]
    return np.column_stack([logit, design.matrix(table)])
