"""Hard and soft limits of one number: refuse it, warn about it or let it pass."""

import math

from dlcs_core.clinical.variables import Limits, Variable
from dlcs_core.errors import ClinicalError, Notice

REFUSAL_BY_SLIP = {
    None: "value_outside_limits",
    "unit_slip": "value_outside_limits_unit_slip",
    "birth_year": "value_outside_limits_birth_year",
    "height_cm": "value_outside_limits_height_cm",
    "neutrophil_percent": "value_outside_limits_neutrophil_percent",
    "procalcitonin": "value_outside_limits_procalcitonin",
}
"""Code of the refusal by the unit slip that explains the value."""

WARNING_BY_SLIP = {
    None: "value_unusual",
    "unit_slip": "value_unusual_unit_slip",
    "neutrophil_percent": "value_unusual_neutrophil_percent",
    "procalcitonin": "value_unusual_procalcitonin",
}
"""Code of the warning by the unit slip that explains the value."""


def check_number(variable: Variable, value: float) -> Notice | None:
    """Hold a number against the limits of its variable.

    Parameters
    ----------
    variable : Variable
        A continuous variable.
    value : float
        In the variable's unit.

    Returns
    -------
    Notice or None
        A warning when the value lies outside the soft limits, with the likely unit slip.

    Raises
    ------
    ClinicalError
        If the value is not finite, lies outside the hard limits, or has a fraction where only
        whole numbers make sense.
    """
    if not math.isfinite(value):
        raise ClinicalError("value_not_finite", variable=variable.name)
    if not is_within(value, variable.hard_limits):
        raise _refusal(variable, value)
    if variable.whole and value != int(value):
        raise ClinicalError("value_not_whole", variable=variable.name, value=f"{value:g}")
    return None if is_within(value, variable.soft_limits) else _warning(variable, value)


def is_within(value: float, limits: Limits | None) -> bool:
    """Return whether a value lies inside inclusive limits; no limits hold everything."""
    return limits is None or limits[0] <= value <= limits[1]


def _refusal(variable: Variable, value: float) -> ClinicalError:
    trap = variable.trap_of(value)
    code = REFUSAL_BY_SLIP[trap.code if trap else None]
    return ClinicalError(code, **_sentence_values(variable, value, variable.hard_limits))


def _warning(variable: Variable, value: float) -> Notice:
    trap = variable.trap_of(value)
    code = WARNING_BY_SLIP.get(trap.code if trap else None, WARNING_BY_SLIP[None])
    return Notice(code, _sentence_values(variable, value, variable.soft_limits))


def _sentence_values(variable: Variable, value: float, limits: Limits | None) -> dict[str, str]:
    """Return everything that a sentence about one value can name."""
    low, high = limits or (-math.inf, math.inf)
    trap = variable.trap_of(value)
    named = {"variable": variable.name, "value": f"{value:g}", "unit": variable.unit}
    named |= {"low": f"{low:g}", "high": f"{high:g}"}
    if trap and trap.factor is not None:
        named |= {"entered_unit": trap.unit, "converted": f"{value * trap.factor:.3g}"}
    return named
