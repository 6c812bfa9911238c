"""One score in one cohort: every statistic of it, and what could not be had."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.statistics.brier import BrierScore, brier_score
from dlcs_core.statistics.calibration import (
    CalibrationEstimate,
    GroupedCalibration,
    HosmerLemeshow,
    calibration_in_the_large,
    calibration_slope,
    grouped_calibration_of,
    hosmer_lemeshow_of,
)
from dlcs_core.statistics.calibration_curve import CalibrationCurve, calibration_curve_of
from dlcs_core.statistics.classification import ConfusionMatrix, confusion_matrix
from dlcs_core.statistics.decision_curve import DecisionCurve, decision_curve_of
from dlcs_core.statistics.delong import AucEstimate, auc_of
from dlcs_core.statistics.precision_recall import PrecisionRecallCurve, precision_recall_of
from dlcs_core.statistics.ranking import RankedScore
from dlcs_core.statistics.roc import RocCurve, YoudenPoint, roc_of, youden_point

FloatArray = NDArray[np.float64]
Found = TypeVar("Found")

ThresholdSource = Literal["given", "bundle", "same_data"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """How well one score's probabilities hold.

    Attributes
    ----------
    brier : BrierScore
        Mean squared error and its scaled form.
    intercept : CalibrationEstimate or None
        In the large; 0 is perfect, below 0 the predictions are too high. None where a
        probability is exactly 0 or 1.
    slope : CalibrationEstimate or None
        1 is perfect, below 1 the predictions are too extreme. None also where the score is
        constant or separates the classes.
    curve : CalibrationCurve or None
        Smooth; None with fewer than four distinct probabilities.
    groups : GroupedCalibration
        Tenths of the patients.
    hosmer_lemeshow : HosmerLemeshow
        Grouped goodness of fit.
    """

    brier: BrierScore
    intercept: CalibrationEstimate | None
    slope: CalibrationEstimate | None
    curve: CalibrationCurve | None
    groups: GroupedCalibration
    hosmer_lemeshow: HosmerLemeshow


@dataclass(frozen=True, eq=False)
class ScoreResult:
    """How one score does in one cohort.

    Attributes
    ----------
    n, events : int
        Patients with this score and an outcome; good responders among them.
    curve : RocCurve
        Sensitivity and specificity at every score.
    auc : AucEstimate
        Area with DeLong's interval.
    precision_recall : PrecisionRecallCurve
        With average precision.
    youden : YoudenPoint
        Best cutoff on these patients, which is optimistic.
    at_threshold : ConfusionMatrix
        Right and wrong calls at the cutoff in use.
    threshold_source : {"given", "bundle", "same_data"}
        Where that cutoff comes from; the last is Youden's.
    calibration : Calibration or None
        None where the score is no probability.
    decision : DecisionCurve or None
        None where the score is no probability.
    """

    n: int
    events: int
    curve: RocCurve
    auc: AucEstimate
    precision_recall: PrecisionRecallCurve
    youden: YoudenPoint
    at_threshold: ConfusionMatrix
    threshold_source: ThresholdSource
    calibration: Calibration | None
    decision: DecisionCurve | None


@dataclass(frozen=True)
class Cutoff:
    """A cutoff and where it comes from."""

    value: float
    source: ThresholdSource


def score_result(
    name: str,
    outcome: FloatArray,
    score: FloatArray,
    ranked: RankedScore,
    *,
    cutoff: Cutoff | None,
    thresholds: FloatArray,
    external: bool,
) -> tuple[ScoreResult, tuple[Notice, ...]]:
    """Evaluate one score on its complete rows.

    Parameters
    ----------
    name : str
        Of the score, as it may be shown.
    outcome, score : array of float64, shape (n_patients,)
        Complete rows, two classes.
    ranked : RankedScore
        The same, sorted.
    cutoff : Cutoff or None
        None for Youden's.
    thresholds : array of float64
        Of the decision curve.
    external : bool
        True where the score's model was fitted on other patients.

    Returns
    -------
    tuple of (ScoreResult, tuple of Notice)
        The result, and what it could not hold and why.
    """
    notices = []
    if ranked.first.size == 1:
        notices.append(Notice("score_constant", {"score": name, "value": float(ranked.score[0])}))
    is_risk = ranked.score[0] >= 0.0 and ranked.score[-1] <= 1.0
    calibration = None
    if is_risk:
        calibration, more = _calibration(name, outcome, score, ranked, external)
        notices += more
    else:
        outside = int(np.count_nonzero((score < 0.0) | (score > 1.0)))
        notices.append(Notice("score_not_a_probability", {"score": name, "count": outside}))
    curve = roc_of(ranked)
    youden = youden_point(curve)
    used = cutoff or Cutoff(youden.threshold, "same_data")
    result = ScoreResult(
        n=ranked.n,
        events=ranked.n_positive,
        curve=curve,
        auc=auc_of(ranked),
        precision_recall=precision_recall_of(ranked),
        youden=youden,
        at_threshold=confusion_matrix(outcome, score, used.value),
        threshold_source=used.source,
        calibration=calibration,
        decision=decision_curve_of(ranked, thresholds) if is_risk else None,
    )
    return result, tuple(notices)


def _calibration(
    name: str, outcome: FloatArray, score: FloatArray, ranked: RankedScore, external: bool
) -> tuple[Calibration, list[Notice]]:
    notices: list[Notice] = []

    def tried(part: str, make: Callable[[], Found]) -> Found | None:
        """Return a part of the calibration; None with its reason where it does not exist."""
        try:
            return make()
        except (CohortError, ModelError) as error:
            notices.append(Notice(part, {"score": name, **_counts(error)}))
            return None

    certain = int(np.count_nonzero((score == 0.0) | (score == 1.0)))
    intercept = slope = None
    if certain:
        notices.append(Notice("score_has_certainties", {"score": name, "count": certain}))
    else:
        intercept = tried(
            "calibration_intercept_missing", lambda: calibration_in_the_large(outcome, score)
        )
        slope = tried("calibration_slope_missing", lambda: calibration_slope(outcome, score))
    return Calibration(
        brier=brier_score(outcome, score),
        intercept=intercept,
        slope=slope,
        curve=tried("calibration_curve_missing", lambda: calibration_curve_of(ranked)),
        groups=grouped_calibration_of(ranked),
        hosmer_lemeshow=hosmer_lemeshow_of(ranked, external=external),
    ), notices


def _counts(error: CohortError | ModelError) -> dict[str, object]:
    """Return the numbers of a refusal that its notice may show."""
    return {"count": error.values.get("count", 0)}
