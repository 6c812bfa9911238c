"""Receiver operating characteristic: sensitivity against specificity over every cutoff."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.ranking import RankedScore, rank


@dataclass(frozen=True, eq=False)
class RocCurve:
    """The ROC points of one score, one per distinct score and the origin.

    Attributes
    ----------
    threshold : array of float64, shape (n_points,)
        Observed scores in decreasing order after a first ``inf``; a patient is positive when
        ``score >= threshold``.
    sensitivity, specificity : array of float64, shape (n_points,)
        In [0, 1]; from (0, 1) to (1, 0).
    n_positive, n_negative : int
        Patients with and without the outcome.
    """

    threshold: FloatArray
    sensitivity: FloatArray
    specificity: FloatArray
    n_positive: int
    n_negative: int


@dataclass(frozen=True)
class YoudenPoint:
    """The cutoff with the largest sensitivity + specificity.

    Attributes
    ----------
    threshold : float
        An observed score, the highest where several are equally good.
    sensitivity, specificity : float
        In [0, 1].
    """

    threshold: float
    sensitivity: float
    specificity: float

    @property
    def youden_index(self) -> float:
        """Sensitivity + specificity - 1, in [0, 1]."""
        return self.sensitivity + self.specificity - 1.0


def roc_curve(good_response: ArrayLike, score: ArrayLike) -> RocCurve:
    """ROC points of a score.

    Each point answers: with this cutoff, what share of the good responders is found
    (sensitivity), and what share of the others is left alone (specificity)?

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score : array of float, shape (n_patients,)
        Higher means good response is likelier; any scale.

    Returns
    -------
    RocCurve
        No point is dropped, also where three lie on a line.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or one class is absent.

    See Also
    --------
    dlcs_core.statistics.delong.auc_estimate : the area under this curve.

    Examples
    --------
    >>> curve = roc_curve([True, False, True, False], [0.9, 0.7, 0.4, 0.1])
    >>> curve.sensitivity.tolist(), curve.specificity.tolist()
    ([0.0, 0.5, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0])
    """
    return roc_of(rank(good_response, score))


def roc_of(ranked: RankedScore) -> RocCurve:
    """ROC points of patients that are sorted already; see :func:`roc_curve`."""
    true_positive = np.concatenate([[0], np.cumsum(ranked.positives[::-1])])
    false_positive = np.concatenate([[0], np.cumsum(ranked.negatives[::-1])])
    return RocCurve(
        threshold=np.concatenate([[np.inf], ranked.distinct[::-1]]),
        sensitivity=true_positive / ranked.n_positive,
        specificity=(ranked.n_negative - false_positive) / ranked.n_negative,
        n_positive=ranked.n_positive,
        n_negative=ranked.n_negative,
    )


def youden_point(curve: RocCurve) -> YoudenPoint:
    """Cutoff that maximises sensitivity + specificity; the highest on a tie.

    Chosen and judged on the same patients it is optimistic; fix it in training.

    Parameters
    ----------
    curve : RocCurve
        From :func:`roc_curve`.

    Returns
    -------
    YoudenPoint
        With an observed score as threshold (pROC reports midpoints with the same counts).

    Examples
    --------
    >>> youden_point(roc_curve([True, False, True, False], [0.9, 0.7, 0.4, 0.1])).threshold
    0.9
    """
    # Counts instead of rates: ties between cutoffs are then exact.
    found = np.rint(curve.sensitivity * curve.n_positive) * curve.n_negative
    spared = np.rint(curve.specificity * curve.n_negative) * curve.n_positive
    best = 1 + int(np.argmax((found + spared)[1:]))
    return YoudenPoint(
        threshold=float(curve.threshold[best]),
        sensitivity=float(curve.sensitivity[best]),
        specificity=float(curve.specificity[best]),
    )
