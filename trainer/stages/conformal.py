r"""Label sets for the served signature, calibrated on out-of-fold scores brought to its scale.

Calibration needs scores by models that have not seen the patient. In training these come from
*one* network, while the served score is the mean of all, which scatters less. The mean of the
logits has the same expectation, so only the scatter within each class is brought down:

.. math:: z' = m_y + (z - m_y) \sqrt{(v_y - D) / v_y}, \qquad D = (1 - \lambda)\, v

with mean and variance of the class's out-of-fold logits, their variance v over everybody, and
the shrinkage :math:`\lambda` that the recalibration measured on unseen images without outcomes. D
is the variance that averaging takes away, taken as equal in both classes. The sets are then
checked, not fitted, on the held-out cohorts with the scores that are served there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.conformal import (
    ConformalModel,
    ConformalScore,
    LabelThresholds,
    fit_thresholds,
)
from dlcs_core.models.fusion import FUSION_VARIABLES
from dlcs_core.models.recalibration import Recalibration
from dlcs_core.models.set_performance import SetPerformance, set_performance
from dlcs_core.statistics.logistic_regression import sigmoid
from trainer.stages.calibrated_signature import UNSEEN_COHORTS
from trainer.stages.dl_signature import DlSignatureResult
from trainer.stages.fusion import dlcs_of_signature

FEWEST_OF_A_CLASS = 25
"""Held-out patients of each class from which on their cohort tells coverage and PPV."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ConformalStage:
    """Label sets and how they did.

    Attributes
    ----------
    model : ConformalModel
        To serve.
    evidence : dict
        Per score: performance by cohort, and by centre within it.
    """

    model: ConformalModel
    evidence: dict[str, Any]


def fit_conformal_stage(
    table: pd.DataFrame,
    result: DlSignatureResult,
    recalibration: Recalibration,
    error_rate: float,
    shown: NDArray[np.bool_],
    fusion_variables: Sequence[str] = FUSION_VARIABLES,
) -> ConformalStage:
    """Fit label sets on the training cohort and measure them on everybody else.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table with ``dl_signature`` and ``dlcs``: out-of-fold in the training
        cohort, served elsewhere.
    result : DlSignatureResult
        Logits of all folds.
    recalibration : Recalibration
        Of the same logits.
    error_rate : float
        Share of each class that may be missed.
    shown : bool array (n_patients,)
        Patients from whom the model does not abstain: only they have a set to be counted.
    fusion_variables : sequence of str
        Clinical variables of the fusion.
    """
    fold, response = result.fold, table["good_response"].to_numpy(bool)
    served_like = signature_as_served(result, recalibration, response)
    on_served_scale = {
        "dlcs": dlcs_of_signature(
            table, table["dl_signature"].to_numpy(float), served_like, fold, fusion_variables
        ),
        "dl_signature": served_like,
    }
    scores, evidence = {}, {}
    for name, calibration in on_served_scale.items():
        training = fold >= 0
        thresholds = fit_thresholds(response[training], calibration[training], error_rate)
        found = measure_sets(table, name, fold, thresholds, error_rate, shown)
        scores[name] = _with_evidence(thresholds, found)
        evidence[name] = {cohort: _by_center(*one) for cohort, one in found.items()}
    model = ConformalModel(error_rate, scores)
    return ConformalStage(model, {"error_rate": error_rate, **evidence})


def signature_as_served(
    result: DlSignatureResult, recalibration: Recalibration, response: NDArray[np.bool_]
) -> Floats:
    """Bring out-of-fold signatures to the scatter of the served mean; NaN outside training."""
    training = result.fold >= 0
    z = recalibration.out_of_fold_logits(result.out_of_fold_logit[training], result.fold[training])
    taken_away = (1.0 - recalibration.shrinkage) * float(z.var())
    moved, good = np.empty_like(z), response[training]
    for of_class in (good, ~good):
        mean, variance = float(z[of_class].mean()), float(z[of_class].var())
        # The mean of k logits keeps at least a k-th of the variance of one.
        kept = max(variance - taken_away, variance / len(result.logits))
        moved[of_class] = mean + (z[of_class] - mean) * np.sqrt(kept / variance)
    served = np.full(len(training), np.nan)
    served[training] = sigmoid(recalibration.intercept + recalibration.slope * moved)
    return served


Measured = tuple[pd.DataFrame, NDArray[np.bool_]]


def measure_sets(
    table: pd.DataFrame,
    score: str,
    fold: NDArray[np.int64],
    thresholds: LabelThresholds,
    error_rate: float,
    shown: NDArray[np.bool_],
) -> dict[str, Measured]:
    """Return, by cohort, the patients with a known score and which labels their sets hold.

    In the training cohort every fold's sets come from the out-of-fold scores of the others, so
    that nobody is judged by thresholds that he set: the performance of a single network.
    """
    probability = table[score].to_numpy(float)
    response = table["good_response"].to_numpy(bool)
    contained = thresholds.contain(probability)
    for held_out in np.unique(fold[fold >= 0]):
        others = (fold >= 0) & (fold != held_out)
        own = fit_thresholds(response[others], probability[others], error_rate)
        contained[fold == held_out] = own.contain(probability[fold == held_out])
    known = np.isfinite(probability) & shown
    cohorts = table["cohort"].to_numpy()
    found = {}
    for cohort in ("training", *UNSEEN_COHORTS):
        rows = known & (cohorts == cohort)
        if rows.any():
            found[cohort] = (table[rows], contained[rows])
    return found


def _with_evidence(thresholds: LabelThresholds, found: Mapping[str, Measured]) -> ConformalScore:
    """Choose the cohort whose coverage and predictive values stand beside a patient's set."""
    cohort = next((name for name in UNSEEN_COHORTS if _is_enough(found.get(name))), "training")
    patients, contained = found[cohort]
    performance = set_performance(patients["good_response"], contained)
    how = "out-of-fold, one network each" if cohort == "training" else "served"
    return ConformalScore(
        thresholds=thresholds,
        coverage=performance.coverage,
        predictive_value=performance.predictive_value,
        measured_on=f"{cohort} ({how})",
    )


def _is_enough(measured: Measured | None) -> bool:
    if measured is None:
        return False
    good = measured[0]["good_response"].to_numpy(bool)
    return min(int(good.sum()), int((~good).sum())) >= FEWEST_OF_A_CLASS


def _by_center(patients: pd.DataFrame, contained: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the performance in a cohort and in each of its centres."""
    good, centers = patients["good_response"].to_numpy(bool), patients["center"].astype(str)
    within: dict[str, SetPerformance] = {
        center: set_performance(good[rows], contained[rows])
        for center in sorted(centers.unique())
        for rows in [(centers == center).to_numpy()]
    }
    whole = set_performance(good, contained).to_dict()
    return {**whole, "by_center": {name: one.to_dict() for name, one in within.items()}}
