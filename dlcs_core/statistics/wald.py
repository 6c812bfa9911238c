"""Wald inference of a coefficient: ratio, 95 % interval and P."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, FloatArray, normal_p

_LARGEST_EXPONENT = 709.0


@dataclass(frozen=True)
class WaldRow:
    """One coefficient with its Wald inference.

    Attributes
    ----------
    name : str
        Column name.
    estimate, se : float
        Coefficient (log odds or log hazard ratio per unit) and standard error.
    ratio : float
        ``exp(estimate)``: odds ratio or hazard ratio; infinite where that overflows.
    ci95 : tuple of float
        95 % interval of the ratio.
    z, p : float
        Wald statistic and two-sided P.
    """

    name: str
    estimate: float
    se: float
    ratio: float
    ci95: tuple[float, float]
    z: float
    p: float


def wald_rows(
    names: Sequence[str], coefficients: FloatArray, standard_errors: FloatArray
) -> tuple[WaldRow, ...]:
    """Word coefficients as ratios with 95 % Wald intervals.

    Parameters
    ----------
    names : sequence of str
        Column names.
    coefficients, standard_errors : array of float64, shape (n_names,)
        On the log scale.

    Returns
    -------
    tuple of WaldRow
        In the order of the names.

    Examples
    --------
    >>> import numpy as np
    >>> row = wald_rows(["age_years"], np.array([0.0]), np.array([0.5]))[0]
    >>> row.ratio, row.p
    (1.0, 1.0)
    """
    return tuple(
        _row(name, float(estimate), float(se))
        for name, estimate, se in zip(names, coefficients, standard_errors, strict=True)
    )


def _row(name: str, estimate: float, se: float) -> WaldRow:
    """Wald inference of one coefficient."""
    half = NORMAL_QUANTILE_975 * se
    return WaldRow(
        name=name,
        estimate=estimate,
        se=se,
        ratio=_exp(estimate),
        ci95=(_exp(estimate - half), _exp(estimate + half)),
        z=estimate / se,
        p=normal_p(estimate / se),
    )


def _exp(value: float) -> float:
    """``exp``, infinite instead of an overflow error."""
    return math.exp(value) if value < _LARGEST_EXPONENT else math.inf
