"""Precision against recall over every cutoff, and average precision."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.ranking import RankedScore, rank


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """The precision-recall points of one score, one per distinct score.

    Attributes
    ----------
    threshold : array of float64, shape (n_points,)
        Observed scores in decreasing order; a patient is positive when ``score >= threshold``.
    recall : array of float64, shape (n_points,)
        Share of the good responders found, in (0, 1], non-decreasing; same as sensitivity.
    precision : array of float64, shape (n_points,)
        Share of good responders among the positives, in [0, 1].
    average_precision : float
        Area under the steps, in [0, 1].
    prevalence : float
        Precision of a score that knows nothing.
    """

    threshold: FloatArray
    recall: FloatArray
    precision: FloatArray
    average_precision: float
    prevalence: float


def precision_recall_curve(good_response: ArrayLike, score: ArrayLike) -> PrecisionRecallCurve:
    r"""Precision-recall points and average precision of a score.

    .. math:: AP = \sum_k (R_k - R_{k-1}) P_k

    over the distinct scores in decreasing order. Nothing is interpolated: the trapezoid under
    the same points is another, more flattering number.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score : array of float, shape (n_patients,)
        Higher means good response is likelier; any scale.

    Returns
    -------
    PrecisionRecallCurve
        There is no added point at recall 0, where precision is undefined.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or one class is absent.

    Examples
    --------
    >>> curve = precision_recall_curve([True, False, True, False], [0.9, 0.7, 0.4, 0.1])
    >>> curve.precision.tolist()[:2], round(curve.average_precision, 4)
    ([1.0, 0.5], 0.8333)
    """
    return precision_recall_of(rank(good_response, score))


def precision_recall_of(ranked: RankedScore) -> PrecisionRecallCurve:
    """Points of patients that are sorted already; see :func:`precision_recall_curve`."""
    found = np.cumsum(ranked.positives[::-1])
    precision = found / np.cumsum(ranked.count[::-1])
    recall = found / ranked.n_positive
    return PrecisionRecallCurve(
        threshold=ranked.distinct[::-1],
        recall=recall,
        precision=precision,
        average_precision=float(np.diff(recall, prepend=0.0) @ precision),
        prevalence=ranked.n_positive / ranked.n,
    )
