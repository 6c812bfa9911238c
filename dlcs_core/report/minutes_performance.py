"""How a board and the model did, once it is known what became of the patients.

Counts are small: everything is told with the number behind it, and nothing is tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dlcs_core.clinical.cohort import GOOD_RESPONSE_TRG
from dlcs_core.models.proportion import Proportion, proportion

MIDDLE = 0.5
"""Forecasts are called low below it and high from it on."""


@dataclass(frozen=True)
class JudgedCase:
    """One case with what was said of it and what became of it.

    Attributes
    ----------
    model : float or None
        The model's probability of good response; None where it abstained.
    board : float or None
        Share of the members' votes that said good; None where nobody took a side.
    trg : int or None
        Tumour regression grade; None while unknown.
    survival : tuple of (float, float or None)
        Month and the model's probability of being alive then.
    os_months, os_event : float or None, bool or None
        Survival or follow-up, and whether the patient died.
    """

    model: float | None
    board: float | None
    trg: int | None
    survival: tuple[tuple[float, float | None], ...] = ()
    os_months: float | None = None
    os_event: bool | None = None


@dataclass(frozen=True)
class Part:
    """Forecasts on one side of one half: how many, what was expected, what came.

    Attributes
    ----------
    n, n_good : int
        Cases, and good responders among them.
    expected : float
        Sum of the forecasts.
    observed : Proportion
        Share of good responders with its exact interval.
    """

    n: int
    n_good: int
    expected: float
    observed: Proportion


@dataclass(frozen=True)
class Forecasts:
    """How well one forecaster did.

    Attributes
    ----------
    brier : float
        Mean squared error, in [0, 1]; 0.25 is what one half for everybody gives.
    whole : Part
        All cases.
    low, high : Part or None
        Cases told less than one half, and the others; None where there is none.
    """

    brier: float
    whole: Part
    low: Part | None
    high: Part | None


@dataclass(frozen=True)
class AliveAt:
    """The model's survival against what came, at one month, among those whose status is known."""

    month: float
    n: int
    expected: float
    n_alive: int


@dataclass(frozen=True)
class BoardPerformance:
    """Board and model on the same cases.

    Attributes
    ----------
    n : int
        Cases with a known grade, a number of the model and a vote for one side.
    n_without : int
        Cases with a known grade that lack one of the two.
    model, board : Forecasts or None
        None without a case.
    alive : tuple of AliveAt
        Months at which somebody's status is known.
    """

    n: int
    n_without: int
    model: Forecasts | None
    board: Forecasts | None
    alive: tuple[AliveAt, ...]


def share_of_good(responses: Sequence[str]) -> float | None:
    """Return the board's forecast: the share that said good of those who took a side.

    Examples
    --------
    >>> share_of_good(["good", "poor", "unsure", "good"]), share_of_good(["unsure"])
    (0.6666666666666666, None)
    """
    sides = [response for response in responses if response in ("good", "poor")]
    return sides.count("good") / len(sides) if sides else None


def board_performance(cases: Sequence[JudgedCase]) -> BoardPerformance:
    """Compare board and model with what came, on the cases that both judged.

    Parameters
    ----------
    cases : sequence of JudgedCase
        Revealed cases, with or without an outcome.
    """
    known = [case for case in cases if case.trg is not None]
    model, board, good = [], [], []
    for case in known:
        if case.model is not None and case.board is not None:
            model.append(case.model)
            board.append(case.board)
            good.append(case.trg in GOOD_RESPONSE_TRG)
    return BoardPerformance(
        n=len(good),
        n_without=len(known) - len(good),
        model=_forecasts(model, good),
        board=_forecasts(board, good),
        alive=_alive(cases),
    )


def _forecasts(probabilities: Sequence[float], good: Sequence[bool]) -> Forecasts | None:
    """Judge forecasts; Brier's mean needs no second class, unlike its scaled form."""
    pairs = list(zip(probabilities, good, strict=True))
    whole = _part(pairs)
    if whole is None:
        return None
    return Forecasts(
        brier=sum((p - came) ** 2 for p, came in pairs) / len(pairs),
        whole=whole,
        low=_part([pair for pair in pairs if pair[0] < MIDDLE]),
        high=_part([pair for pair in pairs if pair[0] >= MIDDLE]),
    )


def _part(pairs: Sequence[tuple[float, bool]]) -> Part | None:
    n_good = sum(came for _, came in pairs)
    observed = proportion(n_good, len(pairs))
    if observed is None:
        return None
    return Part(len(pairs), n_good, sum(p for p, _ in pairs), observed)


def _alive(cases: Sequence[JudgedCase]) -> tuple[AliveAt, ...]:
    """Count who is known to be alive or dead at each month that the model tells."""
    told: dict[float, list[tuple[float, bool]]] = {}
    for case in cases:
        for month, probability in case.survival:
            status = _alive_at(case, month)
            if probability is not None and status is not None:
                told.setdefault(month, []).append((probability, status))
    return tuple(
        AliveAt(month, len(found), sum(p for p, _ in found), sum(alive for _, alive in found))
        for month, found in sorted(told.items())
    )


def _alive_at(case: JudgedCase, month: float) -> bool | None:
    """Tell whether a patient was alive at a month; None where the follow-up ends before."""
    if case.os_months is None:
        return None
    if case.os_months >= month:
        return True
    return False if case.os_event else None
