"""Selection of columns by a cross-validated LASSO of a 0/1 outcome."""

from collections.abc import Sequence

import numpy as np

from dlcs_core.errors import Notice
from dlcs_core.report.association_design import DesignVariable
from dlcs_core.report.association_fit import Outcome
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.lasso import LassoFit, LassoMeasure, fit_lasso

FOLDS = 10
"""Folds where the table gives none; dealt out by a fixed seed."""

FOLD_SEED = 1


def selected(
    outcome: Outcome,
    variables: Sequence[DesignVariable],
    fold_id: FloatArray | None,
    measure: LassoMeasure,
    notices: list[Notice],
) -> LassoFit:
    """Fit the LASSO on the complete rows.

    Parameters
    ----------
    outcome : Outcome
        Of every row; 0/1.
    variables : sequence of DesignVariable
        The columns come from them, in order.
    fold_id : array of float64, shape (n_rows,), or None
        Fold of each row, NaN where unknown; None deals the rows into ten, alike in every run.
    measure : {"deviance", "auc", "class"}
        What is cross-validated.
    notices : list of Notice
        Takes the warnings.

    Returns
    -------
    LassoFit
        As ``cv.glmnet``.

    Raises
    ------
    CohortError
        If the complete rows have one class, also with a fold left out, or fewer than three folds.
    """
    rows = outcome.is_known & np.all([v.is_known for v in variables], axis=0)
    fold = _dealt_folds(outcome.event, rows) if fold_id is None else fold_id
    rows = rows & ~np.isnan(fold)
    matrix = np.hstack([v.matrix(rows) for v in variables])
    names = [term.column for v in variables for term in v.terms]
    found = fit_lasso(matrix, outcome.event[rows], names, fold[rows], measure=measure)
    if left_out := outcome.n - int(rows.sum()):
        notices.append(Notice("association_lasso_rows", {"count": left_out}))
    if found.measure != measure:
        values = {"asked": measure, "used": found.measure}
        notices.append(Notice("association_lasso_measure", values))
    return found


def _dealt_folds(event: FloatArray, rows: BoolArray) -> FloatArray:
    """Deal complete rows into ten folds, each class evenly, alike in every run."""
    rng = np.random.default_rng(FOLD_SEED)
    fold = np.full(event.size, np.nan)
    members = np.flatnonzero(rows)
    shuffled = rng.permutation(members)
    ordered = shuffled[np.argsort(event[shuffled], kind="stable")]
    fold[ordered] = np.arange(ordered.size) % FOLDS
    return fold
