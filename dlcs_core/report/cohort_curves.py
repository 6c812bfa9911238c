"""Curves as they are drawn: thinned, and with the limits of their bands."""

from dataclasses import dataclass, replace

import numpy as np

from dlcs_core.figures.thinning import thinned
from dlcs_core.report.response_columns import FloatArray
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975
from dlcs_core.statistics.classification import ConfusionMatrix, wilson_interval
from dlcs_core.statistics.kaplan_meier import KaplanMeierCurve
from dlcs_core.statistics.precision_recall import PrecisionRecallCurve
from dlcs_core.statistics.roc import RocCurve
from dlcs_core.statistics.survival_metrics import Concordance

BENCH_COLUMNS = 600
"""Pixels across one of the bench's three figures on a projector of 1,920 pixels."""


@dataclass(frozen=True, eq=False)
class BandedRoc:
    """A ROC curve with the interval of its sensitivity.

    Attributes
    ----------
    curve : RocCurve
        Thinned.
    ci95_low, ci95_high : array of float64
        Wilson's interval of the sensitivity at each cutoff of ``curve``.
    """

    curve: RocCurve
    ci95_low: FloatArray
    ci95_high: FloatArray


def banded_roc(curve: RocCurve) -> BandedRoc:
    """Return a ROC curve as it is drawn, with its band.

    Parameters
    ----------
    curve : RocCurve
        Every cutoff.

    Notes
    -----
    The band is pointwise and holds for one cutoff; it says nothing of the uncertainty of the
    specificity. The interval of the area (DeLong) covers both.
    """
    kept = thinned(1.0 - curve.specificity, curve.sensitivity, BENCH_COLUMNS)
    thin = replace(
        curve,
        threshold=curve.threshold[kept],
        sensitivity=curve.sensitivity[kept],
        specificity=curve.specificity[kept],
    )
    n = curve.n_positive
    low, high = wilson_interval(thin.sensitivity * n, np.full(kept.size, n))
    return BandedRoc(thin, low, high)


def thinned_precision_recall(curve: PrecisionRecallCurve) -> PrecisionRecallCurve:
    """Return a precision-recall curve as it is drawn."""
    kept = thinned(curve.recall, curve.precision, BENCH_COLUMNS)
    return replace(
        curve,
        threshold=curve.threshold[kept],
        recall=curve.recall[kept],
        precision=curve.precision[kept],
    )


def thinned_survival(curve: KaplanMeierCurve) -> KaplanMeierCurve:
    """Return a Kaplan-Meier curve as it is drawn; numbers at risk and of deaths stay exact.

    A thinned curve keeps the steps that are visible, and the times around the start of every
    month, from which these numbers are read. Censorings and deaths between two of them are told
    once, at the last of their times, where a mark of them stands on the same pixel.
    """
    time = curve.time_months
    kept = thinned(time, curve.survival)
    if kept.size == time.size:
        return curve
    at_months = np.searchsorted(time, np.arange(0.0, time[-1] + 1.0))
    after = np.searchsorted(time, np.arange(0.0, time[-1] + 1.0), side="right")
    around = np.concatenate([at_months, at_months - 1, after - 1])
    kept = np.union1d(kept, around[(around >= 0) & (around < time.size)])
    names = ("time_months", "survival", "se", "ci95_low", "ci95_high", "n_at_risk")
    arrays = {name: getattr(curve, name)[kept] for name in names}
    for name in ("n_events", "n_censored"):
        arrays[name] = np.diff(np.cumsum(getattr(curve, name))[kept], prepend=0.0)
    return replace(curve, **arrays)


def concordance_interval(found: Concordance) -> tuple[float, float] | None:
    """Return the normal 95 % interval of a C-index within [0, 1]; None without its error."""
    half = NORMAL_QUANTILE_975 * found.se
    if not np.isfinite(half):
        return None
    return max(found.c_index - half, 0.0), min(found.c_index + half, 1.0)


@dataclass(frozen=True)
class Of100:
    """A confusion matrix for 100 patients, in whole numbers that add up to 100."""

    tp: int
    fp: int
    fn: int
    tn: int


def of_100(calls: ConfusionMatrix) -> Of100:
    """Return right and wrong calls among 100 patients like these.

    Parameters
    ----------
    calls : ConfusionMatrix
        Counts of any number of patients.

    Returns
    -------
    Of100
        Rounded by the largest remainders, so that nobody is lost.

    Examples
    --------
    >>> of_100(ConfusionMatrix(0.5, tp=1, fp=1, fn=0, tn=1))
    Of100(tp=34, fp=33, fn=0, tn=33)
    """
    counts = np.array([calls.tp, calls.fp, calls.fn, calls.tn], dtype=np.float64)
    shares = 100.0 * counts / counts.sum()
    whole = np.floor(shares).astype(int)
    by_remainder = np.argsort(whole - shares, kind="stable")
    whole[by_remainder[: 100 - int(whole.sum())]] += 1
    return Of100(*(int(count) for count in whole))
