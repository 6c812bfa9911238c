"""Outcome and score sorted once: what ROC, AUC, precision-recall and net benefit all count on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import BoolArray, FloatArray, outcome_and_score

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RankedScore:
    """Patients by increasing score.

    Attributes
    ----------
    order : array of int, shape (n_patients,)
        Row of the patient with the smallest score first; rows of equal scores in any order.
    score : array of float64, shape (n_patients,)
        The scores in that order.
    outcome : array of bool, shape (n_patients,)
        The outcomes in that order, both classes among them.
    first : array of int, shape (n_distinct,)
        Where each distinct score begins.
    """

    order: NDArray[np.intp]
    score: FloatArray
    outcome: BoolArray
    first: IntArray

    @property
    def n(self) -> int:
        """Patients."""
        return int(self.outcome.size)

    @cached_property
    def n_positive(self) -> int:
        """Patients with the outcome."""
        return int(np.count_nonzero(self.outcome))

    @property
    def n_negative(self) -> int:
        """Patients without the outcome."""
        return self.n - self.n_positive

    @property
    def distinct(self) -> FloatArray:
        """Distinct scores, increasing."""
        return self.score[self.first]

    @cached_property
    def count(self) -> IntArray:
        """Patients at each distinct score."""
        return np.asarray(np.diff(self.first, append=self.n), dtype=np.int64)

    @cached_property
    def positives(self) -> IntArray:
        """Patients with the outcome at each distinct score."""
        before = np.concatenate([[0], np.cumsum(self.outcome, dtype=np.int64)])
        return np.asarray(np.diff(before[np.append(self.first, self.n)]), dtype=np.int64)

    @property
    def negatives(self) -> IntArray:
        """Patients without the outcome at each distinct score."""
        return self.count - self.positives


def rank(good_response: ArrayLike, score: ArrayLike) -> RankedScore:
    """Sort patients by their score.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score : array of float, shape (n_patients,)
        Any scale.

    Returns
    -------
    RankedScore
        In O(n log n), the only part of a ROC analysis that takes more than O(n).

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or one class is absent.

    Examples
    --------
    >>> ranked = rank([True, False, False], [0.9, 0.2, 0.9])
    >>> ranked.distinct.tolist(), ranked.positives.tolist(), ranked.negatives.tolist()
    ([0.2, 0.9], [0, 1], [1, 1])
    """
    outcome, values = outcome_and_score(good_response, score)
    order = np.argsort(values)
    ranked = values[order]
    changes = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
    first = np.concatenate([[0], changes]).astype(np.int64)
    return RankedScore(order, ranked, outcome[order], first)


def rank_risk(good_response: ArrayLike, risk: ArrayLike) -> RankedScore:
    """Sort patients by a predicted probability; see :func:`rank`.

    Raises
    ------
    CohortError
        Also if a risk is outside [0, 1].
    """
    ranked = rank(good_response, risk)
    check_unit_interval(ranked)
    return ranked


def check_unit_interval(ranked: RankedScore) -> None:
    """Refuse scores that are no probabilities."""
    low, high = float(ranked.score[0]), float(ranked.score[-1])
    if low < 0.0 or high > 1.0:
        value = low if low < 0.0 else high
        raise CohortError("statistic_not_a_probability", column="risk", value=value)
