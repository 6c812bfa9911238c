"""Clinical signature: a logistic model on baseline variables that a LASSO has chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.models.design import Design, Values, make_design, probability_of
from dlcs_core.models.fitting import FitSummary, enough_rows
from dlcs_core.models.logistic_model import LogisticModel, fit_logistic_model
from dlcs_core.models.serialization import FloatArray, fields_of, number, texts

if TYPE_CHECKING:
    import pandas as pd

CORRELATED = 0.7
"""Absolute Spearman correlation from which a pair of columns is put on record."""

_FIELDS = ("design", "model", "selection", "fit")


@dataclass(frozen=True)
class Selection:
    """How the variables were chosen.

    Attributes
    ----------
    candidates : tuple of str
        Design columns offered to the LASSO.
    selected : tuple of str
        Columns with a coefficient at the chosen penalty.
    penalty : float
        glmnet's ``lambda.min`` by cross-validated deviance.
    correlated : mapping of str to float
        Spearman correlation of every pair ``"a ~ b"`` of columns at or beyond 0.7 either way.
        Recorded as the paper did; nothing is dropped for it, since the LASSO itself keeps one
        of a correlated pair.
    """

    candidates: tuple[str, ...]
    selected: tuple[str, ...]
    penalty: float
    correlated: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "candidates": list(self.candidates),
            "selected": list(self.selected),
            "penalty": self.penalty,
            "correlated": dict(self.correlated),
        }

    @classmethod
    def from_dict(cls, data: object) -> "Selection":
        """Read the JSON form; refuse missing and unknown keys."""
        part = "selection"
        fields = fields_of(data, ("candidates", "selected", "penalty", "correlated"), part)
        raw = fields["correlated"]
        pairs = fields_of(raw, list(raw) if isinstance(raw, Mapping) else (), part)
        return cls(
            candidates=texts(fields["candidates"], part, "candidates"),
            selected=texts(fields["selected"], part, "selected"),
            penalty=number(fields["penalty"], part, "penalty"),
            correlated={k: number(v, part, "correlated") for k, v in pairs.items()},
        )


@dataclass(frozen=True, eq=False)
class ClinicalSignature:
    """Probability of good response from baseline variables alone.

    Attributes
    ----------
    design : Design
        The chosen variables. A variable enters with all its levels when the LASSO keeps any of
        them, so that no level is silently merged with the reference level.
    model : LogisticModel
        Refitted without penalty.
    selection : Selection
        How the variables were chosen.
    fit : FitSummary
        How it was fitted.
    """

    design: Design
    model: LogisticModel
    selection: Selection
    fit: FitSummary

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return self.design.variables

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the design columns."""
        return self.model.columns

    def linear_predictor(self, values: Values) -> float | None:
        """Log odds of good response; None where a needed value is missing."""
        row = self.design.row(values)
        return None if row is None else self.model.linear_predictor(row)

    def probability(self, values: Values) -> float | None:
        """Probability of good response.

        Parameters
        ----------
        values : mapping of str to float, str or None
            Clinical values by variable name.

        Returns
        -------
        float or None
            None where a needed value is missing or a level was never seen in training.
        """
        logit = self.linear_predictor(values)
        return None if logit is None else probability_of(logit)

    def probabilities(self, table: "pd.DataFrame") -> FloatArray:
        """Probability of every row of a table; NaN where a needed value is missing."""
        from dlcs_core.statistics.logistic_regression import sigmoid

        logits = self.model.linear_predictors(self.design.matrix(table))
        return np.where(self.design.complete(table), sigmoid(logits), np.nan)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "design": self.design.to_dict(),
            "model": self.model.to_dict(),
            "selection": self.selection.to_dict(),
            "fit": self.fit.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: object) -> "ClinicalSignature":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, or a number is not finite.
        """
        fields = fields_of(data, _FIELDS, "clinical_signature")
        design = Design.from_dict(fields["design"])
        return cls(
            design=design,
            model=LogisticModel.from_dict(fields["model"], design.columns, "clinical_signature"),
            selection=Selection.from_dict(fields["selection"]),
            fit=FitSummary.from_dict(fields["fit"]),
        )


def fit_clinical_signature(
    table: "pd.DataFrame",
    good_response: ArrayLike,
    fold_id: ArrayLike,
    *,
    candidates: Sequence[str] | None = None,
) -> ClinicalSignature:
    """Choose variables by LASSO and refit them without penalty.

    Parameters
    ----------
    table : DataFrame
        Training patients with the candidate variables as columns.
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome.
    fold_id : array of int, shape (n_patients,)
        Fold of each patient in the cross-validation of the penalty.
    candidates : sequence of str, optional
        Variables offered; all 22 by default. One that nobody has is passed over.

    Returns
    -------
    ClinicalSignature
        At glmnet's ``lambda.min`` by deviance; with no variable chosen it is the prevalence.

    Raises
    ------
    CohortError
        If the complete rows, or those outside a fold, hold one class only.
    ModelError
        If too few rows are complete.
    """
    from dlcs_core.statistics.design_checks import dependent_columns
    from dlcs_core.statistics.lasso import fit_lasso

    names = [v.name for v in VARIABLES] if candidates is None else list(candidates)
    offered = make_design(table, [name for name in names if table[name].notna().any()])
    complete = offered.complete(table)
    enough_rows(complete, 1)
    outcome: NDArray[np.bool_] = np.asarray(good_response).astype(np.bool_)
    matrix = offered.matrix(table)[complete]
    dependent = dependent_columns(matrix)
    kept = [i for i in range(len(offered.columns)) if i not in dependent]
    columns = tuple(offered.columns[i] for i in kept)
    folds = np.asarray(fold_id)[complete]
    lasso = fit_lasso(matrix[:, kept], outcome[complete], columns, folds)
    selection = Selection(
        candidates=columns,
        selected=lasso.selected_min,
        penalty=lasso.lambda_min,
        correlated=_correlated(matrix[:, kept], columns),
    )
    return _refit(table, outcome, offered, selection)


def _refit(
    table: "pd.DataFrame", outcome: NDArray[np.bool_], offered: Design, selection: Selection
) -> ClinicalSignature:
    """Logistic regression on the variables of the selected columns."""
    selected = set(selection.selected)
    variables = [v for v in offered.variables if selected & set(offered.columns_of(v))]
    design = make_design(table, variables)
    complete = design.complete(table)
    model, fit = fit_logistic_model(
        design.matrix(table)[complete], outcome[complete], design.columns, len(table)
    )
    return ClinicalSignature(design, model, selection, fit)


def _correlated(matrix: FloatArray, columns: Sequence[str]) -> dict[str, float]:
    """Pairs of columns with a strong Spearman correlation."""
    from dlcs_core.statistics.correlation import spearman_matrix

    rho = spearman_matrix(matrix)
    return {
        f"{columns[i]} ~ {columns[j]}": float(rho[i, j])
        for i in range(len(columns))
        for j in range(i + 1, len(columns))
        if abs(rho[i, j]) >= CORRELATED
    }
