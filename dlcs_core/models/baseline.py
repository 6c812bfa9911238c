"""The stored baseline hazard of the survival model, with what its interval needs."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError
from dlcs_core.models.serialization import FloatArray, array, fields_of, number

if TYPE_CHECKING:
    from dlcs_core.statistics.risk_sets import BaselineHazard

NORMAL_QUANTILE_975 = 1.959963984540054

_FIELDS = (
    "time_months",
    "cumulative_hazard",
    "variance",
    "weighted_mean",
    "last_time_months",
)


@dataclass(frozen=True, eq=False)
class Baseline:
    """Efron's cumulative baseline hazard of a patient at the training means.

    Attributes
    ----------
    time_months : array of float64, shape (n_times,)
        Distinct times of death, increasing.
    cumulative_hazard, variance : array of float64, shape (n_times,)
        Step function and its variance with known coefficients.
    weighted_mean : array of float64, shape (n_times, n_columns)
        Carries the uncertainty of the coefficients; see
        :class:`dlcs_core.statistics.risk_sets.BaselineHazard`.
    last_time_months : float
        Longest training follow-up; nothing is said beyond it.
    """

    time_months: FloatArray
    cumulative_hazard: FloatArray
    variance: FloatArray
    weighted_mean: FloatArray
    last_time_months: float

    @classmethod
    def of(cls, fitted: "BaselineHazard", kept: NDArray[np.intp], size: int) -> "Baseline":
        """Take over a fit's baseline, with zeros for the columns that were left out of it."""
        weighted = np.zeros((fitted.time_months.size, size))
        weighted[:, kept] = fitted.weighted_mean
        return cls(
            fitted.time_months,
            fitted.cumulative_hazard,
            fitted.variance,
            weighted,
            fitted.last_time_months,
        )

    def hazard(self, time_months: float) -> float:
        """Cumulative hazard at a time; NaN beyond the training follow-up."""
        if not 0.0 <= time_months <= self.last_time_months:
            return math.nan
        step = int(np.searchsorted(self.time_months, time_months, side="right")) - 1
        return float(self.cumulative_hazard[step]) if step >= 0 else 0.0

    def survival(
        self, time_months: float, centered: FloatArray, log_ratio: float, covariance: FloatArray
    ) -> tuple[float | None, float | None, float | None]:
        r"""Survival of one patient at a time, with 95 % log-log limits.

        The variance of the patient's cumulative hazard is
        :math:`e^{2\eta} (V(t) + q^T C q)` with :math:`q = W(t) - H(t) x`, where H, V and W are
        the baseline's hazard, variance and weighted mean, C the covariance of the coefficients.

        Parameters
        ----------
        time_months : float
            Not negative.
        centered : array of float64, shape (n_columns,)
            The patient's columns minus the training means.
        log_ratio : float
            The patient's linear predictor.
        covariance : array of float64, shape (n_columns, n_columns)
            Of the coefficients.

        Returns
        -------
        tuple of float or None
            Survival, lower and upper limit. All None beyond the follow-up; before the first
            death survival is 1 and the limits are None.
        """
        if not 0.0 <= time_months <= self.last_time_months:
            return None, None, None
        step = int(np.searchsorted(self.time_months, time_months, side="right")) - 1
        if step < 0:
            return 1.0, None, None
        ratio = math.exp(log_ratio)
        hazard = ratio * float(self.cumulative_hazard[step])
        q = self.weighted_mean[step] - self.cumulative_hazard[step] * centered
        se = ratio * math.sqrt(float(self.variance[step]) + float(q @ covariance @ q))
        survival = math.exp(-hazard)
        if not 0.0 < survival < 1.0:
            return survival, None, None
        spread = math.exp(NORMAL_QUANTILE_975 * se / hazard)
        return survival, math.exp(-hazard * spread), math.exp(-hazard / spread)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "time_months": self.time_months.tolist(),
            "cumulative_hazard": self.cumulative_hazard.tolist(),
            "variance": self.variance.tolist(),
            "weighted_mean": self.weighted_mean.tolist(),
            "last_time_months": self.last_time_months,
        }

    @classmethod
    def from_dict(cls, data: object, n_columns: int) -> "Baseline":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, shapes differ, or times or hazards do not increase.
        """
        part = "baseline"
        fields = fields_of(data, _FIELDS, part)
        time = array(fields["time_months"], (-1,), part, "time_months")
        n = time.size
        hazard = array(fields["cumulative_hazard"], (n,), part, "cumulative_hazard")
        variance = array(fields["variance"], (n,), part, "variance")
        steps = (("time_months", time), ("cumulative_hazard", hazard), ("variance", variance))
        for name, values in steps:
            if n == 0 or values[0] < 0.0 or (np.diff(values) < 0.0).any():
                raise ModelError("model_part_malformed", part=part, field=name)
        return cls(
            time,
            hazard,
            variance,
            array(fields["weighted_mean"], (n, n_columns), part, "weighted_mean"),
            number(fields["last_time_months"], part, "last_time_months"),
        )
