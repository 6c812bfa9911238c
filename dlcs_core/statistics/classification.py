"""What a cutoff does: the confusion matrix and the rates that are read from it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, outcome_and_score


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts at one cutoff; a patient is positive when ``score >= threshold``.

    Attributes
    ----------
    threshold : float
        The cutoff.
    tp, fp, fn, tn : int
        True and false positives, false and true negatives.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def sensitivity(self) -> float:
        """Share of the good responders that is found."""
        return self.tp / (self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """Share of the others that is left alone."""
        return self.tn / (self.tn + self.fp)

    @property
    def ppv(self) -> float | None:
        """Share of good responders among the positives; None where nobody is positive."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def npv(self) -> float | None:
        """Share of others among the negatives; None where nobody is negative."""
        return self.tn / (self.tn + self.fn) if self.tn + self.fn else None

    @property
    def accuracy(self) -> float:
        """Share of right calls."""
        return (self.tp + self.tn) / (self.tp + self.fp + self.fn + self.tn)


def confusion_matrix(
    good_response: ArrayLike, score: ArrayLike, threshold: float
) -> ConfusionMatrix:
    """Count right and wrong calls at a cutoff.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score : array of float, shape (n_patients,)
        Any scale.
    threshold : float
        On the scale of the score.

    Returns
    -------
    ConfusionMatrix
        With the rates as properties.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, one class is absent, or the
        threshold is not a finite number.

    Examples
    --------
    >>> table = confusion_matrix([True, True, False, False], [0.9, 0.2, 0.6, 0.1], 0.6)
    >>> (table.tp, table.fp, table.fn, table.tn), table.ppv
    ((1, 1, 1, 1), 0.5)
    """
    outcome, values = outcome_and_score(good_response, score)
    if not math.isfinite(threshold):
        raise CohortError("statistic_threshold_not_finite")
    positive = values >= threshold
    tp, fp = int((positive & outcome).sum()), int((positive & ~outcome).sum())
    events = int(outcome.sum())
    return ConfusionMatrix(
        float(threshold), tp, fp, fn=events - tp, tn=int(outcome.size) - events - fp
    )


def wilson_interval(count: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """95 % Wilson interval of a share, without continuity correction.

    Parameters
    ----------
    count, n : array of float
        Successes and trials; n at least 1.

    Returns
    -------
    tuple of array of float64
        Lower and upper limits, in [0, 1].

    Examples
    --------
    >>> low, high = wilson_interval(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4902, 0.9433)
    """
    k, trials = np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    z2 = NORMAL_QUANTILE_975**2
    center = (k + 0.5 * z2) / (trials + z2)
    half = np.sqrt(z2 * (k * (trials - k) / trials + 0.25 * z2)) / (trials + z2)
    return np.maximum(center - half, 0.0), np.minimum(center + half, 1.0)


def clopper_pearson_interval(count: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """95 % exact interval of a share, Clopper and Pearson's.

    Parameters
    ----------
    count, n : array of float
        Successes and trials; n at least 1.

    Returns
    -------
    tuple of array of float64
        Lower and upper limits, in [0, 1]; never too narrow, mostly a little too wide.

    Examples
    --------
    >>> low, high = clopper_pearson_interval(8, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4439, 0.9748)
    """
    from scipy.special import betaincinv

    k, trials = np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    low = betaincinv(np.maximum(k, 1.0), trials - k + 1.0, 0.025)
    high = betaincinv(k + 1.0, np.maximum(trials - k, 1.0), 0.975)
    return np.where(k > 0.0, low, 0.0), np.where(k < trials, high, 1.0)
