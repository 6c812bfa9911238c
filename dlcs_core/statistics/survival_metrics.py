"""How well a risk orders the times of death: Harrell's and Uno's concordance."""

import math
from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True, eq=False)
class UsablePairs:
    """Patients in the order of their times, and the pairs each is part of.

    Every concordance counts the same pairs and only weighs them differently, so that the work is
    done once. Made by :func:`usable_pairs`.

    Attributes
    ----------
    time_months : array of float64, shape (n_patients,)
        Increasing; deaths come before censorings at the same time.
    event : array of bool, shape (n_patients,)
        In that order.
    rank : array of int, shape (n_patients,)
        Of the risk among the distinct ones, in that order.
    """

    time_months: FloatArray
    event: BoolArray
    rank: IntArray

    @cached_property
    def as_death(self) -> _Pairs:
        """Pairs with those who lived longer; none for the censored."""
        n, queries = self.rank.size, self._by_rank[self.event[self._by_rank]]
        below = np.zeros(n, dtype=np.intp)
        rank, longer = self.rank[queries], self._longer[queries]
        lower = np.cumsum(np.bincount(self.rank)) - np.bincount(self.rank)
        below[queries] = lower[rank] - count_below(self.rank, longer, rank)
        return _Pairs(
            usable=np.where(self.event, n - self._longer, 0.0),
            right=below.astype(np.float64),
            tied=self._tied[0].astype(np.float64),
        )

    @cached_property
    def as_survivor(self) -> _Pairs:
        """Pairs with those who died earlier; the censored outlive deaths at their time."""
        deaths = np.concatenate([[0], np.cumsum(self.event)])
        start = np.searchsorted(self.time_months, self.time_months, side="left")
        end = np.searchsorted(self.time_months, self.time_months, side="right")
        earlier = np.where(self.event, deaths[start], deaths[end]).astype(np.intp)
        below = np.empty_like(earlier)
        order = self._by_rank
        below[order] = count_below(self.rank[self.event], earlier[order], self.rank[order])
        tied = self._tied[1]
        return _Pairs(
            usable=earlier.astype(np.float64),
            right=(earlier - below - tied).astype(np.float64),
            tied=tied.astype(np.float64),
        )

    @cached_property
    def _by_rank(self) -> IntArray:
        """Patients by increasing risk; counting in this order stays within the cache."""
        return np.argsort(self.rank, kind="stable").astype(np.intp)

    @cached_property
    def _longer(self) -> IntArray:
        """Position of the first patient who lived longer than a death at the same time."""
        start = np.searchsorted(self.time_months, self.time_months, side="left")
        end = np.searchsorted(self.time_months, self.time_months, side="right")
        deaths = np.concatenate([[0], np.cumsum(self.event)])
        return np.asarray(start + deaths[end] - deaths[start], dtype=np.intp)

    @cached_property
    def _tied(self) -> tuple[IntArray, IntArray]:
        """Pairs with the same risk, as the death and as the survivor."""
        n, order = self.rank.size, self._by_rank
        as_death, as_survivor = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp)
        rank, event, longer = self.rank[order], self.event[order], self._longer[order]
        place = np.arange(n)
        new_rank = np.diff(rank, prepend=-1) != 0
        together = new_rank | (np.diff(longer, prepend=-1) != 0)
        together |= np.diff(event.astype(np.int8), prepend=np.int8(2)) != 0
        first, own = _run_starts(new_rank, place), _run_starts(together, place)
        deaths = np.concatenate([[0], np.cumsum(event)])
        as_death[order] = np.where(event, _run_ends(new_rank) - _run_ends(together), 0)
        as_survivor[order] = deaths[np.where(event, own, place)] - deaths[first]
        return as_death, as_survivor


def _run_starts(new: BoolArray, place: IntArray) -> IntArray:
    """Where the run of each entry begins."""
    return np.asarray(np.maximum.accumulate(np.where(new, place, 0)))


def _run_ends(new: BoolArray) -> IntArray:
    """Where the next run after that of each entry begins."""
    starts = np.flatnonzero(new)
    return np.repeat(np.append(starts[1:], new.size), np.diff(starts, append=new.size))


def usable_pairs(time_months: ArrayLike, event_observed: ArrayLike, risk: ArrayLike) -> UsablePairs:
    """Prepare the pairs of patients for :func:`harrell_c_of` and :func:`uno_c_of`.

    Parameters
    ----------
    time_months, event_observed, risk
        As in :func:`harrell_c`.

    Returns
    -------
    UsablePairs
        Counted when they are asked for, in O(n log n).

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    """
    time, event = followed_up(time_months, event_observed)
    values = finite_vector(risk, "risk")
    same_size(time, values)
    order = np.lexsort((~event, time))
    rank = np.unique(values, return_inverse=True)[1].astype(np.intp)
    return UsablePairs(time[order], event[order], rank[order])


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
    return harrell_c_of(usable_pairs(time_months, event_observed, risk))


def harrell_c_of(pairs: UsablePairs) -> Concordance:
    """Harrell's C-index of pairs that are prepared already; see :func:`harrell_c`."""
    death, survivor = pairs.as_death, pairs.as_survivor
    usable, right = float(death.usable.sum()), float(death.right.sum())
    tied = float(death.tied.sum())
    if usable == 0.0:
        raise CohortError("statistic_no_usable_pair", n=pairs.event.size)
    c_index = (right + 0.5 * tied) / usable
    influence = (
        death.right + survivor.right
        + 0.5 * (death.tied + survivor.tied)
        - c_index * (death.usable + survivor.usable)
    ) / usable  # fmt: skip
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
    return uno_c_of(usable_pairs(time_months, event_observed, risk), horizon_months)


def uno_c_of(pairs: UsablePairs, horizon_months: float) -> float:
    """Uno's C-index of pairs that are prepared already; see :func:`uno_c`."""
    time, event, death = pairs.time_months, pairs.event, pairs.as_death
    weight = censoring_curve(time, event).death_weight(event) ** 2 * (time <= horizon_months)
    usable = float(weight @ death.usable)
    if usable == 0.0:
        raise CohortError("statistic_no_usable_pair", n=time.size)
    return float(weight @ (death.right + 0.5 * death.tied)) / usable
