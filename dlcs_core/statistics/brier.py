"""Brier score: mean squared error of predicted probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import outcome_and_risk


@dataclass(frozen=True)
class BrierScore:
    """Mean squared error of probabilities.

    Attributes
    ----------
    brier : float
        In [0, 1], lower is better.
    scaled : float
        1 - brier / (m (1 - m)) with the prevalence m: 1 is perfect, 0 is as good as telling
        everyone the prevalence, below 0 is worse.
    """

    brier: float
    scaled: float


def brier_score(good_response: ArrayLike, risk: ArrayLike) -> BrierScore:
    """Brier score and scaled Brier score.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in [0, 1].

    Returns
    -------
    BrierScore
        Both scores.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or outside [0, 1], or one class
        is absent.

    Examples
    --------
    >>> brier_score([True, False], [0.5, 0.5])
    BrierScore(brier=0.25, scaled=0.0)
    """
    outcome, values = outcome_and_risk(good_response, risk)
    brier = float(np.mean((values - outcome) ** 2))
    prevalence = float(outcome.mean())
    return BrierScore(brier, 1.0 - brier / (prevalence * (1.0 - prevalence)))
