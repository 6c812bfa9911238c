"""Whether patients are still like those that a model was trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray, finite_vector

BINS = 10
EMPTY_CELL = 0.5
"""Patients that an empty cell counts as, since its logarithm does not exist."""


@dataclass(frozen=True)
class NumberDrift:
    """A measurement in two cohorts.

    Attributes
    ----------
    psi : float
        Population stability index over the tenths of the reference; from about 0.1 moderate,
        from 0.25 large by custom.
    ks : float
        Largest distance of the distribution functions, in [0, 1].
    ks_p : float
        Asymptotic two-sided P value of that distance.
    n_reference, n_current : int
        Known values.
    """

    psi: float
    ks: float
    ks_p: float
    n_reference: int
    n_current: int


@dataclass(frozen=True)
class LevelDrift:
    """A categorical variable in two cohorts.

    Attributes
    ----------
    psi : float
        Population stability index over the levels of either cohort.
    unseen : tuple of str
        Levels that the reference never had: a model says nothing about them.
    n_reference, n_current : int
        Known values.
    """

    psi: float
    unseen: tuple[str, ...]
    n_reference: int
    n_current: int


def number_drift(reference: ArrayLike, current: ArrayLike) -> NumberDrift:
    r"""How far a measurement has moved: stability index and Kolmogorov-Smirnov distance.

    With the shares :math:`q_b` and :math:`p_b` of reference and current patients in the tenths of
    the reference,

    .. math:: PSI = \sum_b (p_b - q_b) \ln \frac{p_b}{q_b}

    Parameters
    ----------
    reference, current : array of float
        Known values of the training cohort and of the cohort in question.

    Returns
    -------
    NumberDrift
        0 and 0 for two equal cohorts.

    Raises
    ------
    CohortError
        If a cohort is empty or a value is missing.

    References
    ----------
    .. [1] Siddiqi N. Credit Risk Scorecards. Wiley 2006 (the index and its customary limits).

    Examples
    --------
    >>> number_drift([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).psi
    0.0
    """
    first, second = finite_vector(reference, "reference"), finite_vector(current, "current")
    edges = np.unique(np.quantile(first, np.linspace(0.0, 1.0, BINS + 1)))[1:-1]
    counts = [
        np.bincount(np.searchsorted(edges, values, side="left"), minlength=edges.size + 1)
        for values in (first, second)
    ]
    distance = _ks_distance(np.sort(first), np.sort(second))
    size = math.sqrt(first.size * second.size / (first.size + second.size))
    return NumberDrift(
        _psi(*counts), distance, _kolmogorov_p(size * distance), first.size, second.size
    )


def level_drift(reference: Sequence[str], current: Sequence[str]) -> LevelDrift:
    """How far a categorical variable has moved, and which levels are new.

    Parameters
    ----------
    reference, current : sequence of str
        Known levels of the training patients and of those in question.

    Raises
    ------
    CohortError
        If a cohort is empty.

    Examples
    --------
    >>> level_drift(["I", "II"], ["II", "V"]).unseen
    ('V',)
    """
    if not len(reference) or not len(current):
        raise CohortError("statistic_without_rows", column="level")
    levels, index = np.unique(np.concatenate([reference, current]), return_inverse=True)
    counts = [
        np.bincount(part, minlength=levels.size)
        for part in (index[: len(reference)], index[len(reference) :])
    ]
    unseen = levels[(counts[0] == 0) & (counts[1] > 0)]
    return LevelDrift(_psi(*counts), tuple(map(str, unseen)), len(reference), len(current))


def _psi(reference: ArrayLike, current: ArrayLike) -> float:
    """Index of two counted distributions over the same cells."""
    shares = []
    for counted in (reference, current):
        filled = np.maximum(np.asarray(counted, dtype=np.float64), EMPTY_CELL)
        shares.append(filled / filled.sum())
    q, p = shares
    return float(((p - q) * np.log(p / q)).sum())


def _ks_distance(first: FloatArray, second: FloatArray) -> float:
    """Largest distance of two sorted samples' distribution functions."""
    at = np.concatenate([first, second])
    below = [np.searchsorted(values, at, side="right") / values.size for values in (first, second)]
    return float(np.abs(below[0] - below[1]).max())


def _kolmogorov_p(scaled: float) -> float:
    from scipy.special import kolmogorov

    return float(kolmogorov(scaled))
