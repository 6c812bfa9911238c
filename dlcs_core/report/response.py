"""How the response models do in a cohort: every statistic of the response explorer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import CohortError, Notice
from dlcs_core.statistics.calibration import (
    CalibrationEstimate,
    GroupedCalibration,
    calibration_in_the_large,
    calibration_slope,
    grouped_calibration,
)
from dlcs_core.statistics.calibration_curve import CalibrationCurve, calibration_curve
from dlcs_core.statistics.decision_curve import DecisionCurve, decision_curve, threshold_range
from dlcs_core.statistics.delong import AucEstimate, DelongTest, auc_estimate, delong_test
from dlcs_core.statistics.roc import RocCurve, roc_curve

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

SCORES = ("dl_signature", "clinical_signature", "dlcs")
"""The three response models, in the order in which they are shown."""

THRESHOLDS = (0.01, 0.99, 0.01)
"""First, last and step of the decision curve's thresholds."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """How well one score's probabilities hold.

    Attributes
    ----------
    intercept : CalibrationEstimate
        In the large; 0 is perfect, below 0 the predictions are too high.
    slope : CalibrationEstimate
        1 is perfect, below 1 the predictions are too extreme.
    curve : CalibrationCurve
        Smooth.
    groups : GroupedCalibration
        Tenths of the patients.
    """

    intercept: CalibrationEstimate
    slope: CalibrationEstimate
    curve: CalibrationCurve
    groups: GroupedCalibration


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
    calibration : Calibration
        Intercept, slope, smooth curve and tenths.
    decision : DecisionCurve
        Net benefit from 1 % to 99 %.
    """

    n: int
    events: int
    curve: RocCurve
    auc: AucEstimate
    calibration: Calibration
    decision: DecisionCurve


@dataclass(frozen=True, eq=False)
class ResponseReport:
    """Prediction of good response in one cohort.

    Attributes
    ----------
    n, events : int
        Patients with an outcome and good responders among them.
    scores : mapping of str to ScoreResult
        Per score column.
    comparisons : mapping of (str, str) to DelongTest
        Every pair of scores, on the patients complete for both.
    warnings : tuple of Notice
        E.g. how many rows were left out.
    """

    n: int
    events: int
    scores: Mapping[str, ScoreResult]
    comparisons: Mapping[tuple[str, str], DelongTest]
    warnings: tuple[Notice, ...]


def response_report(table: "pd.DataFrame", scores: Sequence[str] = SCORES) -> ResponseReport:
    """Evaluate scores for good response.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    scores : sequence of str
        Score columns; one that the table lacks is left out with a warning.

    Returns
    -------
    ResponseReport
        Rows without outcome or score are dropped per score, with a warning that counts them.

    Raises
    ------
    CohortError
        If there is no outcome, only one class, or none of the scores.
    """
    if "good_response" not in table.columns:
        raise CohortError("report_outcome_missing")
    known = table[table["good_response"].notna()]
    present = [name for name in scores if name in table.columns]
    if not present:
        raise CohortError("report_scores_missing", scores=", ".join(scores))
    results = {name: _score_result(known, name) for name in present}
    return ResponseReport(
        n=len(known),
        events=int(known["good_response"].sum()),
        scores=results,
        comparisons={pair: _comparison(known, *pair) for pair in combinations(present, 2)},
        warnings=tuple(_left_out(table, present)),
    )


def _arrays(table: "pd.DataFrame", *columns: str) -> tuple[FloatArray, ...]:
    """Return outcome and columns of the complete rows."""
    complete = table[["good_response", *columns]].dropna().astype(np.float64)
    return tuple(complete[name].to_numpy() for name in complete.columns)


def _score_result(table: "pd.DataFrame", name: str) -> ScoreResult:
    good_response, score = _arrays(table, name)
    return ScoreResult(
        n=len(score),
        events=int(good_response.sum()),
        curve=roc_curve(good_response, score),
        auc=auc_estimate(good_response, score),
        calibration=_calibration(good_response, score),
        decision=decision_curve(good_response, score, threshold_range(*THRESHOLDS)),
    )


def _calibration(good_response: FloatArray, score: FloatArray) -> Calibration:
    return Calibration(
        intercept=calibration_in_the_large(good_response, score),
        slope=calibration_slope(good_response, score),
        curve=calibration_curve(good_response, score),
        groups=grouped_calibration(good_response, score),
    )


def _comparison(table: "pd.DataFrame", a: str, b: str) -> DelongTest:
    good_response, score_a, score_b = _arrays(table, a, b)
    return delong_test(good_response, score_a, score_b)


def _left_out(table: "pd.DataFrame", scores: Sequence[str]) -> list[Notice]:
    """Return how many rows lack the outcome or a score."""
    notices = []
    if without_outcome := int(table["good_response"].isna().sum()):
        notices.append(Notice("report_rows_without_outcome", {"count": without_outcome}))
    for name in scores:
        if count := int(table[name].isna().sum()):
            notices.append(Notice("report_rows_without_score", {"count": count, "score": name}))
    return notices
