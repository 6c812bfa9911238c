"""Marginal distributions of clinical variables, each a map from a standard normal per class.

Every parameter is a pair ``(poor, good)``: its value among poor and among good responders. A
continuous variable is a strictly increasing function of its normal score; an ordinal or count
variable cuts the score into intervals. That makes the joint density of a patient computable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
Pair = tuple[float, float]
BoolArray = NDArray[np.bool_]


def _of_class(pair: Pair, good_response: BoolArray) -> FloatArray:
    return np.where(good_response, pair[1], pair[0])


def _blended(pair: Pair, prevalence: float) -> Pair:
    mean = (1 - prevalence) * pair[0] + prevalence * pair[1]
    return mean, mean


class Continuous(Protocol):
    """A strictly increasing function of the normal score."""

    def value(self, score: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return the variable for normal scores of patients of known class."""

    def score(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return the normal score that gives a value."""

    def log_slope(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return ln |d score / d value| up to a term shared by both classes."""

    def without_response(self, prevalence: float) -> Self:
        """Return the same variable with one distribution for both classes."""


@dataclass(frozen=True)
class Normal:
    """Normal with mean and standard deviation by class."""

    mean: Pair
    sd: Pair

    def value(self, score: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return ``mean + sd * score``."""
        return _of_class(self.mean, good_response) + _of_class(self.sd, good_response) * score

    def score(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return ``(value - mean) / sd``."""
        centered = value - _of_class(self.mean, good_response)
        return centered / _of_class(self.sd, good_response)

    def log_slope(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return ``-ln sd``."""
        return np.zeros_like(value) - np.log(_of_class(self.sd, good_response))

    def without_response(self, prevalence: float) -> "Normal":
        """Return the variable with averaged parameters."""
        return replace(self, mean=_blended(self.mean, prevalence), sd=_blended(self.sd, prevalence))


@dataclass(frozen=True)
class LogNormal:
    """Log-normal; ``of_log`` is the normal distribution of the logarithm."""

    of_log: Normal

    @classmethod
    def from_moments(cls, mean: Pair, sd: Pair) -> "LogNormal":
        """Return the log-normal with the given mean and standard deviation by class."""
        variance = [float(np.log1p((sd[k] / mean[k]) ** 2)) for k in (0, 1)]
        center = [float(np.log(mean[k])) - variance[k] / 2 for k in (0, 1)]
        spread = [float(np.sqrt(value)) for value in variance]
        return cls(Normal((center[0], center[1]), (spread[0], spread[1])))

    def value(self, score: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return the exponential of the normal value."""
        return np.exp(self.of_log.value(score, good_response))

    def score(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return the score of the logarithm."""
        return self.of_log.score(np.log(value), good_response)

    def log_slope(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return ``-ln sd`` of the logarithm; ``1 / value`` is shared by both classes."""
        return self.of_log.log_slope(value, good_response)

    def without_response(self, prevalence: float) -> "LogNormal":
        """Return the variable with averaged parameters."""
        return LogNormal(self.of_log.without_response(prevalence))


@dataclass(frozen=True)
class BoundedNormal:
    """Logit-normal between two bounds: ``low + (high - low) * sigmoid(normal)``."""

    low: float
    high: float
    of_logit: Normal

    def value(self, score: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return the value between the bounds."""
        logit = self.of_logit.value(score, good_response)
        return self.low + (self.high - self.low) / (1 + np.exp(-logit))

    def score(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return the score of the logit."""
        logit = np.log((value - self.low) / (self.high - value))
        return self.of_logit.score(logit, good_response)

    def log_slope(self, value: FloatArray, good_response: BoolArray) -> FloatArray:
        """Return ``-ln sd`` of the logit; the rest is shared by both classes."""
        return self.of_logit.log_slope(value, good_response)

    def without_response(self, prevalence: float) -> "BoundedNormal":
        """Return the variable with averaged parameters."""
        return replace(self, of_logit=self.of_logit.without_response(prevalence))


@dataclass(frozen=True)
class Ordinal:
    """Levels in increasing order of the normal score, with proportions by class.

    Attributes
    ----------
    levels : tuple of str
        Names, lowest score first.
    poor, good : tuple of float
        Proportions among poor and good responders; each sums to 1.
    """

    levels: tuple[str, ...]
    poor: tuple[float, ...]
    good: tuple[float, ...]

    def code(self, score: FloatArray, good_response: BoolArray) -> NDArray[np.int64]:
        """Return the index of the level, shape (n,)."""
        cuts = self._edges(good_response)[:, 1:-1]
        return np.asarray((score[:, None] > cuts).sum(axis=1), dtype=np.int64)

    def bounds(
        self, code: NDArray[np.int64], good_response: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the interval of scores that gives a level."""
        edges, rows = self._edges(good_response), np.arange(len(code))
        return edges[rows, code], edges[rows, code + 1]

    def without_response(self, prevalence: float) -> "Ordinal":
        """Return the variable with averaged proportions."""
        pairs = zip(self.poor, self.good, strict=True)
        shares = tuple(_blended(pair, prevalence)[0] for pair in pairs)
        return replace(self, poor=shares, good=shares)

    def _edges(self, good_response: BoolArray) -> FloatArray:
        by_class = np.array([_cut_points(self.poor), _cut_points(self.good)])
        edges: FloatArray = by_class[good_response.astype(int)]
        return edges


def _cut_points(proportions: Sequence[float]) -> FloatArray:
    inner = np.cumsum(proportions)[:-1] / np.sum(proportions)
    return np.concatenate([[-np.inf], ndtri(inner), [np.inf]])


def ordinal(
    levels: Sequence[str], poor_counts: Sequence[float], good_counts: Sequence[float]
) -> Ordinal:
    """Return an ordinal variable from counts; an empty cell counts as ``EMPTY_CELL``."""
    poor, good = (
        np.maximum(np.asarray(counts, dtype=float), EMPTY_CELL)
        for counts in (poor_counts, good_counts)
    )
    return Ordinal(
        tuple(levels), tuple((poor / poor.sum()).tolist()), tuple((good / good.sum()).tolist())
    )


EMPTY_CELL = 0.3
"""Patients that stand for a printed zero: the event was rare, not impossible."""


def count_distribution(mean: Pair, sd: Pair, largest: int = 40) -> Ordinal:
    """Return a negative binomial count, as an ordinal variable with levels "0" to "largest"."""
    from scipy.stats import nbinom

    shares = []
    for k in (0, 1):
        size = mean[k] ** 2 / (sd[k] ** 2 - mean[k])
        mass = nbinom.pmf(np.arange(largest + 1), size, size / (size + mean[k]))
        shares.append(tuple((mass / mass.sum()).tolist()))
    return Ordinal(tuple(str(k) for k in range(largest + 1)), shares[0], shares[1])
