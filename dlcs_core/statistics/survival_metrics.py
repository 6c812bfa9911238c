"""How well a risk orders the times of death: Harrell's and Uno's concordance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.censoring import censoring_curve
from dlcs_core.statistics.checks import (
    NORMAL_QUANTILE_975,
    BoolArray,
    FloatArray,
    finite_vector,
    followed_up,
    same_size,
)
from dlcs_core.statistics.dominance import IntArray, count_below


@dataclass(frozen=True)
class Concordance:
    """Share of usable pairs in which the patient with the higher risk died first.

    Attributes
    ----------
    c_index : float
        In [0, 1]; 1 is perfect, 0.5 a coin.
    se : float
        Infinitesimal jackknife standard error.
    concordant, discordant, tied_risk : int
        Usable pairs; a tie in the risk counts half.
    """

    c_index: float
    se: float
    concordant: int
    discordant: int
    tied_risk: int

    @property
    def ci95(self) -> tuple[float, float]:
        """95 % Wald interval within [0, 1]."""
        half = NORMAL_QUANTILE_975 * self.se
        return max(self.c_index - half, 0.0), min(self.c_index + half, 1.0)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Per patient: usable pairs, those with the right order, and those tied in risk."""

    usable: FloatArray
    right: FloatArray
    tied: FloatArray


def harrell_c(time_months: ArrayLike, event_observed: ArrayLike, risk: ArrayLike) -> Concordance:
    """Harrell's C-index with its standard error, as R's ``concordance``.

    A pair is usable when the one with the shorter time died. Two deaths at the same time are no
    pair; a death and a censoring at the same time are one (the censored patient lived longer).

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    risk : array of float, shape (n_patients,)
        Higher means an earlier death is expected; any scale. Never flipped.

    Returns
    -------
    Concordance
        In O(n log n).

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing, sizes differ, or no pair is
        usable.

    References
    ----------
    .. [1] Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med
       1996;15:361-387.

    Examples
    --------
    >>> harrell_c([1, 2, 3], [1, 1, 0], [0.9, 0.5, 0.1]).c_index
    1.0
    """
    time, event = followed_up(time_months, event_observed)
    values = finite_vector(risk, "risk")
    same_size(time, values)
    pairs = _pairs(time, event, values)
    # Every pair is seen from both its patients.
    usable = 0.5 * float(pairs.usable.sum())
    if usable == 0.0:
        raise CohortError("statistic_no_usable_pair", n=time.size)
    right, tied = 0.5 * float(pairs.right.sum()), 0.5 * float(pairs.tied.sum())
    c_index = (right + 0.5 * tied) / usable
    influence = (pairs.right + 0.5 * pairs.tied - c_index * pairs.usable) / usable
    return Concordance(
        c_index=c_index,
        se=math.sqrt(float(influence @ influence)),
        concordant=round(right),
        discordant=round(usable - right - tied),
        tied_risk=round(tied),
    )


def uno_c(
    time_months: ArrayLike, event_observed: ArrayLike, risk: ArrayLike, horizon_months: float
) -> float:
    """Uno's C-index, truncated at a horizon.

    Each death up to the horizon weighs 1/G(T-)^2, so that the result does not depend on who
    happened to be censored.

    Parameters
    ----------
    time_months, event_observed, risk
        As in :func:`harrell_c`.
    horizon_months : float
        Deaths after it do not count.

    Returns
    -------
    float
        In [0, 1]; ties in the risk count half.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing, sizes differ, or no death up to
        the horizon has anybody who lived longer.

    References
    ----------
    .. [1] Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. On the C-statistics for evaluating
       overall adequacy of risk prediction procedures with censored survival data. Stat Med
       2011;30:1105-1117.

    Examples
    --------
    >>> uno_c([1, 2, 3], [1, 1, 0], [0.9, 0.5, 0.1], 3)
    1.0
    """
    time, event = followed_up(time_months, event_observed)
    values = finite_vector(risk, "risk")
    same_size(time, values)
    time, event, rank = _in_order(time, event, values)
    pairs = _as_death(time, event, rank)
    weight = np.where(
        event & (time <= horizon_months), censoring_curve(time, event).before(time) ** -2, 0.0
    )
    usable = float(weight @ pairs.usable)
    if usable == 0.0:
        raise CohortError("statistic_no_usable_pair", n=time.size)
    return float(weight @ (pairs.right + 0.5 * pairs.tied)) / usable


def _in_order(
    time: FloatArray, event: BoolArray, risk: FloatArray
) -> tuple[FloatArray, BoolArray, IntArray]:
    """Sort by time, deaths first: whoever lived longer comes later. Risks become ranks."""
    order = np.lexsort((~event, time))
    rank = np.unique(risk, return_inverse=True)[1].astype(np.intp)
    return time[order], event[order], rank[order]


def _pairs(time: FloatArray, event: BoolArray, risk: FloatArray) -> _Pairs:
    """Count each patient's pairs, as the earlier death and as the longer survivor."""
    time, event, rank = _in_order(time, event, risk)
    death, survivor = _as_death(time, event, rank), _as_survivor(time, event, rank)
    return _Pairs(
        usable=death.usable + survivor.usable,
        right=death.right + survivor.right,
        tied=death.tied + survivor.tied,
    )


def _as_death(time: FloatArray, event: BoolArray, rank: IntArray) -> _Pairs:
    """Count pairs with those who lived longer; none for the censored."""
    n = time.size
    longer = _first_longer(time, event)
    whole = np.full(n, n, dtype=np.intp)
    below = count_below(rank, whole, rank) - count_below(rank, longer, rank)
    up_to = count_below(rank, whole, rank + 1) - count_below(rank, longer, rank + 1)
    return _Pairs(
        usable=np.where(event, n - longer, 0.0),
        right=np.where(event, below, 0.0),
        tied=np.where(event, up_to - below, 0.0),
    )


def _first_longer(time: FloatArray, event: BoolArray) -> IntArray:
    """Position of the first patient who lived longer than a death at the same time."""
    start = np.searchsorted(time, time, side="left")
    deaths = np.concatenate([[0], np.cumsum(event)])
    end = np.searchsorted(time, time, side="right")
    return np.asarray(start + deaths[end] - deaths[start], dtype=np.intp)


def _as_survivor(time: FloatArray, event: BoolArray, rank: IntArray) -> _Pairs:
    """Count pairs with those who died earlier; the censored outlive deaths at their time."""
    deaths = np.concatenate([[0], np.cumsum(event)])
    start = np.searchsorted(time, time, side="left")
    end = np.searchsorted(time, time, side="right")
    earlier = np.where(event, deaths[start], deaths[end]).astype(np.intp)
    dead = rank[event]
    below = count_below(dead, earlier, rank)
    up_to = count_below(dead, earlier, rank + 1)
    return _Pairs(
        usable=earlier.astype(np.float64),
        right=(earlier - up_to).astype(np.float64),
        tied=(up_to - below).astype(np.float64),
    )
