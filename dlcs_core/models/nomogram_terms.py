"""One variable of a nomogram: what it adds to the linear predictor, and its axis."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dlcs_core.models.design import is_missing, logit_of

Scale = Literal["identity", "logit"]

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
        if is_missing(value) or isinstance(value, str) or value is None:
            return False
        return self.ticks[0] <= float(value) <= self.ticks[-1]

    def _of_number(self, value: float) -> float:
        scaled = logit_of(value) if self.scale == "logit" else value
        return self.coefficient * scaled


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
