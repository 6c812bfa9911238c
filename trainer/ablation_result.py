"""What an ablation found: each arm beside the reference, on the same patients, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.errors import DlcsError
from dlcs_core.statistics.calibration import calibration_in_the_large, calibration_slope
from dlcs_core.statistics.delong import AucEstimate, DelongTest, auc_estimate, delong_test
from dlcs_core.statistics.logistic_regression import sigmoid
from trainer.ablation_arms import Arm


@dataclass(frozen=True)
class ArmRun:
    """The networks of one arm.

    Attributes
    ----------
    arm : Arm
        Which.
    fold : int64 array (seeds, n_patients)
        Fold in which a training patient is held out; -1 in the held-out cohorts.
    logits : float64 array (seeds, folds, n_patients)
        NaN where a network was trained on the patient.
    images : int
        Training images that one network saw.
    """

    arm: Arm
    fold: NDArray[np.int64]
    logits: NDArray[np.float64]
    images: int

    def out_of_fold(self) -> NDArray[np.float64]:
        """Mean over seeds of each patient's out-of-fold logit; NaN where no fold held it out.

        Each network's logits are brought to mean 0 and deviation 1 over its held-out patients
        first, without any outcome: networks differ in scale, and the folds are pooled.
        """
        seeds, folds, patients = self.logits.shape
        pooled = np.full((seeds, patients), np.nan)
        for seed in range(seeds):
            for fold in range(folds):
                rows = self.fold[seed] == fold
                own = self.logits[seed, fold, rows]
                pooled[seed, rows] = (own - own.mean()) / own.std()
        known = np.isfinite(pooled)
        return np.where(known.any(0), np.nansum(pooled, 0) / np.maximum(known.sum(0), 1), np.nan)

    def raw_out_of_fold(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows and logits as the networks gave them, seed after seed."""
        rows, logits = [], []
        for seed, folds in enumerate(self.logits):
            for fold, of_fold in enumerate(folds):
                held_out = np.flatnonzero(self.fold[seed] == fold)
                rows.append(held_out)
                logits.append(of_fold[held_out])
        return np.concatenate(rows), np.concatenate(logits)

    def unseen(self) -> NDArray[np.float64]:
        """Mean logit of all networks where none was trained on the patient; else NaN."""
        return np.asarray(self.logits.mean((0, 1)))


@dataclass(frozen=True)
class FoldwiseDifference:
    """Mean over folds and seeds of the difference of AUC.

    Attributes
    ----------
    differences : tuple of float
        Arm minus reference, per seed and fold.
    mean : float
        Their mean.
    ci95 : tuple of float or None
        Student's interval; None with one fold. Folds share training patients, so it is too
        narrow rather than too wide.
    """

    differences: tuple[float, ...]
    mean: float
    ci95: tuple[float, float] | None


@dataclass(frozen=True)
class ArmResult:
    """One arm beside the reference.

    Attributes
    ----------
    arm : Arm
        Which.
    images : int
        Training images that one network saw.
    out_of_fold, unseen : AucEstimate
        Pooled over the held-out folds; over the cohorts that no network was trained on. The
        second is None where there are none.
    difference, unseen_difference : DelongTest or None
        Arm minus reference, on the same patients; None for the reference itself.
    by_fold : FoldwiseDifference or None
        The same, fold by fold.
    intercept, slope : float or None
        Calibration of the networks' own probabilities, out of fold: what balancing does to
        them. None where they separate the classes.
    """

    arm: Arm
    images: int
    out_of_fold: AucEstimate
    difference: DelongTest | None
    by_fold: FoldwiseDifference | None
    unseen: AucEstimate | None
    unseen_difference: DelongTest | None
    intercept: float | None
    slope: float | None


def compare_arms(table: pd.DataFrame, runs: Sequence[ArmRun]) -> list[ArmResult]:
    """Compare every arm with the first, the reference.

    Parameters
    ----------
    table : DataFrame
        ``good_response`` of every patient.
    runs : sequence of ArmRun
        Same patients, folds and seeds.
    """
    response = table["good_response"].to_numpy(bool)
    return [_result(response, run, runs[0]) for run in runs]


def _result(response: NDArray[np.bool_], run: ArmRun, reference: ArmRun) -> ArmResult:
    own, base = run.out_of_fold(), reference.out_of_fold()
    held_out = np.isfinite(own)
    unseen = np.isfinite(run.unseen())
    enough = min(np.sum(response[unseen]), np.sum(~response[unseen])) >= 2
    is_reference = run is reference
    intercept, slope = _calibration(response, run)
    return ArmResult(
        arm=run.arm,
        images=run.images,
        out_of_fold=auc_estimate(response[held_out], own[held_out]),
        difference=None
        if is_reference
        else delong_test(response[held_out], own[held_out], base[held_out]),
        by_fold=None if is_reference else _by_fold(response, run, reference),
        unseen=auc_estimate(response[unseen], run.unseen()[unseen]) if enough else None,
        unseen_difference=delong_test(
            response[unseen], run.unseen()[unseen], reference.unseen()[unseen]
        )
        if enough and not is_reference
        else None,
        intercept=intercept,
        slope=slope,
    )


def _calibration(response: NDArray[np.bool_], run: ArmRun) -> tuple[float | None, float | None]:
    rows, logits = run.raw_out_of_fold()
    risk = sigmoid(logits)
    try:
        return (
            calibration_in_the_large(response[rows], risk).estimate,
            calibration_slope(response[rows], risk).estimate,
        )
    except DlcsError:
        return None, None


def _by_fold(response: NDArray[np.bool_], run: ArmRun, reference: ArmRun) -> FoldwiseDifference:
    differences = []
    for seed, folds in enumerate(run.logits):
        for fold, own in enumerate(folds):
            rows = run.fold[seed] == fold
            other = reference.logits[seed, fold, rows]
            auc = auc_estimate(response[rows], own[rows]).auc
            differences.append(auc - auc_estimate(response[rows], other).auc)
    return foldwise_difference(differences)


def foldwise_difference(differences: Sequence[float]) -> FoldwiseDifference:
    """Return the mean difference with Student's interval.

    Examples
    --------
    >>> found = foldwise_difference([0.1, 0.2, 0.3])
    >>> round(found.mean, 3), tuple(round(end, 3) for end in found.ci95)
    (0.2, (-0.048, 0.448))
    """
    from scipy.special import stdtrit

    values = np.asarray(differences, float)
    mean = float(values.mean())
    if len(values) < 2:
        return FoldwiseDifference(tuple(differences), mean, None)
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    reach = float(stdtrit(len(values) - 1, 0.975)) * error
    return FoldwiseDifference(tuple(differences), mean, (mean - reach, mean + reach))
