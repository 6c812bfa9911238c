"""Kaplan-Meier survival curve with Greenwood's variance, and what is read from it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import (
    NORMAL_QUANTILE_975,
    BoolArray,
    FloatArray,
    finite_vector,
    followed_up,
)

CiType = Literal["log-log", "log", "plain"]

TIE_TOLERANCE = float(np.finfo(np.float64).eps ** 0.5)
"""How near to 0.5 a curve counts as equal to it, as in R."""


@dataclass(frozen=True, eq=False)
class KaplanMeierCurve:
    """A survival curve, one entry per distinct follow-up time, censored ones included.

    Attributes
    ----------
    time_months : array of float64, shape (n_times,)
        Increasing; there is no added 0.
    survival : array of float64, shape (n_times,)
        Share alive just after that time, in [0, 1].
    se : array of float64, shape (n_times,)
        Greenwood's standard error of the survival; NaN where it has reached 0.
    ci95_low, ci95_high : array of float64, shape (n_times,)
        95 % limits; NaN where the chosen scale has none (log-log at 1 and 0, log at 0), as in R.
    n_at_risk, n_events, n_censored : array of float64, shape (n_times,)
        Under observation just before that time; died, left at it.
    ci_type : {"log-log", "log", "plain"}
        Scale of the limits.
    """

    time_months: FloatArray
    survival: FloatArray
    se: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray
    n_at_risk: FloatArray
    n_events: FloatArray
    n_censored: FloatArray
    ci_type: CiType

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.n_at_risk[0])

    @property
    def events(self) -> int:
        """Number of deaths."""
        return int(self.n_events.sum())


@dataclass(frozen=True, eq=False)
class SurvivalAt:
    """Survival read from a curve at chosen horizons.

    Attributes
    ----------
    horizon_months, survival, se, ci95_low, ci95_high, n_at_risk : array of float64
        Shape (n_horizons,). Before the first follow-up time survival and limits are 1; beyond
        the last one nothing is known and they are NaN.
    """

    horizon_months: FloatArray
    survival: FloatArray
    se: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray
    n_at_risk: FloatArray


@dataclass(frozen=True)
class MedianSurvival:
    """Time by which half of the patients have died.

    Attributes
    ----------
    median, ci95_low, ci95_high : float or None
        In months; None where the curve or its limit does not come down to 0.5.
    """

    median: float | None
    ci95_low: float | None
    ci95_high: float | None


def kaplan_meier(
    time_months: ArrayLike, event_observed: ArrayLike, *, ci_type: CiType = "log-log"
) -> KaplanMeierCurve:
    """Kaplan-Meier curve of a cohort.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen. Nobody may have died: the curve then stays at 1.
    ci_type : {"log-log", "log", "plain"}
        Scale on which the 95 % limits are symmetric. "log-log" stays within [0, 1].

    Returns
    -------
    KaplanMeierCurve
        Deaths come before censorings at the same time.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or a time is negative.

    References
    ----------
    .. [1] Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. J Am Stat
       Assoc 1958;53:457-481.

    Examples
    --------
    >>> kaplan_meier([1, 2, 3, 4], [True, False, True, False]).survival.tolist()
    [0.75, 0.75, 0.375, 0.375]
    """
    time, event = followed_up(time_months, event_observed, need_event=False)
    times, index = np.unique(time, return_inverse=True)
    n_events = np.zeros(times.size)
    np.add.at(n_events, index[event], 1.0)
    total = np.bincount(index, minlength=times.size).astype(np.float64)
    n_at_risk = time.size - np.r_[0.0, np.cumsum(total)[:-1]]
    survival = np.cumprod(1.0 - n_events / n_at_risk)
    with np.errstate(divide="ignore"):
        log_variance = np.cumsum(n_events / (n_at_risk * (n_at_risk - n_events)))
    log_se = np.where(survival > 0.0, np.sqrt(log_variance), np.nan)
    low, high = survival_interval(survival, log_se, ci_type)
    return KaplanMeierCurve(
        time_months=times,
        survival=survival,
        se=survival * log_se,
        ci95_low=low,
        ci95_high=high,
        n_at_risk=n_at_risk,
        n_events=n_events,
        n_censored=total - n_events,
        ci_type=ci_type,
    )


def survival_interval(
    survival: FloatArray, log_se: FloatArray, ci_type: CiType
) -> tuple[FloatArray, FloatArray]:
    """95 % limits of a survival probability, as R's ``survfit`` computes them.

    Parameters
    ----------
    survival : array of float64
        In [0, 1].
    log_se : array of float64
        Standard error of the log survival (of the cumulative hazard).
    ci_type : {"log-log", "log", "plain"}
        Scale on which the limits are symmetric.

    Returns
    -------
    tuple of array of float64
        Lower and upper limits; NaN where the scale has none.
    """
    half = NORMAL_QUANTILE_975 * log_se
    if ci_type == "plain":
        return np.maximum(survival * (1.0 - half), 0.0), np.minimum(survival * (1.0 + half), 1.0)
    if ci_type == "log":
        return survival * np.exp(-half), np.minimum(survival * np.exp(half), 1.0)
    inside = np.where((survival > 0.0) & (survival < 1.0), survival, np.nan)
    hazard = -np.log(inside)
    return np.exp(-hazard * np.exp(half / hazard)), np.exp(-hazard * np.exp(-half / hazard))


def survival_at(curve: KaplanMeierCurve, horizon_months: ArrayLike) -> SurvivalAt:
    """Read a curve at chosen horizons.

    Parameters
    ----------
    curve : KaplanMeierCurve
        From :func:`kaplan_meier`.
    horizon_months : array of float, shape (n_horizons,)
        Months; the order is kept.

    Returns
    -------
    SurvivalAt
        The last step at or before each horizon, never an interpolation.

    Raises
    ------
    CohortError
        If a horizon is missing or infinite.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 3, 4], [True, False, True, False])
    >>> survival_at(curve, [0.5, 3.5, 9]).survival.tolist()
    [1.0, 0.375, nan]
    """
    horizon = finite_vector(horizon_months, "horizon_months")
    step = np.searchsorted(curve.time_months, horizon, side="right")
    known: BoolArray = horizon <= curve.time_months[-1]
    waiting = np.searchsorted(curve.time_months, horizon, side="left")

    def read(before: float, values: FloatArray) -> FloatArray:
        return np.where(known, np.r_[before, values][step], np.nan)

    return SurvivalAt(
        horizon_months=horizon,
        survival=read(1.0, curve.survival),
        se=read(0.0, curve.se),
        ci95_low=read(1.0, curve.ci95_low),
        ci95_high=read(1.0, curve.ci95_high),
        n_at_risk=np.r_[curve.n_at_risk, 0.0][waiting],
    )


def median_survival(curve: KaplanMeierCurve) -> MedianSurvival:
    """Median survival with its 95 % interval (Brookmeyer-Crowley on the curve's own scale).

    Parameters
    ----------
    curve : KaplanMeierCurve
        From :func:`kaplan_meier`.

    Returns
    -------
    MedianSurvival
        The first time at which the curve, or its limit, is at or below 0.5; the midpoint of the
        interval on which it equals 0.5.

    Examples
    --------
    >>> median_survival(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])).median
    2.5
    """
    return MedianSurvival(
        median=_half_time(curve.time_months, curve.survival),
        ci95_low=_half_time(curve.time_months, curve.ci95_low),
        ci95_high=_half_time(curve.time_months, curve.ci95_high),
    )


def median_followup(time_months: ArrayLike, event_observed: ArrayLike) -> float | None:
    """Median follow-up by the reverse Kaplan-Meier method, in which deaths are the censorings.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.

    Returns
    -------
    float or None
        Months; None where fewer than half would have been followed to an end.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or a time is negative.
    """
    time, event = followed_up(time_months, event_observed, need_event=False)
    return median_survival(kaplan_meier(time, ~event)).median


def _half_time(time: FloatArray, curve: FloatArray) -> float | None:
    """First time at which a curve is at or below 0.5, by R's rule."""
    reached = np.flatnonzero(curve < 0.5 + TIE_TOLERANCE)
    if not reached.size:
        return None
    first = reached[0]
    below = np.flatnonzero(curve < curve[first])
    if abs(curve[first] - 0.5) < TIE_TOLERANCE and below.size:
        return float(0.5 * (time[first] + time[below[0]]))
    return float(time[first])
