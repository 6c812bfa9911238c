"""Restricted mean survival time: the months lived on average up to a horizon."""

from dataclasses import dataclass

import numpy as np

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975
from dlcs_core.statistics.kaplan_meier import KaplanMeierCurve


@dataclass(frozen=True)
class RestrictedMean:
    """Area under a survival curve up to a horizon.

    Attributes
    ----------
    horizon_months, mean_months, se : float
        Horizon, mean time alive within it, and its standard error.
    ci95 : tuple of float
        Wald interval within [0, horizon].
    """

    horizon_months: float
    mean_months: float
    se: float
    ci95: tuple[float, float]


def restricted_mean_survival(curve: KaplanMeierCurve, horizon_months: float) -> RestrictedMean:
    r"""Restricted mean survival time with its standard error.

    .. math:: \int_0^h S(t)\,dt, \qquad
              var = \sum_{t_i \le h} \Big(\int_{t_i}^h S\Big)^2 \frac{d_i}{n_i (n_i - d_i)}

    Parameters
    ----------
    curve : KaplanMeierCurve
        From :func:`dlcs_core.statistics.kaplan_meier.kaplan_meier`.
    horizon_months : float
        Above 0 and within the follow-up.

    Returns
    -------
    RestrictedMean
        As R's ``print(survfit, rmean = horizon)``.

    Raises
    ------
    CohortError
        If the horizon is not above 0, or beyond the follow-up and somebody still alive.

    References
    ----------
    .. [1] Royston P, Parmar MKB. Restricted mean survival time. BMC Med Res Methodol
       2013;13:152.

    Examples
    --------
    >>> from dlcs_core.statistics.kaplan_meier import kaplan_meier
    >>> restricted_mean_survival(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]), 4).mean_months
    2.5
    """
    last = float(curve.time_months[-1])
    if not horizon_months > 0.0 or (horizon_months > last and curve.survival[-1] > 0.0):
        raise CohortError("statistic_horizon_beyond", horizon=horizon_months, last=last)
    inside = curve.time_months < horizon_months
    edges = np.r_[0.0, curve.time_months[inside], horizon_months]
    areas = np.diff(edges) * np.r_[1.0, curve.survival[inside]]
    beyond = np.cumsum(areas[::-1])[::-1][1:]
    deaths, at_risk = curve.n_events[inside], curve.n_at_risk[inside]
    # Where the last one dies nothing is left to vary.
    alive = np.maximum(at_risk - deaths, 1.0)
    se = float(np.sqrt((beyond**2 * deaths / (at_risk * alive)).sum()))
    mean, half = float(areas.sum()), NORMAL_QUANTILE_975 * se
    limits = (max(mean - half, 0.0), min(mean + half, horizon_months))
    return RestrictedMean(horizon_months, mean, se, limits)
