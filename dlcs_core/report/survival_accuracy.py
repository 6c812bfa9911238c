"""Predicted survival against the follow-up: squared errors, calibration and net benefit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlcs_core.errors import Notice
from dlcs_core.report.survival_model import MONTHLY, FollowUp, attempted, warn_of_gaps
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.decision_curve import DecisionCurve, threshold_range
from dlcs_core.statistics.survival_brier import SurvivalBrier, integrated_score, survival_brier
from dlcs_core.statistics.survival_calibration import SurvivalCalibration, survival_calibration
from dlcs_core.statistics.survival_decision_curve import survival_decision_curve

THRESHOLDS = (0.01, 0.99, 0.01)
"""First, last and step of the decision curve's thresholds."""


@dataclass(frozen=True, eq=False)
class Accuracy:
    """How near predicted survival comes to what happened.

    Attributes
    ----------
    n : int
        Patients with follow-up and every prediction.
    scores : SurvivalBrier
        At every month with a prediction.
    integrated, integrated_null, ipa : float or None
        Over the horizons: of the predictions, of the Kaplan-Meier curve told to everybody, and 1
        minus their ratio; None unless every horizon has a score.
    integrated_monthly : float or None
        Over months 1 to 35; None unless each has a score.
    calibration : mapping of float to SurvivalCalibration
        Of the risk of death by each horizon with a prediction, where it can be had.
    decision : mapping of float to DecisionCurve
        Net benefit of acting on that risk.
    """

    n: int
    scores: SurvivalBrier
    integrated: float | None
    integrated_null: float | None
    ipa: float | None
    integrated_monthly: float | None
    calibration: Mapping[float, SurvivalCalibration]
    decision: Mapping[float, DecisionCurve]


def accuracy(
    followed: FollowUp,
    predictions: Mapping[float, FloatArray],
    horizons_months: Sequence[float],
    notices: list[Notice],
) -> Accuracy | None:
    """Hold predicted survival against the follow-up.

    Parameters
    ----------
    followed : FollowUp
        Of every row.
    predictions : mapping of float to array of float64, shape (n_rows,)
        Predicted survival probability by month; NaN where missing.
    horizons_months : sequence of float
        Horizons of the integral.
    notices : list of Notice
        Takes the warnings.

    Returns
    -------
    Accuracy or None
        None without a usable prediction, or where nobody died.
    """
    usable = {t: p for t, p in sorted(predictions.items()) if _is_probability(t, p, notices)}
    if not usable:
        return None
    survival, months = np.column_stack(list(usable.values())), np.array(list(usable))
    known = followed.is_known & ~np.isnan(survival).any(axis=1)
    if left_out := followed.n - int(known.sum()):
        notices.append(Notice("survival_rows_without_prediction", {"count": left_out}))
    time, event = followed.part(known)
    if not event.any():
        return None
    scores = survival_brier(time, event, survival[known], months)
    warn_of_gaps("survival_brier_missing", months, scores.brier, notices)
    horizons = np.array(horizons_months)
    risk = {t: 1.0 - usable[t][known] for t in horizons_months if t in usable}
    shown = [t for t in risk if t <= time.max()]
    integrated = _over(horizons, months, scores.brier)
    null = _over(horizons, months, scores.null)
    if integrated is None:
        notices.append(Notice("survival_integrated_brier_missing", {"count": len(horizons)}))
    return Accuracy(
        n=int(known.sum()),
        scores=scores,
        integrated=integrated,
        integrated_null=null,
        ipa=None if integrated is None or not null else 1.0 - integrated / null,
        integrated_monthly=_over(np.array(MONTHLY), months, scores.brier),
        calibration={t: c for t in shown if (c := _calibration(time, event, risk[t], t, notices))},
        decision={
            t: survival_decision_curve(time, event, risk[t], t, threshold_range(*THRESHOLDS))
            for t in shown
        },
    )


def _calibration(
    time: FloatArray, event: FloatArray, risk: FloatArray, month: float, notices: list[Notice]
) -> SurvivalCalibration | None:
    """Return the calibration at a horizon; None with a warning where it cannot be had."""
    return attempted(lambda: survival_calibration(time, event, risk, month), notices)


def _is_probability(month: float, survival: FloatArray, notices: list[Notice]) -> bool:
    """Whether a column is a probability; a warning where it is not."""
    count = int(((survival < 0.0) | (survival > 1.0)).sum())
    if count:
        values = {"month": f"{month:g}", "count": count}
        notices.append(Notice("survival_not_a_probability", values))
    return not count


def _over(grid: FloatArray, months: FloatArray, scores: FloatArray) -> float | None:
    """Integrate scores over a grid of months; None where one has no score."""
    if not np.isin(grid, months).all():
        return None
    return integrated_score(grid, scores[np.searchsorted(months, grid)])
