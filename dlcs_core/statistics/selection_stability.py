"""How often the LASSO picks each column when it sees other patients of the same kind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError, DlcsError, ModelError
from dlcs_core.statistics.checks import FloatArray, same_size, two_classes
from dlcs_core.statistics.design_checks import design
from dlcs_core.statistics.lasso import FEWEST_FOLDS, LassoFit, LassoMeasure, fit_lasso

SUBSAMPLES = 100
SHARE = 0.5
"""Half of the patients, without replacement: a bootstrap's repeats would be told apart as if they
were new patients and select too much (Meinshausen and Buehlmann 2010)."""
FOLDS = 10
MOST_FAILURES = 0.1
"""Share of subsamples that may have no fit."""


@dataclass(frozen=True, eq=False)
class SelectionStability:
    """Share of subsamples in which a column was selected.

    Attributes
    ----------
    columns : tuple of str
        Names of the design columns.
    frequency_min, frequency_1se : array of float64, shape (n_columns,)
        At ``lambda_min`` and at ``lambda_1se``, in [0, 1].
    subsamples, failed : int
        Those used, and those without a fit (a fold or a half of one class).
    """

    columns: tuple[str, ...]
    frequency_min: FloatArray
    frequency_1se: FloatArray
    subsamples: int
    failed: int


def selection_stability(
    X: ArrayLike,
    good_response: ArrayLike,
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    patient: ArrayLike | None = None,
    subsamples: int = SUBSAMPLES,
    share: float = SHARE,
    folds: int = FOLDS,
    measure: LassoMeasure = "deviance",
) -> SelectionStability:
    """Repeat a cross-validated LASSO on random parts of the patients.

    Parameters
    ----------
    X : array of float, shape (n_rows, n_columns)
        Design columns without intercept.
    good_response : array of bool or 0/1, shape (n_rows,)
        Outcome.
    names : sequence of str
        One name per column.
    rng : numpy.random.Generator
        Source of the subsamples and folds.
    patient : array, shape (n_rows,), optional
        Patient of each row. All rows of a patient are in a subsample or out of it, and in one
        fold: a duplicate in another fold would let the LASSO test itself on what it has seen.
    subsamples : int
        How many.
    share : float
        Share of the patients in each, in (0, 1].
    folds : int
        Of the cross-validation, at least 3.
    measure : {"deviance", "auc", "class"}
        What is cross-validated.

    Returns
    -------
    SelectionStability
        Columns that are picked in most subsamples are trustworthy.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, sizes differ, the share is outside (0, 1], or
        there are fewer than three folds.
    ModelError
        If more than a tenth of the subsamples have no fit.

    References
    ----------
    .. [1] Meinshausen N, Buehlmann P. Stability selection. J R Stat Soc B 2010;72:417-473.
    """
    outcome = two_classes(good_response)
    matrix = design(X, names, outcome.size)
    ids = np.arange(outcome.size) if patient is None else np.asarray(patient)
    same_size(outcome, ids)
    if not 0.0 < share <= 1.0:
        raise CohortError("statistic_share_outside", value=share)
    if folds < FEWEST_FOLDS:
        raise CohortError("statistic_too_few_folds", folds=folds)
    index = np.unique(ids, return_inverse=True)[1]
    fits: list[LassoFit] = []
    for _ in range(subsamples):
        fold = _dealt(index, share, folds, rng)
        rows = fold >= 0
        try:
            fits.append(fit_lasso(matrix[rows], outcome[rows], names, fold[rows], measure=measure))
        except DlcsError:
            continue
    failed = subsamples - len(fits)
    if failed > MOST_FAILURES * subsamples:
        raise ModelError("bootstrap_without_fit", failed=failed, resamples=subsamples)
    return SelectionStability(
        columns=tuple(names),
        frequency_min=_frequency([fit.index_min for fit in fits], fits),
        frequency_1se=_frequency([fit.index_1se for fit in fits], fits),
        subsamples=len(fits),
        failed=failed,
    )


def _dealt(
    index: NDArray[np.intp], share: float, folds: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Fold of each row, dealt out by patient; -1 for the patients that are left out."""
    n_patients = int(index.max()) + 1
    drawn = rng.permutation(n_patients)[: max(1, round(share * n_patients))]
    fold_of = np.full(n_patients, -1, dtype=np.intp)
    fold_of[drawn] = np.arange(drawn.size) % folds
    return fold_of[index]


def _frequency(chosen: Sequence[int], fits: Sequence[LassoFit]) -> FloatArray:
    """Share of fits with a coefficient in each column."""
    selected = [fit.coefficients[place, 1:] != 0.0 for place, fit in zip(chosen, fits, strict=True)]
    return np.asarray(np.mean(selected, axis=0))
