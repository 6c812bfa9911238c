"""The training cohort's Kaplan-Meier curves of low and high risk, stored for display."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.models.serialization import FloatArray, array, fields_of, whole_number

_ARRAYS = ("time_months", "survival", "n_at_risk", "n_events", "n_censored")


@dataclass(frozen=True, eq=False)
class RiskGroupCurve:
    """One risk group's survival in training.

    Attributes
    ----------
    n, events : int
        Patients and deaths.
    time_months, survival, n_at_risk, n_events, n_censored : array of float64, shape (n_times,)
        As in :class:`dlcs_core.statistics.kaplan_meier.KaplanMeierCurve`.
    """

    n: int
    events: int
    time_months: FloatArray
    survival: FloatArray
    n_at_risk: FloatArray
    n_events: FloatArray
    n_censored: FloatArray

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        plain = asdict(self)
        return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in plain.items()}

    @classmethod
    def from_dict(cls, data: object) -> "RiskGroupCurve":
        """Read the JSON form; refuse missing and unknown keys and other lengths."""
        part = "risk_groups"
        fields = fields_of(data, ("n", "events", *_ARRAYS), part)
        time = array(fields["time_months"], (-1,), part, "time_months")
        return cls(
            n=whole_number(fields["n"], part, "n"),
            events=whole_number(fields["events"], part, "events"),
            **{name: array(fields[name], (time.size,), part, name) for name in _ARRAYS},
        )


def risk_group_curves(
    time_months: FloatArray, event_observed: FloatArray, high: NDArray[np.bool_]
) -> dict[str, RiskGroupCurve]:
    """Kaplan-Meier curves of the patients up to and above the risk cutoff.

    Parameters
    ----------
    time_months, event_observed : array of float64, shape (n_patients,)
        Follow-up and 0/1 death.
    high : array of bool, shape (n_patients,)
        True above the cutoff.

    Returns
    -------
    dict of str to RiskGroupCurve
        ``"low"`` and ``"high"``; a group without patients has an empty curve.
    """
    members = {"low": ~high, "high": high}
    return {k: _curve(time_months[rows], event_observed[rows]) for k, rows in members.items()}


def _curve(time: FloatArray, event: FloatArray) -> RiskGroupCurve:
    """Kaplan-Meier curve of one group."""
    from dlcs_core.statistics.kaplan_meier import kaplan_meier

    if not time.size:
        return RiskGroupCurve(0, 0, *[np.empty(0) for _ in _ARRAYS])
    curve = kaplan_meier(time, event)
    arrays = {name: getattr(curve, name) for name in _ARRAYS}
    return RiskGroupCurve(n=curve.n, events=curve.events, **arrays)
