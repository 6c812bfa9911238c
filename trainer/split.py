"""Folds by patient, stratified by response and centre, decided before anything is fitted."""

import hashlib
from pathlib import Path

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
        0 to ``folds - 1``; -1 outside the training cohort. All rows of one patient share a fold.

    Raises
    ------
    TrainingError
        If either class has fewer patients than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    training = np.flatnonzero(table["cohort"].to_numpy() == "training")
    response = table["good_response"].to_numpy()[training].astype(int)
    rarest = min(np.count_nonzero(response == 0), np.count_nonzero(response == 1))
    if rarest < folds:
        raise TrainingError("too_few_patients_for_folds", found=rarest, folds=folds)
    strata = _strata(response, table["center"].to_numpy()[training], folds)
    groups = table["patient_id"].to_numpy()[training].astype(str)
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    assigned = np.full(len(table), NOT_TRAINING, dtype=np.int64)
    for fold, (_, held_out) in enumerate(splitter.split(strata, strata, groups)):
        assigned[training[held_out]] = fold
    return assigned


def _strata(response: NDArray[np.int64], center: NDArray[np.object_], folds: int) -> list[str]:
    """Response by centre; a stratum too rare to stand in every fold is its response alone."""
    joint = [f"{one}:{place}" for one, place in zip(response, center, strict=True)]
    counts = pd.Series(joint).value_counts()
    strata = [
        name if counts[name] >= folds else f"{one}:*"
        for name, one in zip(joint, response, strict=True)
    ]
    left = pd.Series(strata).value_counts()
    if left.min() >= folds:
        return strata
    return [str(one) for one in response]


def write_folds(path: Path, table: pd.DataFrame, fold: NDArray[np.int64]) -> str:
    """Write the folds next to the run and return the SHA-256 of the file."""
    rows = pd.DataFrame({"patient_id": table["patient_id"], "fold": fold})
    content = rows.to_csv(index=False, lineterminator="\n").encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
