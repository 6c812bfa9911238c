"""Brier score of predicted survival, and its integral over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.censoring import CensoringCurve, censoring_curve, standard_error_of_mean
from dlcs_core.statistics.checks import (
    BoolArray,
    FloatArray,
    finite_vector,
    followed_up,
    probabilities,
    same_size,
)
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at


@dataclass(frozen=True, eq=False)
class SurvivalBrier:
    """Mean squared error of predicted survival at horizons.

    Attributes
    ----------
    horizon_months : array of float64, shape (n_horizons,)
        Increasing.
    brier : array of float64, shape (n_horizons,)
        In [0, 1], lower is better; NaN beyond the last follow-up.
    se : array of float64, shape (n_horizons,)
        Standard error by the influence function, the estimated censoring weights included.
    null : array of float64, shape (n_horizons,)
        Of the Kaplan-Meier curve told to everybody.
    ipa : array of float64, shape (n_horizons,)
        1 - brier / null: index of prediction accuracy, 0 is as good as the curve; NaN before
        the first death.
    integrated, integrated_null : float or None
        Trapezoid over the horizons divided by their span; None with one horizon or a gap.
    """

    horizon_months: FloatArray
    brier: FloatArray
    se: FloatArray
    null: FloatArray
    ipa: FloatArray
    integrated: float | None
    integrated_null: float | None


def survival_brier(
    time_months: ArrayLike,
    event_observed: ArrayLike,
    survival: ArrayLike,
    horizon_months: ArrayLike,
) -> SurvivalBrier:
    r"""Brier score at horizons, with inverse probability of censoring weights.

    .. math:: \frac{1}{n} \sum_i \frac{S_i(t)^2}{G(T_i-)} [T_i \le t, death]
              + \frac{(1 - S_i(t))^2}{G(t)} [T_i > t]

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    survival : array of float, shape (n_patients, n_horizons)
        Predicted probability of being alive at each horizon, in [0, 1].
    horizon_months : array of float, shape (n_horizons,)
        Months, strictly increasing.

    Returns
    -------
    SurvivalBrier
        As pec and riskRegression weigh the deaths.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or no probability, sizes differ,
        or horizons do not increase.

    References
    ----------
    .. [1] Graf E, Schmoor C, Sauerbrei W, Schumacher M. Assessment and comparison of prognostic
       classification schemes for survival data. Stat Med 1999;18:2529-2545.

    Examples
    --------
    >>> survival_brier([1, 2], [1, 1], [[0.5], [0.5]], [1]).brier.tolist()
    [0.25]
    """
    time, event = followed_up(time_months, event_observed)
    horizons = finite_vector(horizon_months, "horizon_months")
    if (np.diff(horizons) <= 0.0).any():
        raise CohortError("statistic_horizons_not_increasing")
    columns = np.asarray(survival, dtype=np.float64)
    if columns.ndim != 2 or columns.shape[1] != horizons.size:
        raise CohortError(
            "statistic_design_shape", shape=str(columns.shape), names=int(horizons.size)
        )
    curve = censoring_curve(time, event)
    weight = curve.death_weight(event)
    overall = survival_at(kaplan_meier(time, event), horizons).survival
    brier, errors, null = [], [], []
    for t, column, shared in zip(horizons, columns.T, overall, strict=True):
        predicted = probabilities(column, "survival")
        same_size(time, predicted)
        loss = _losses(time, weight, predicted, float(t), curve)
        brier.append(float(loss.mean()))
        errors.append(_standard_error(loss, event, float(t), curve))
        null.append(float(_losses(time, weight, np.float64(shared), float(t), curve).mean()))
    scores, nulls = np.array(brier), np.array(null)
    return SurvivalBrier(
        horizon_months=horizons,
        brier=scores,
        se=np.array(errors),
        null=nulls,
        ipa=1.0 - scores / np.where(nulls > 0.0, nulls, np.nan),
        integrated=integrated_score(horizons, scores),
        integrated_null=integrated_score(horizons, nulls),
    )


def integrated_score(horizon_months: FloatArray, scores: FloatArray) -> float | None:
    """Integrate a score over time: trapezoid over the horizons, divided by their span.

    Parameters
    ----------
    horizon_months : array of float64, shape (n_horizons,)
        Increasing.
    scores : array of float64, shape (n_horizons,)
        NaN where there is none.

    Returns
    -------
    float or None
        None with a single horizon or a missing score.

    Examples
    --------
    >>> integrated_score(np.array([12.0, 24.0]), np.array([0.1, 0.2]))
    0.15000000000000002
    """
    if horizon_months.size < 2 or not np.isfinite(scores).all():
        return None
    span = horizon_months[-1] - horizon_months[0]
    return float(np.trapezoid(scores, horizon_months) / span)


def _losses(
    time: FloatArray,
    weight: FloatArray,
    survival: FloatArray | np.float64,
    t: float,
    curve: CensoringCurve,
) -> FloatArray:
    """Weighted squared errors at one horizon; NaN where nobody is known to be beyond it."""
    if t > curve.time_months[-1]:
        return np.full(time.size, np.nan)
    beyond = 1.0 / max(float(curve.at(np.array([t]))[0]), np.finfo(np.float64).tiny)
    alive = time > t
    return np.asarray(np.where(alive, beyond * (1.0 - survival) ** 2, weight * survival**2))


def _standard_error(loss: FloatArray, event: BoolArray, t: float, curve: CensoringCurve) -> float:
    """Return the error of the mean loss, whose weights were estimated too."""
    return standard_error_of_mean(loss - loss.mean() + curve.influence(event, loss, t))
