"""Test of proportional hazards: whether a coefficient drifts over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import FloatArray, chi_square_p
from dlcs_core.statistics.cox_risk_sets import fit_risk_sets
from dlcs_core.statistics.kaplan_meier import kaplan_meier
from dlcs_core.statistics.risk_sets import RiskSets

GLOBAL = "GLOBAL"

TimeScale = Literal["km", "rank", "identity", "log"]


@dataclass(frozen=True)
class ProportionalHazardsRow:
    """Test of one variable, or of all together.

    Attributes
    ----------
    variable : str
        Name of the variable; ``"GLOBAL"`` for all.
    statistic : float
        Chi-square.
    df : int
        Columns of the variable.
    p : float
        Upper tail probability; small means that the effect changes over time.
    """

    variable: str
    statistic: float
    df: int
    p: float


def proportional_hazards_test(
    X: ArrayLike,
    time_months: ArrayLike,
    event_observed: ArrayLike,
    names: Sequence[str],
    columns_of: Mapping[str, Sequence[str]],
    *,
    time_scale: TimeScale = "km",
) -> tuple[ProportionalHazardsRow, ...]:
    """Score test of a product with time in a Cox regression with Efron ties.

    Equals R's ``cox.zph`` of survival 3 and later, by default with ``transform = "km"``: time is
    measured as 1 minus the Kaplan-Meier curve just before each death. (lifelines computes the older
    approximation, whose conclusions can be the opposite.)

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Design columns.
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    names : sequence of str
        One name per column.
    columns_of : mapping of str to sequence of str
        The columns of each variable, tested together.
    time_scale : {"km", "rank", "identity", "log"}
        How time is measured: on the curve, as the rank of the follow-up among all, as it is, or
        its logarithm.

    Returns
    -------
    tuple of ProportionalHazardsRow
        One per variable, in the order of ``columns_of``, then ``"GLOBAL"``.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If the Cox regression has no finite estimate.

    References
    ----------
    .. [1] Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted
       residuals. Biometrika 1994;81:515-526.
    """
    fitted = fit_risk_sets(X, time_months, event_observed, names)
    risk_sets, beta = fitted.risk_sets, fitted.coefficients
    drift = _elapsed(risk_sets, fitted.time_months, fitted.event_observed, time_scale)
    gradient, _ = risk_sets.derivatives(beta, drift)
    blocks = [risk_sets.derivatives(beta, drift**power)[1] for power in (0, 1, 2)]
    information = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    index = {name: i for i, name in enumerate(names)}
    rows = [
        _score_row(variable, [index[c] for c in members], gradient, information)
        for variable, members in columns_of.items()
    ]
    return (*rows, _score_row(GLOBAL, range(len(names)), gradient, information))


def _elapsed(
    risk_sets: RiskSets, time: FloatArray, event: ArrayLike, time_scale: TimeScale
) -> FloatArray:
    """Time of each death on a scale, centred over the deaths."""
    at_death = risk_sets.time[risk_sets.deaths]
    scaled = at_death
    if time_scale == "km":
        curve = kaplan_meier(time, event)
        before = np.searchsorted(curve.time_months, at_death, side="left")
        scaled = 1.0 - np.r_[1.0, curve.survival][before]
    elif time_scale == "rank":
        first = np.searchsorted(risk_sets.time, at_death, side="left")
        last = np.searchsorted(risk_sets.time, at_death, side="right")
        scaled = np.asarray(0.5 * (first + last), dtype=np.float64)
    elif time_scale == "log":
        scaled = np.log(at_death)
    return np.asarray(scaled - scaled.mean())


def _score_row(
    variable: str, members: Sequence[int], gradient: FloatArray, information: FloatArray
) -> ProportionalHazardsRow:
    """Score test of some columns' products with time, the coefficients free."""
    n = gradient.size
    tested = [n + i for i in members]
    kept = [*range(n), *tested]
    score = np.r_[np.zeros(n), gradient[list(members)]]
    statistic = float(score @ np.linalg.solve(information[np.ix_(kept, kept)], score))
    return ProportionalHazardsRow(
        variable, statistic, len(tested), chi_square_p(statistic, len(tested))
    )
