"""Rubin's rules: one estimate from the analyses of several imputed tables."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray


@dataclass(frozen=True)
class PooledEstimate:
    """One coefficient over the imputed tables.

    Attributes
    ----------
    estimate, se : float
        Mean of the estimates, and the root of the total variance.
    within, between : float
        Mean of the variances, and variance of the estimates.
    df : float
        Barnard and Rubin's degrees of freedom; infinite where nothing varies and the table is
        large.
    ci95 : tuple of float
        By the t distribution, on the scale of the estimate.
    statistic, p : float
        ``estimate / se`` and its two-sided P.
    relative_increase : float
        Of the variance, by not having seen the missing values.
    fraction_missing : float
        Of the information, in [0, 1].
    imputations : int
        Tables.
    """

    estimate: float
    se: float
    within: float
    between: float
    df: float
    ci95: tuple[float, float]
    statistic: float
    p: float
    relative_increase: float
    fraction_missing: float
    imputations: int


def pooled_estimate(
    estimates: ArrayLike, variances: ArrayLike, *, complete_df: float = math.inf
) -> PooledEstimate:
    r"""Pool one coefficient.

    With the mean variance :math:`U`, the variance between tables :math:`B` and :math:`m` tables,

    .. math:: T = U + (1 + 1/m) B, \quad r = (1 + 1/m) B / U, \quad \lambda = (1 + 1/m) B / T

    .. math:: \nu_{old} = (m - 1) / \lambda^2, \quad
              \nu_{obs} = \frac{\nu_c + 1}{\nu_c + 3} \nu_c (1 - \lambda), \quad
              \nu = (1/\nu_{old} + 1/\nu_{obs})^{-1}

    and the fraction of missing information is :math:`(r + 2 / (\nu + 3)) / (r + 1)`.

    Parameters
    ----------
    estimates, variances : array of float, shape (n_imputations,)
        One per imputed table, at least two; variances above 0.
    complete_df : float
        Degrees of freedom that the table would have without gaps.

    Returns
    -------
    PooledEstimate
        As ``mice::pool.scalar``.

    Raises
    ------
    CohortError
        If there are fewer than two tables, sizes differ, or a value is not finite.

    References
    ----------
    .. [1] Rubin DB. Multiple imputation for nonresponse in surveys. Wiley 1987, chapter 3.
    .. [2] Barnard J, Rubin DB. Small-sample degrees of freedom with multiple imputation.
       Biometrika 1999;86:948-955.

    Examples
    --------
    >>> found = pooled_estimate([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    >>> found.estimate, round(found.se**2, 12), round(found.relative_increase, 12)
    (2.0, 2.333333333333, 1.333333333333)
    """
    values, spread = _checked(estimates, variances)
    m = values.size
    mean, within, between = float(values.mean()), float(spread.mean()), float(values.var(ddof=1))
    extra = (1.0 + 1.0 / m) * between
    total, increase = within + extra, extra / within
    df = _degrees_of_freedom(m, extra / total, complete_df)
    missing = (increase + 2.0 / (df + 3.0)) / (increase + 1.0) if extra > 0.0 else 0.0
    se = math.sqrt(total)
    half = _t_quantile(df) * se
    return PooledEstimate(
        estimate=mean,
        se=se,
        within=within,
        between=between,
        df=df,
        ci95=(mean - half, mean + half),
        statistic=mean / se,
        p=_t_p(mean / se, df),
        relative_increase=increase,
        fraction_missing=missing,
        imputations=m,
    )


def _checked(estimates: ArrayLike, variances: ArrayLike) -> tuple[FloatArray, FloatArray]:
    values = np.asarray(estimates, dtype=np.float64)
    spread = np.asarray(variances, dtype=np.float64)
    if values.ndim != 1 or values.shape != spread.shape:
        raise CohortError("statistic_sizes_differ", first=values.size, second=spread.size)
    if values.size < 2:
        raise CohortError("imputation_too_few_tables", count=values.size)
    usable = np.isfinite(values) & np.isfinite(spread) & (spread > 0.0)
    if not usable.all():
        bad = int((~usable).sum())
        raise CohortError("statistic_values_missing", column="estimate", count=bad, n=values.size)
    return values, spread


def _degrees_of_freedom(m: int, share: float, complete: float) -> float:
    """Barnard and Rubin's; ``share`` of the total variance comes from the missing values."""
    old = (m - 1) / share**2 if share > 0.0 else math.inf
    if math.isinf(complete):
        return old
    observed = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - share)
    return observed if math.isinf(old) else old * observed / (old + observed)


def _t_quantile(df: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(0.975) if math.isinf(df) else stdtrit(df, 0.975))


def _t_p(statistic: float, df: float) -> float:
    from scipy.special import ndtr, stdtr

    tail = -abs(statistic)
    return float(2.0 * (ndtr(tail) if math.isinf(df) else stdtr(df, tail)))
