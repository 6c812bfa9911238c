"""The training patients that a bundle carries, to be found again as similar to a new one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.recalibration import Recalibration
from dlcs_core.models.similar_cases import PATIENT_COLUMNS, Cell, SimilarCases
from dlcs_core.network.uncertainty import ReferenceStatistics
from trainer.stages.dl_signature import DlSignatureResult

N_DIRECTIONS = 8
"""Leading directions of the features that make up a place in signature space."""

MOST_PATIENTS = 1500
"""Patients carried; of a larger cohort a random part, evenly over the responses."""

SLICE_BYTES = 2_500_000
"""All slices together: a bundle stays below 50 MB."""

SIDES_PX = (56, 48, 40, 32)
"""Sides of a slice, the largest that fits is taken; the model input has 112."""


def carried_rows(
    fold: NDArray[np.int64], good_response: NDArray[np.bool_], seed: int
) -> NDArray[np.int64]:
    """Return the training rows that are carried, in the order of the table.

    Parameters
    ----------
    fold : int64 array (n_patients,)
        Held-out fold; -1 outside training.
    good_response : bool array (n_patients,)
        Outcome, whose share is kept.
    seed : int
        Of the draw, where there are too many.
    """
    training = np.flatnonzero(fold >= 0)
    if len(training) <= MOST_PATIENTS:
        return training
    order = np.random.default_rng(seed).permutation(training)
    share = MOST_PATIENTS / len(training)
    parts = [order[good_response[order] == label] for label in (True, False)]
    return np.sort(np.concatenate([part[: round(share * len(part))] for part in parts]))


def fit_similar_stage(
    table: pd.DataFrame,
    result: DlSignatureResult,
    recalibration: Recalibration,
    reference: ReferenceStatistics,
    rows: NDArray[np.int64],
    *,
    with_patients: bool,
) -> SimilarCases:
    """Place training patients in signature space.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table with out-of-fold ``dl_signature`` and ``dlcs``.
    result : DlSignatureResult
        Logits and features of all folds.
    recalibration : Recalibration
        Of the same logits.
    reference : ReferenceStatistics
        Whose directions a new patient will be placed along.
    rows : int64 array (n,)
        Training rows to carry.
    with_patients : bool
        Carry variables and survival of single patients too.
    """
    fold = result.fold[rows]
    kept = min(N_DIRECTIONS, reference.directions.shape[1])
    places = [
        reference.coordinates(result.features[k, row], int(k), kept)
        for k, row in zip(fold, rows, strict=True)
    ]
    z = recalibration.out_of_fold_logits(result.out_of_fold_logit[rows], fold)
    chosen = table.iloc[rows]
    return SimilarCases(
        coordinates=np.stack(places),
        fold=fold,
        log_odds=recalibration.out_of_fold_intercept + recalibration.out_of_fold_slope * z,
        dl_signature=chosen["dl_signature"].to_numpy(float),
        good_response=chosen["good_response"].to_numpy(bool),
        dlcs=chosen["dlcs"].to_numpy(float),
        patients=_columns(chosen) if with_patients else None,
    )


def _columns(table: pd.DataFrame) -> dict[str, Sequence[Cell]]:
    """Return what is carried of single patients, column by column."""
    return {name: [_cell(value) for value in table[name]] for name in PATIENT_COLUMNS}


def _cell(value: object) -> Cell:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return value if isinstance(value, str) else round(float(value), 3)  # type: ignore[arg-type]


def small_slices(
    images: NDArray[np.float32], rows: NDArray[np.int64], most_bytes: int = SLICE_BYTES
) -> NDArray[np.uint8]:
    """Return the key slices of patients, made small.

    Parameters
    ----------
    images : float32 array (n_patients, 3, 112, 112)
        The cache; the middle channel is the key slice, in [0, 1].
    rows : int64 array (n,)
        Patients.
    most_bytes : int
        Of all slices together.

    Returns
    -------
    uint8 array (n, side, side)
        Mean over the pixels that fall into one; 0 to 255.
    """
    side = next((s for s in SIDES_PX if len(rows) * s**2 <= most_bytes), SIDES_PX[-1])
    weights = _area_weights(images.shape[-1], side)
    small = np.empty((len(rows), side, side), np.uint8)
    for place, row in enumerate(rows):
        key_slice = np.asarray(images[row][1], np.float64)
        small[place] = np.round(255 * (weights @ key_slice @ weights.T))
    return small


def _area_weights(size: int, side: int) -> NDArray[np.float64]:
    """Return the share of each of ``size`` pixels in each of ``side`` larger ones."""
    edges = np.linspace(0, size, side + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(size)[None, :]
    overlap = np.minimum(high, pixel + 1) - np.maximum(low, pixel)
    return np.asarray(np.clip(overlap, 0, None) * side / size)
