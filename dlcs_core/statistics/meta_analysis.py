"""Random-effects meta-analysis over centres: how much a model's performance varies by hospital."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray, chi_square_p, finite_vector, same_size

Method = Literal["reml", "dersimonian_laird"]

FEWEST_CENTERS = 3
MAX_ITERATIONS = 500
CONVERGENCE = 1e-12


@dataclass(frozen=True)
class MetaAnalysis:
    """A pooled estimate over centres.

    Attributes
    ----------
    estimate, se : float
        Mean over centres and its standard error by Hartung, Knapp, Sidik and Jonkman.
    ci95 : tuple of float
        t interval of the mean with k - 1 degrees of freedom.
    prediction95 : tuple of float
        Where the value of a new centre lies, t interval with k - 2 degrees of freedom.
    tau2 : float
        Variance between centres.
    i2 : float
        Share of the variance that is between centres, in [0, 1], from Q.
    q, q_p : float
        Cochran's heterogeneity statistic and its P value with k - 1 degrees of freedom.
    k : int
        Centres.
    """

    estimate: float
    se: float
    ci95: tuple[float, float]
    prediction95: tuple[float, float]
    tau2: float
    i2: float
    q: float
    q_p: float
    k: int


def random_effects(
    estimates: ArrayLike, standard_errors: ArrayLike, *, method: Method = "reml"
) -> MetaAnalysis:
    """Pool estimates of centres that may truly differ.

    Parameters
    ----------
    estimates : array of float, shape (n_centers,)
        On a scale on which they are about normal, see :func:`logit_auc`, :func:`log_oe_ratio`;
        calibration slopes as they are.
    standard_errors : array of float, shape (n_centers,)
        Within centres, above 0.
    method : {"reml", "dersimonian_laird"}
        Estimator of the variance between centres.

    Returns
    -------
    MetaAnalysis
        As ``metafor::rma(test = "knha")``; the prediction interval is that of Higgins, Thompson
        and Spiegelhalter with the Hartung-Knapp standard error.

    Raises
    ------
    CohortError
        If there are fewer than three centres, sizes differ, a value is missing or a standard
        error is not above 0.

    References
    ----------
    .. [1] Debray TPA, Damen JAAG, Snell KIE, et al. A guide to systematic review and
       meta-analysis of prediction model performance. BMJ 2017;356:i6460.
    .. [2] IntHout J, Ioannidis JPA, Borm GF. The Hartung-Knapp-Sidik-Jonkman method for random
       effects meta-analysis. BMC Med Res Methodol 2014;14:25.
    """
    y, variance = _checked(estimates, standard_errors)
    weight = 1.0 / variance
    q = float(weight @ (y - weight @ y / weight.sum()) ** 2)
    k = y.size
    moment = _dersimonian_laird(weight, q, k)
    tau2 = moment if method == "dersimonian_laird" else _reml(y, variance, moment)
    w = 1.0 / (variance + tau2)
    mean = float(w @ y / w.sum())
    se = math.sqrt(float(w @ (y - mean) ** 2) / (k - 1) / float(w.sum()))
    half = _t_quantile(k - 1) * se
    wide = _t_quantile(k - 2) * math.sqrt(tau2 + se**2)
    return MetaAnalysis(
        estimate=mean,
        se=se,
        ci95=(mean - half, mean + half),
        prediction95=(mean - wide, mean + wide),
        tau2=tau2,
        i2=max(0.0, 1.0 - (k - 1) / q) if q > 0.0 else 0.0,
        q=q,
        q_p=chi_square_p(q, k - 1),
        k=k,
    )


def leave_one_out(
    estimates: ArrayLike, standard_errors: ArrayLike, *, method: Method = "reml"
) -> tuple[MetaAnalysis, ...]:
    """Pool all centres but one, each left out in turn; needs at least four centres."""
    y, se = finite_vector(estimates, "estimate"), finite_vector(standard_errors, "se")
    return tuple(
        random_effects(np.delete(y, i), np.delete(se, i), method=method) for i in range(y.size)
    )


def logit_auc(auc: float, se: float) -> tuple[float, float]:
    """Area under the ROC curve on the logit scale, with its standard error there.

    Raises
    ------
    CohortError
        If the area is 0 or 1, where the logit does not exist.

    Examples
    --------
    >>> logit_auc(0.5, 0.05)
    (0.0, 0.2)
    """
    if not 0.0 < auc < 1.0:
        raise CohortError("meta_auc_certain", value=auc)
    return math.log(auc / (1.0 - auc)), se / (auc * (1.0 - auc))


def log_oe_ratio(observed: int, expected: float, n: int) -> tuple[float, float]:
    """Observed over expected events on the log scale, with its standard error there.

    Parameters
    ----------
    observed : int
        Good responders, above 0.
    expected : float
        Sum of the predicted probabilities, above 0.
    n : int
        Patients.

    Raises
    ------
    CohortError
        If nobody responded or nobody was expected to.

    Examples
    --------
    >>> log_oe_ratio(20, 20.0, 100)
    (0.0, 0.2)
    """
    if observed <= 0 or not expected > 0.0:
        raise CohortError("meta_no_event", observed=observed)
    return math.log(observed / expected), round(math.sqrt((1.0 - observed / n) / observed), 15)


def _checked(estimates: ArrayLike, standard_errors: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, se = finite_vector(estimates, "estimate"), finite_vector(standard_errors, "se")
    same_size(y, se)
    if y.size < FEWEST_CENTERS:
        raise CohortError("meta_too_few_centers", count=y.size, needed=FEWEST_CENTERS)
    if (se <= 0.0).any():
        raise CohortError("meta_se_not_positive")
    return y, se**2


def _dersimonian_laird(weight: FloatArray, q: float, k: int) -> float:
    """Variance between centres by the method of moments."""
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, (q - (k - 1)) / scale)


def _reml(y: FloatArray, variance: FloatArray, start: float) -> float:
    """Restricted maximum likelihood by Fisher scoring, not below 0."""
    tau2 = start
    for _ in range(MAX_ITERATIONS):
        w = 1.0 / (variance + tau2)
        total = float(w.sum())
        projected = w * (y - float(w @ y) / total)
        trace = total - float((w**2).sum()) / total
        squared = float((w**2).sum() - 2.0 * (w**3).sum() / total + ((w**2).sum() / total) ** 2)
        step = (float(projected @ projected) - trace) / squared
        before, tau2 = tau2, max(0.0, tau2 + step)
        if abs(tau2 - before) < CONVERGENCE * (1.0 + tau2):
            break
    return tau2


def _t_quantile(df: int) -> float:
    """0.975 quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.975))
