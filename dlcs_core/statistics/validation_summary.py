"""The statistics of R's ``rms::val.prob``, its lowess curve, and equal-width bins."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.brier import brier_score
from dlcs_core.statistics.calibration import log_odds_of
from dlcs_core.statistics.checks import (
    BoolArray,
    FloatArray,
    chi_square_p,
    normal_p,
    outcome_and_risk,
)
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.logistic_regression import fit_logistic

LOWESS_SPAN = 2.0 / 3.0
LOWESS_DELTA = 0.01
"""Share of the range within which lowess interpolates."""


@dataclass(frozen=True)
class ValidationSummary:
    """What ``val.prob`` reports, in its order.

    Attributes
    ----------
    dxy, c : float
        Somers' rank correlation and the area under the ROC curve.
    r2 : float
        Nagelkerke's, of the probabilities as they are.
    d, d_chi_square : float
        Discrimination index (chi-square - 1) / n and the chi-square against the prevalence.
    u, u_chi_square, u_p : float
        Unreliability index and the test of intercept 0 and slope 1 with 2 degrees of freedom.
    q : float
        Quality index d - u.
    brier, intercept, slope : float
        Brier score and the logistic recalibration.
    emax, e90, eavg : float
        Largest, 90 % quantile and mean distance of the lowess curve from the diagonal.
    spiegelhalter_z, spiegelhalter_p : float
        Test of calibration by the Brier score.
    log_loss : float
        Mean negative log likelihood (not part of val.prob).
    """

    dxy: float
    c: float
    r2: float
    d: float
    d_chi_square: float
    u: float
    u_chi_square: float
    u_p: float
    q: float
    brier: float
    intercept: float
    slope: float
    emax: float
    e90: float
    eavg: float
    spiegelhalter_z: float
    spiegelhalter_p: float
    log_loss: float


@dataclass(frozen=True, eq=False)
class UniformBins:
    """Observed against predicted in bins of equal width.

    Attributes
    ----------
    bin : array of int, shape (n_bins,)
        Index of each bin that is not empty, from 0.
    n, predicted, observed : array of float64, shape (n_bins,)
        Patients, mean risk and share of good responders.
    ece, mce : float
        Mean (weighted by patients) and largest distance of the two.
    """

    bin: np.ndarray
    n: FloatArray
    predicted: FloatArray
    observed: FloatArray
    ece: float
    mce: float


def validation_summary(good_response: ArrayLike, risk: ArrayLike) -> ValidationSummary:
    """Summarise predicted probabilities as ``rms::val.prob`` does.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in (0, 1).

    Returns
    -------
    ValidationSummary
        All its numbers.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or not inside (0, 1), or one
        class is absent.
    ModelError
        If the risk is constant or separates the classes.

    References
    ----------
    .. [1] Harrell FE. Regression Modeling Strategies. 2nd ed. Springer 2015, section 10.9.
    .. [2] Spiegelhalter DJ. Probabilistic prediction in patient management and clinical trials.
       Stat Med 1986;5:421-433.
    """
    outcome, logit = log_odds_of(good_response, risk)
    values = np.asarray(risk, dtype=np.float64)
    n = outcome.size
    fit = fit_logistic(logit[:, None], outcome, ("logit_risk",))
    likelihood = -float(np.logaddexp(0.0, np.where(outcome, -logit, logit)).sum())
    ratio = 2.0 * (likelihood - fit.null_log_likelihood)
    unreliability = 2.0 * (fit.log_likelihood - likelihood)
    d, u = (ratio - 1.0) / n, (unreliability - 2.0) / n
    distance = np.abs(values - _lowess_at_rows(outcome, values))
    z = _spiegelhalter(outcome, values)
    c = auc_estimate(outcome, values).auc
    return ValidationSummary(
        dxy=2.0 * c - 1.0,
        c=c,
        r2=-math.expm1(-ratio / n) / -math.expm1(2.0 * fit.null_log_likelihood / n),
        d=d,
        d_chi_square=ratio,
        u=u,
        u_chi_square=unreliability,
        u_p=chi_square_p(max(unreliability, 0.0), 2),
        q=d - u,
        brier=brier_score(outcome, values).brier,
        intercept=float(fit.coefficients[0]),
        slope=float(fit.coefficients[1]),
        emax=float(distance.max()),
        e90=float(np.quantile(distance, 0.9)),
        eavg=float(distance.mean()),
        spiegelhalter_z=z,
        spiegelhalter_p=normal_p(z),
        log_loss=-likelihood / n,
    )


def lowess_curve(good_response: ArrayLike, risk: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Locally linear curve of R's ``lowess(risk, y, iter = 0)``.

    Parameters
    ----------
    good_response, risk
        As in :func:`validation_summary`; a risk may be 0 or 1.

    Returns
    -------
    tuple of array of float64, shape (n_patients,)
        Sorted risks and the curve there.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or outside [0, 1], or one class
        is absent.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    outcome, values = outcome_and_risk(good_response, risk)
    delta = LOWESS_DELTA * float(np.ptp(values))
    curve = lowess(outcome.astype(np.float64), values, frac=LOWESS_SPAN, it=0, delta=delta)
    return np.asarray(curve[:, 0]), np.asarray(curve[:, 1])


def uniform_bins(good_response: ArrayLike, risk: ArrayLike, *, bins: int = 10) -> UniformBins:
    """Observed share against mean risk in bins of equal width, the last closed.

    Parameters
    ----------
    good_response, risk
        As in :func:`lowess_curve`.
    bins : int
        Number of bins of [0, 1], at least 1.

    Returns
    -------
    UniformBins
        Without the empty ones.

    Raises
    ------
    CohortError
        As :func:`lowess_curve`.

    Examples
    --------
    >>> uniform_bins([0, 1], [0.05, 0.95]).ece
    0.05
    """
    outcome, values = outcome_and_risk(good_response, risk)
    index = np.minimum((values * bins).astype(np.intp), bins - 1)
    count = np.bincount(index, minlength=bins).astype(np.float64)
    kept = np.flatnonzero(count)
    predicted = np.bincount(index, weights=values, minlength=bins)[kept] / count[kept]
    observed = np.bincount(index, weights=outcome, minlength=bins)[kept] / count[kept]
    distance = np.abs(observed - predicted)
    ece = round(float(count[kept] @ distance / outcome.size), 15)
    return UniformBins(kept, count[kept], predicted, observed, ece, float(distance.max()))


def _lowess_at_rows(outcome: BoolArray, risk: FloatArray) -> FloatArray:
    """Curve at every row; equal risks take the mean of theirs."""
    x, y = lowess_curve(outcome, risk)
    at, index = np.unique(x, return_inverse=True)
    return np.interp(risk, at, np.bincount(index, weights=y) / np.bincount(index))


def _spiegelhalter(outcome: BoolArray, risk: FloatArray) -> float:
    away = 1.0 - 2.0 * risk
    variance = float((away**2 * risk * (1.0 - risk)).sum())
    return float(((outcome - risk) * away).sum()) / math.sqrt(variance)
