"""From the folds' logits to score and calibrated DL signature, and to the reference cases."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.recalibration import Recalibration, fit_recalibration
from dlcs_core.network.uncertainty import ReferenceStatistics, fit_reference
from dlcs_core.statistics.logistic_regression import sigmoid
from trainer.stages.dl_signature import DlSignatureResult

UNSEEN_COHORTS = ("internal_validation", "external_validation")
"""Cohorts whose images no network was trained on, the most alike to training first."""

FEWEST_UNSEEN = 20
"""Fewer images say nothing of a variance or a tail."""


@dataclass(frozen=True)
class CalibratedSignature:
    """The DL signature of everybody.

    Attributes
    ----------
    recalibration : Recalibration
        Fitted on out-of-fold logits of the training cohort.
    score : float64 array (n_patients,)
        Sigmoid of the scaled logit: of the one unseeing network in training, of the mean of all
        elsewhere.
    probability : float64 array (n_patients,)
        Recalibrated to the training prevalence, likewise.
    """

    recalibration: Recalibration
    score: NDArray[np.float64]
    probability: NDArray[np.float64]


def calibrate_signature(result: DlSignatureResult, table: pd.DataFrame) -> CalibratedSignature:
    """Fit the recalibration and apply it as serving does.

    Outcomes are those of the training cohort only. Images of a held-out cohort, never their
    outcomes, tell how much less the mean of all networks varies than a single one.

    Parameters
    ----------
    result : DlSignatureResult
        Logits of all folds.
    table : DataFrame
        ``cohort`` and ``good_response`` of every patient.
    """
    fold, training = result.fold, result.fold >= 0
    response = table["good_response"].to_numpy(bool)
    logit = result.out_of_fold_logit[training]
    unseen = unseen_rows(table)
    recalibration = fit_recalibration(
        logit,
        fold[training],
        response[training],
        None if unseen is None else result.logits[:, unseen],
    )
    score, probability = np.empty(len(fold)), np.empty(len(fold))
    score[training] = sigmoid(recalibration.out_of_fold_logits(logit, fold[training]))
    probability[training] = recalibration.out_of_fold_probabilities(logit, fold[training])
    for row in np.flatnonzero(~training):
        ensemble = recalibration.ensemble_logit(result.logits[:, row])
        score[row] = sigmoid(np.array([ensemble]))[0]
        probability[row] = recalibration.probability(ensemble)
    return CalibratedSignature(recalibration, score, probability)


def fit_reference_cases(result: DlSignatureResult, table: pd.DataFrame) -> ReferenceStatistics:
    """Fit where like cases lie: centre on out-of-fold features, threshold on unseen patients."""
    folds = range(len(result.logits))
    reference = fit_reference([result.features[k, result.fold == k] for k in folds])
    unseen = unseen_rows(table)
    if unseen is None:
        return reference
    return reference.with_threshold(result.features[:, unseen].transpose(1, 0, 2))


def unseen_rows(table: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return the rows of the held-out cohort most like training; None where all are too small."""
    for cohort in UNSEEN_COHORTS:
        rows = np.flatnonzero((table["cohort"] == cohort).to_numpy(bool))
        if len(rows) >= FEWEST_UNSEEN:
            return rows
    return None
