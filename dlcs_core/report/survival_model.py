"""A risk against the follow-up: how well it orders the deaths."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.survival_calibration import SurvivalSlope, survival_calibration_slope
from dlcs_core.statistics.survival_metrics import (
    Concordance,
    harrell_c_of,
    uno_c_of,
    usable_pairs,
)
from dlcs_core.statistics.time_dependent_auc import TimeDependentAuc, time_dependent_auc

Result = TypeVar("Result")

MONTHLY = tuple(float(month) for month in range(1, 36))
"""Grid of the monthly integrals: every month up to the paper's last horizon."""


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Follow-up of every row of a table.

    Attributes
    ----------
    time, event : array of float64, shape (n_rows,)
        Months, and 1 for a death; NaN where unknown.
    """

    time: FloatArray
    event: FloatArray

    @property
    def is_known(self) -> BoolArray:
        """Rows with both."""
        return np.asarray(~(np.isnan(self.time) | np.isnan(self.event)))

    @property
    def known(self) -> tuple[FloatArray, FloatArray]:
        """Time and event of the patients with both."""
        return self.part(self.is_known)

    @property
    def n(self) -> int:
        """Patients with both."""
        return int(self.is_known.sum())

    @property
    def events(self) -> int:
        """Deaths among them."""
        return int(self.known[1].sum())

    def part(self, rows: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Return time and event of some rows."""
        return self.time[rows], self.event[rows]


@dataclass(frozen=True, eq=False)
class Ranking:
    """How well a risk orders the deaths.

    Attributes
    ----------
    n, events : int
        Patients with follow-up and risk, and deaths among them.
    concordance : Concordance or None
        Harrell's; None where no pair can be compared.
    uno_c : float or None
        Truncated at the last horizon.
    auc : TimeDependentAuc
        At the horizons.
    integrated_monthly : float or None
        Over months 1 to 35.
    slope : SurvivalSlope or None
        Coefficient of the risk, 1 where it is a log hazard ratio that holds; None where it has no
        finite estimate.
    """

    n: int
    events: int
    concordance: Concordance | None
    uno_c: float | None
    auc: TimeDependentAuc
    integrated_monthly: float | None
    slope: SurvivalSlope | None


def attempted(statistic: Callable[[], Result], notices: list[Notice]) -> Result | None:
    """Return a statistic; where it is impossible None, and the refusal becomes a warning."""
    try:
        return statistic()
    except (CohortError, ModelError) as error:
        notices.append(Notice(error.code, error.values))
        return None


def ranking(
    followed: FollowUp,
    risk: FloatArray,
    name: str,
    horizons_months: Sequence[float],
    notices: list[Notice],
) -> Ranking | None:
    """Hold a risk against the follow-up.

    Parameters
    ----------
    followed : FollowUp
        Of every row.
    risk : array of float64, shape (n_rows,)
        NaN where missing.
    name : str
        The column, for warnings.
    horizons_months : sequence of float
        Increasing.
    notices : list of Notice
        Takes the warnings.

    Returns
    -------
    Ranking or None
        None where nobody with a risk has follow-up, or nobody of them died.
    """
    known = followed.is_known & ~np.isnan(risk)
    if left_out := followed.n - int(known.sum()):
        values = {"column": displayable(name), "count": left_out}
        notices.append(Notice("survival_rows_without_risk", values))
    time, event = followed.part(known)
    if not event.any():
        return None
    values_of = risk[known]
    if np.ptp(values_of) == 0.0:
        notices.append(Notice("survival_risk_constant", {"column": displayable(name)}))
    pairs = usable_pairs(time, event, values_of)
    concordance = attempted(lambda: harrell_c_of(pairs), notices)
    _warn_of_reversal(concordance, name, notices)
    last = horizons_months[-1]
    auc = time_dependent_auc(time, event, values_of, horizons_months)
    warn_of_gaps("survival_auc_missing", auc.horizon_months, auc.auc, notices)
    return Ranking(
        n=int(known.sum()),
        events=int(event.sum()),
        concordance=concordance,
        uno_c=attempted(lambda: uno_c_of(pairs, last), notices),
        auc=auc,
        integrated_monthly=_monthly_auc(time, event, values_of, notices),
        slope=_slope(time, event, values_of),
    )


def _monthly_auc(
    time: FloatArray, event: FloatArray, risk: FloatArray, notices: list[Notice]
) -> float | None:
    """Return the integral over months 1 to 35; None with a warning beyond the follow-up."""
    found = time_dependent_auc(time, event, risk, MONTHLY, standard_errors=False)
    if found.integrated is None:
        values = {"last": f"{time.max():.1f}", "months": f"{MONTHLY[-1]:g}"}
        notices.append(Notice("survival_monthly_auc_missing", values))
    return found.integrated


def _slope(time: FloatArray, event: FloatArray, risk: FloatArray) -> SurvivalSlope | None:
    """Return the slope; a constant or separating risk is told of already."""
    try:
        return survival_calibration_slope(time, event, risk)
    except ModelError:
        return None


def _warn_of_reversal(found: Concordance | None, name: str, notices: list[Notice]) -> None:
    """Warn where a higher risk goes with a later death beyond chance; nothing is flipped."""
    if found is not None and found.ci95[1] < 0.5:
        values = {"column": displayable(name), "c": f"{found.c_index:.3f}"}
        notices.append(Notice("survival_risk_reversed", values))


def warn_of_gaps(code: str, months: FloatArray, values: FloatArray, notices: list[Notice]) -> None:
    """Warn of the horizons at which a statistic does not exist."""
    gaps = months[np.isnan(values)]
    if gaps.size:
        notices.append(Notice(code, {"months": ", ".join(f"{t:g}" for t in gaps)}))
