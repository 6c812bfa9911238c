"""Folds by patient, stratified by response and centre, decided before anything is fitted."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.errors import TrainingError

NOT_TRAINING = -1
"""Fold number of a patient of a held-out cohort."""


def assign_folds(table: pd.DataFrame, folds: int, seed: int) -> NDArray[np.int64]:
    """Give every training patient the fold in which it is held out.

    Parameters
    ----------
    table : DataFrame
        Columns ``patient_id``, ``center``, ``cohort`` and ``good_response``.
    folds : int
        Number of folds.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    array of int64, shape (n_patients,)
        0 to ``folds - 1``; -1 outside the training cohort. All rows of one patient
        share a fold.

    Raises
    ------
    TrainingError
        If either class has fewer patients than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold

    training = table[table["cohort"] == "training"]
    # Patients are split, not rows: scikit-learn's StratifiedGroupKFold balances the strata of
    # one-row patients less well (39 to 53 patients of a centre per fold where 45 are due).
    patients = training.drop_duplicates("patient_id")
    response = patients["good_response"].to_numpy().astype(int)
    rarest = min(np.count_nonzero(response == 0), np.count_nonzero(response == 1))
    if rarest < folds:
        raise TrainingError("too_few_patients_for_folds", found=rarest, folds=folds)
    strata = _strata(response, patients["center"].to_numpy(), folds)
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    fold_of = pd.Series(NOT_TRAINING, index=patients["patient_id"])
    for fold, (_, held_out) in enumerate(splitter.split(strata, strata)):
        fold_of.iloc[held_out] = fold
    own = fold_of.reindex(table["patient_id"]).to_numpy()
    in_training = table["cohort"].to_numpy() == "training"
    return np.where(in_training, own, NOT_TRAINING).astype(np.int64)


def _strata(response: NDArray[np.int64], center: NDArray[np.object_], folds: int) -> list[str]:
    """Response by centre; centres too small to stand in every fold join the response's largest."""
    joint = pd.Series(
        [f"{one}:{place}" for one, place in zip(response, center, strict=True)], dtype=object
    )
    counts = joint.value_counts()
    largest = {one: joint[response == one].value_counts().index[0] for one in np.unique(response)}
    return [
        name if counts[name] >= folds else largest[one]
        for name, one in zip(joint, response, strict=True)
    ]


def folds_csv(table: pd.DataFrame, fold: NDArray[np.int64]) -> bytes:
    """Return the folds as a table of ``patient_id`` and ``fold``, the same bytes for the same."""
    rows = pd.DataFrame({"patient_id": table["patient_id"], "fold": fold})
    return rows.to_csv(index=False, lineterminator="\n").encode()
