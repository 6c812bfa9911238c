"""How a score does in parts of a cohort, and whether the parts differ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.checks import FloatArray, chi_square_p, outcome_and_score, same_size
from dlcs_core.statistics.delong import AucEstimate, auc_of
from dlcs_core.statistics.logistic_regression import fit_logistic
from dlcs_core.statistics.ranking import rank

GroupCodes = NDArray[np.intp]


@dataclass(frozen=True)
class SubgroupAuc:
    """A score in one part of the cohort.

    Attributes
    ----------
    n, events : int
        Patients, and good responders among them.
    auc : AucEstimate or None
        None where the part has one class only.
    """

    n: int
    events: int
    auc: AucEstimate | None


@dataclass(frozen=True)
class InteractionTest:
    """Whether the odds rise with the score alike in all parts.

    Attributes
    ----------
    statistic : float
        Likelihood-ratio chi-square of the products of score and group.
    df : int
        Groups - 1.
    p : float
        Upper tail probability.
    """

    statistic: float
    df: int
    p: float


def subgroup_aucs(
    good_response: ArrayLike, score: ArrayLike, group: GroupCodes, n_groups: int
) -> tuple[SubgroupAuc, ...]:
    """Area under the ROC curve in each part of a cohort.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score : array of float, shape (n_patients,)
        Any scale.
    group : array of int, shape (n_patients,)
        Part of each patient, 0 to ``n_groups - 1``; negative where unknown.
    n_groups : int
        Number of parts.

    Returns
    -------
    tuple of SubgroupAuc
        One per part, in order; parts without patients have n = 0.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or one class is absent.
    """
    outcome, values = outcome_and_score(good_response, score)
    same_size(outcome, group)
    found = []
    for code in range(n_groups):
        rows = group == code
        n, events = int(rows.sum()), int(outcome[rows].sum())
        estimable = 0 < events < n
        auc = auc_of(rank(outcome[rows], values[rows])) if estimable else None
        found.append(SubgroupAuc(n, events, auc))
    return tuple(found)


def interaction_test(
    good_response: ArrayLike, score: ArrayLike, group: GroupCodes
) -> InteractionTest | None:
    """Test whether a score says the same in every part of a cohort.

    Compares the logistic models ``outcome ~ score * group`` and ``outcome ~ score + group`` by
    their likelihood ratio. A probability enters as its log odds, any other score as it is.

    Parameters
    ----------
    good_response, score, group
        As in :func:`subgroup_aucs`; patients of unknown part are left out.

    Returns
    -------
    InteractionTest or None
        None where it cannot be estimated: fewer than two parts, or parts in which the score
        separates the classes or there is one class only.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ or a value is missing.

    Notes
    -----
    Areas are not compared: they also differ where patients of one part are merely more alike.
    """
    outcome, values = outcome_and_score(good_response, score)
    same_size(outcome, group)
    known = group >= 0
    parts = np.unique(group[known])
    if parts.size < 2:
        return None
    x = _log_odds_or_score(values[known])
    dummies = [(group[known] == part).astype(np.float64) for part in parts[1:]]
    without = np.column_stack([x, *dummies])
    products = np.column_stack([without, *(dummy * x for dummy in dummies)])
    try:
        difference = _log_likelihood(products, outcome[known]) - _log_likelihood(
            without, outcome[known]
        )
    except (ModelError, CohortError):
        return None
    statistic, df = max(2.0 * difference, 0.0), int(parts.size - 1)
    return InteractionTest(statistic, df, chi_square_p(statistic, df))


def _log_odds_or_score(values: FloatArray) -> FloatArray:
    if (values > 0.0).all() and (values < 1.0).all():
        return np.asarray(np.log(values / (1.0 - values)))
    # The test does not depend on the unit, but squares of huge scores overflow.
    return values / max(float(np.abs(values).max()), np.finfo(np.float64).tiny)


def _log_likelihood(columns: FloatArray, outcome: NDArray[np.bool_]) -> float:
    names = [f"column_{index}" for index in range(columns.shape[1])]
    return fit_logistic(columns, outcome, names).log_likelihood
