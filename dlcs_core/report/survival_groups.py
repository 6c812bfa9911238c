"""What is said of each group beside its curve: months lived within a horizon, and follow-up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dlcs_core.report.survival import SurvivalReport
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.kaplan_meier import KaplanMeierCurve, median_survival
from dlcs_core.statistics.restricted_mean import RestrictedMean, restricted_mean_survival


@dataclass(frozen=True)
class RestrictedMeans:
    """Restricted mean survival of every group to one horizon.

    Attributes
    ----------
    horizon_months : float
        The last horizon that every group is followed to.
    groups : mapping of str to RestrictedMean
        By group.
    """

    horizon_months: float
    groups: Mapping[str, RestrictedMean]


def restricted_means(report: SurvivalReport) -> RestrictedMeans | None:
    """Return the months lived on average up to the last horizon that every group reaches.

    Parameters
    ----------
    report : SurvivalReport
        With at least one group.

    Returns
    -------
    RestrictedMeans or None
        None where no horizon lies within the follow-up of every group.
    """
    curves = {level: group.curve for level, group in report.groups.items()}
    ends = [float(c.time_months[-1]) for c in curves.values() if c.survival[-1] > 0.0]
    within = [t for t in report.request.horizons_months if t > 0.0 and t <= min(ends, default=t)]
    if not within:
        return None
    found = {name: restricted_mean_survival(curve, within[-1]) for name, curve in curves.items()}
    return RestrictedMeans(within[-1], found)


def median_followup_of(curve: KaplanMeierCurve) -> float | None:
    """Return the median follow-up of a group by the reverse Kaplan-Meier method.

    Parameters
    ----------
    curve : KaplanMeierCurve
        Every distinct time, not thinned.

    Returns
    -------
    float or None
        Months; None where fewer than half would have been followed to an end.

    Examples
    --------
    >>> from dlcs_core.statistics.kaplan_meier import kaplan_meier
    >>> median_followup_of(kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0]))
    4.0
    """
    leaving: FloatArray = curve.n_censored / curve.n_at_risk
    still_followed = np.asarray(np.cumprod(1.0 - leaving), dtype=np.float64)
    none = np.full(still_followed.size, np.nan)
    return median_survival(
        replace(curve, survival=still_followed, ci95_low=none, ci95_high=none)
    ).median
