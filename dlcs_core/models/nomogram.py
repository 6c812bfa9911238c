"""Nomogram: a model's linear predictor redrawn as points, by the rules of R's ``rms``.

A nomogram adds no information. The variable whose contribution ranges furthest over its axis
gets 100 points; every other one gets points in the same unit, counted from the smallest
contribution on its axis. The sum of the points gives back the model's linear predictor exactly.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dlcs_core.errors import ModelError
from dlcs_core.models.design import Values, is_missing, logit_of
from dlcs_core.models.survival import DL_SIGNATURE

Scale = Literal["identity", "logit"]

MOST_POINTS = 100.0
"""Points of the variable that matters most."""

_STEPS = (1.0, 2.0, 5.0, 10.0)
_FEWEST_INTERVALS = 4


@dataclass(frozen=True)
class NomogramTerm:
    """What one variable adds to the linear predictor, and the axis to draw it on.

    Attributes
    ----------
    variable : str
        Name of the variable, or ``"dl_signature"``.
    levels : mapping of str to float
        Contribution of each level of a categorical variable; empty when continuous.
    coefficient : float
        Contribution per unit of a continuous variable; 0 when categorical.
    ticks : tuple of float
        Axis values of a continuous variable, increasing; ``()`` when categorical.
    scale : {"identity", "logit"}
        What the coefficient multiplies: the value or its log odds.
    """

    variable: str
    levels: Mapping[str, float]
    coefficient: float = 0.0
    ticks: tuple[float, ...] = ()
    scale: Scale = "identity"

    @property
    def contributions(self) -> tuple[float, ...]:
        """Contribution at every tick or level."""
        if self.levels:
            return tuple(self.levels.values())
        return tuple(self._of_number(tick) for tick in self.ticks)

    def contribution(self, value: float | str | None) -> float | None:
        """Contribution of a value; None where it is missing or a level unseen in training."""
        if self.levels:
            return self.levels.get(str(value)) if not is_missing(value) else None
        if is_missing(value) or isinstance(value, str) or value is None:
            return None
        return self._of_number(float(value))

    def on_axis(self, value: float | str | None) -> bool:
        """Whether a value lies within the axis as drawn."""
        if self.levels:
            return str(value) in self.levels
        is_number = isinstance(value, int | float)
        return is_number and self.ticks[0] <= float(value or 0.0) <= self.ticks[-1]

    def _of_number(self, value: float) -> float:
        scaled = logit_of(value) if self.scale == "logit" else value
        return self.coefficient * scaled


@dataclass(frozen=True)
class NomogramAxis:
    """One variable's line.

    Attributes
    ----------
    variable : str
        Name of the variable, or ``"dl_signature"``.
    labels : tuple of str or float
        Levels or tick values.
    points : tuple of float
        Points at each label, 0 at the smallest.
    """

    variable: str
    labels: tuple[str | float, ...]
    points: tuple[float, ...]


@dataclass(frozen=True)
class OutcomeAxis:
    """The line that turns total points into a probability.

    Attributes
    ----------
    horizon_months : float or None
        Time at which survival is read; None for the probability of good response.
    probabilities, total_points : tuple of float
        Marked probabilities and where they stand on the line of total points.
    """

    horizon_months: float | None
    probabilities: tuple[float, ...]
    total_points: tuple[float, ...]


@dataclass(frozen=True)
class VariablePoints:
    """Points of one variable of one patient.

    Attributes
    ----------
    variable : str
        Name of the variable, or ``"dl_signature"``.
    value : float or str
        The patient's value.
    points : float
        Below 0 or beyond the axis where the value is.
    on_axis : bool
        False where the value lies outside the axis as drawn.
    """

    variable: str
    value: float | str
    points: float
    on_axis: bool


@dataclass(frozen=True)
class NomogramReading:
    """One patient on the nomogram.

    Attributes
    ----------
    variables : tuple of VariablePoints
        In the order of the axes.
    total_points : float
        Their sum.
    linear_predictor : float
        That of the model, from the total.
    """

    variables: tuple[VariablePoints, ...]
    total_points: float
    linear_predictor: float


@dataclass(frozen=True)
class Nomogram:
    """Axes of a model, and points of its patients.

    Attributes
    ----------
    terms : tuple of NomogramTerm
        One per variable, the DL signature first.
    lowest : float
        Linear predictor at 0 total points: every variable at its smallest contribution.
    points_per_unit : float
        Points per unit of the linear predictor.
    outcome : tuple of OutcomeAxis
        Response: one line; survival: one per horizon.
    """

    terms: tuple[NomogramTerm, ...]
    lowest: float
    points_per_unit: float
    outcome: tuple[OutcomeAxis, ...]

    @property
    def axes(self) -> tuple[NomogramAxis, ...]:
        """Lines to draw, one per variable."""
        return tuple(
            NomogramAxis(
                term.variable,
                tuple(term.levels) or term.ticks,
                tuple(self._points(term, c) for c in term.contributions),
            )
            for term in self.terms
        )

    @property
    def most_total_points(self) -> float:
        """Sum of the largest points of all axes."""
        return sum(max(axis.points) for axis in self.axes)

    def points(self, values: Values, dl_signature: float | None = None) -> NomogramReading | None:
        """Points of one patient.

        Parameters
        ----------
        values : mapping of str to float, str or None
            Clinical values by variable name.
        dl_signature : float or None
            Recalibrated probability from the image, in [0, 1].

        Returns
        -------
        NomogramReading or None
            None where a needed value is missing or a level was never seen in training. A value
            off the axis keeps its exact points and is flagged.
        """
        given = {**values, DL_SIGNATURE: dl_signature}
        read: list[VariablePoints] = []
        for term in self.terms:
            value = given.get(term.variable)
            contribution = term.contribution(value)
            if contribution is None or value is None:
                return None
            points = self._points(term, contribution)
            read.append(VariablePoints(term.variable, value, points, term.on_axis(value)))
        total = sum(entry.points for entry in read)
        return NomogramReading(tuple(read), total, self.linear_predictor(total))

    def linear_predictor(self, total_points: float) -> float:
        """Linear predictor of a total."""
        return self.lowest + total_points / self.points_per_unit

    def total_points_of(self, linear_predictor: float) -> float:
        """Total of a linear predictor."""
        return (linear_predictor - self.lowest) * self.points_per_unit

    def _points(self, term: NomogramTerm, contribution: float) -> float:
        return (contribution - min(term.contributions)) * self.points_per_unit


def make_nomogram(terms: Sequence[NomogramTerm], constant: float) -> Nomogram:
    """Scale the points of some terms; without outcome axes.

    Parameters
    ----------
    terms : sequence of NomogramTerm
        At least one, whose contributions are not all the same.
    constant : float
        What the linear predictor holds besides the terms: the intercept, or minus the
        contribution of the means where it is centred.

    Returns
    -------
    Nomogram
        The term with the widest range has 100 points.

    Raises
    ------
    ModelError
        If no term contributes anything.
    """
    widest = max((max(t.contributions) - min(t.contributions) for t in terms), default=0.0)
    if widest == 0.0:
        raise ModelError("model_nomogram_flat")
    lowest = constant + sum(min(term.contributions) for term in terms)
    return Nomogram(tuple(terms), lowest, MOST_POINTS / widest, ())


def ticks_over(low: float, high: float) -> tuple[float, ...]:
    """Round values from at or below ``low`` to at or above ``high``.

    Parameters
    ----------
    low, high : float
        Range to cover, low < high.

    Returns
    -------
    tuple of float
        Steps of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> ticks_over(0.1, 12)
    (0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
    """
    power = 10.0 ** math.floor(math.log10((high - low) / _FEWEST_INTERVALS))
    step = power * max(s for s in _STEPS if s * power <= (high - low) / _FEWEST_INTERVALS)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    return tuple(round(i * step, 10) for i in range(first, last + 1))
