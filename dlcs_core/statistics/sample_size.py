"""How many patients a prediction model needs, and how much it will be too extreme."""

import math
from dataclasses import dataclass

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975

SHRINKAGE = 0.9
OPTIMISM_R2 = 0.05
"""Largest difference between apparent and adjusted Nagelkerke R2."""
MARGIN = 0.05
"""Half width of the interval of the overall risk."""


@dataclass(frozen=True)
class DevelopmentSampleSize:
    """Patients needed to develop a model of a yes/no outcome.

    Attributes
    ----------
    n : int
        The largest of the three criteria.
    for_shrinkage, for_optimism, for_overall_risk : int
        For an expected shrinkage of 0.9, an optimism of R2 of 0.05, a margin of 0.05.
    events : int
        Expected among ``n``.
    events_per_parameter : float
        The same per parameter.
    """

    n: int
    for_shrinkage: int
    for_optimism: int
    for_overall_risk: int
    events: int
    events_per_parameter: float


def development_sample_size(
    parameters: int, prevalence: float, r2_cox_snell: float, *, shrinkage: float = SHRINKAGE
) -> DevelopmentSampleSize:
    r"""Smallest sample for developing a model of a yes/no outcome.

    The first criterion, for an expected shrinkage :math:`S`, is

    .. math:: n = \frac{p}{(S - 1) \ln (1 - R^2_{CS} / S)}

    Parameters
    ----------
    parameters : int
        Candidate parameters, not variables: a factor of k levels has k - 1.
    prevalence : float
        Share of good responders, in (0, 1).
    r2_cox_snell : float
        Cox-Snell R2 that the model will have, above 0 and below its maximum at this prevalence.
    shrinkage : float
        Wanted, in (0, 1).

    Returns
    -------
    DevelopmentSampleSize
        As the package ``pmsampsize`` for type "b".

    Raises
    ------
    CohortError
        If an argument is outside its range.

    References
    ----------
    .. [1] Riley RD, Snell KIE, Ensor J, et al. Minimum sample size for developing a multivariable
       prediction model: Part II - binary and time-to-event outcomes. Stat Med 2019;38:1276-1296.

    Examples
    --------
    The example of the paper:

    >>> development_sample_size(24, 0.174, 0.288).n
    662
    """
    _in_unit_interval(prevalence=prevalence, shrinkage=shrinkage)
    largest = largest_cox_snell_r2(prevalence)
    if parameters < 1 or not 0.0 < r2_cox_snell < largest:
        raise CohortError(
            "sample_size_out_of_range",
            parameters=parameters, r2=r2_cox_snell, largest=round(largest, 3),
        )  # fmt: skip
    for_shrinkage = _for_shrinkage(parameters, r2_cox_snell, shrinkage)
    needed = r2_cox_snell / (r2_cox_snell + OPTIMISM_R2 * largest)
    for_optimism = _for_shrinkage(parameters, r2_cox_snell, needed)
    margin = NORMAL_QUANTILE_975 / MARGIN
    for_risk = math.ceil(margin**2 * prevalence * (1.0 - prevalence))
    n = max(for_shrinkage, for_optimism, for_risk)
    events = math.ceil(n * prevalence)
    return DevelopmentSampleSize(
        n, for_shrinkage, for_optimism, for_risk, events, n * prevalence / parameters
    )


def largest_cox_snell_r2(prevalence: float) -> float:
    """Cox-Snell R2 of a perfect model at a prevalence in (0, 1).

    Examples
    --------
    >>> largest_cox_snell_r2(0.5)
    0.75
    """
    _in_unit_interval(prevalence=prevalence)
    null = prevalence * math.log(prevalence) + (1.0 - prevalence) * math.log(1.0 - prevalence)
    return -math.expm1(2.0 * null)


def expected_shrinkage(likelihood_ratio: float, parameters: int) -> float:
    """Slope that a model will have in new patients, van Houwelingen and le Cessie's heuristic.

    Parameters
    ----------
    likelihood_ratio : float
        Model chi-square against the intercept alone, above 0.
    parameters : int
        Estimated or screened parameters, at least 1.

    Returns
    -------
    float
        ``1 - parameters / likelihood_ratio``; at most 0 where the model is no better than chance.

    Raises
    ------
    CohortError
        If an argument is outside its range.

    Examples
    --------
    >>> expected_shrinkage(50.0, 5)
    0.9
    """
    if not likelihood_ratio > 0.0 or parameters < 1:
        raise CohortError("shrinkage_out_of_range", value=likelihood_ratio, parameters=parameters)
    return 1.0 - parameters / likelihood_ratio


def _for_shrinkage(parameters: int, r2_cox_snell: float, shrinkage: float) -> int:
    return math.ceil(parameters / ((shrinkage - 1.0) * math.log1p(-r2_cox_snell / shrinkage)))


def _in_unit_interval(**values: float) -> None:
    for name, value in values.items():
        if not 0.0 < value < 1.0:
            raise CohortError("sample_size_share", name=name, value=value)
