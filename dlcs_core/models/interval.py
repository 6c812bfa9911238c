r"""Interval of a probability for one patient, made on the logit scale and measured against truth.

The probability served is an estimate of the patient's true probability, the one that a perfect
reader of the same image and form would give. On the logit scale

.. math:: L \approx shift + slope \cdot \eta + e, \qquad
   var(e) = \tau^2 + \kappa V(\eta)

with :math:`\eta` the served log odds and V their own variance: that of the fusion's coefficients
and that between the folds' networks. V alone is far too small, because the networks share their
training patients and their blind spots; :math:`\tau^2` is what all of them miss together. Both
can only be found where the true probabilities are known, which is on synthetic patients. The
half width is the 0.95 quantile of the standardised errors of such patients (split conformal), so
that tails need no normal law.

Without measured coverage between 90 % and 98 % there is no interval.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import ModelError
from dlcs_core.models.design import logit_of, probability_of
from dlcs_core.models.proportion import Proportion, proportion
from dlcs_core.models.serialization import FloatArray, fields_of, number, text

INTERVAL_SCORES = ("dl_signature", "dlcs")
"""Probabilities that can have an interval."""

LEVEL = 0.95
COVERAGE_BAND = (0.90, 0.98)
"""Measured coverage outside gives no interval."""

FEWEST_TRUTHS = 100
"""Fewer known truths cannot tell 90 from 95 %."""

PARTS = 5
"""Coverage is counted on parts of the patients to which the interval was not fitted."""

METHOD = (
    "logit scale: variance of the fusion's coefficients and between folds, inflated, plus the "
    "residual variance about known true probabilities; split-conformal width"
)

LARGEST_LOGIT = 13.8
"""Tables of truths are rounded to 1e-6; beyond nothing can be told from 0 or 1."""

_NUMBERS = ("shift", "slope", "residual_variance", "inflation", "quantile")


@dataclass(frozen=True)
class ScoreInterval:
    """Interval of one probability.

    Attributes
    ----------
    shift, slope : float
        Centre of the true log odds, given the served ones.
    residual_variance, inflation : float
        Not negative; see the module.
    quantile : float
        Half width in standard deviations.
    coverage : Proportion
        Measured on patients that it was not fitted to.
    """

    shift: float
    slope: float
    residual_variance: float
    inflation: float
    quantile: float
    coverage: Proportion | None = None

    def limits(self, log_odds: float, variance: float) -> tuple[float, float]:
        """Return the limits of one patient's probability; they enclose the probability itself.

        Parameters
        ----------
        log_odds : float
            Of the served probability.
        variance : float
            Of these log odds, from coefficients and folds.
        """
        centre, half = (float(found) for found in self.centre_and_half(log_odds, variance))
        served = probability_of(log_odds)
        return (
            min(probability_of(centre - half), served),
            max(probability_of(centre + half), served),
        )

    def centre_and_half(
        self, log_odds: ArrayLike, variance: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Centre and half width on the logit scale."""
        eta, own = np.asarray(log_odds, np.float64), np.asarray(variance, np.float64)
        half = self.quantile * np.sqrt(self.residual_variance + self.inflation * own)
        return np.asarray(self.shift + self.slope * eta), np.asarray(half)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            **{name: getattr(self, name) for name in _NUMBERS},
            "coverage": self.coverage and self.coverage.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: object) -> "ScoreInterval":
        """Read the JSON form; refuse an interval whose coverage is not in the band."""
        part = "interval"
        fields = fields_of(data, (*_NUMBERS, "coverage"), part)
        found = {name: number(fields[name], part, name) for name in _NUMBERS}
        if min(found["residual_variance"], found["inflation"], found["quantile"]) < 0.0:
            raise ModelError("model_part_malformed", part=part, field="residual_variance")
        coverage = Proportion.from_dict(fields["coverage"])
        if not is_honest(coverage):
            raise ModelError("model_part_malformed", part=part, field="coverage")
        return cls(**found, coverage=coverage)


def is_honest(coverage: Proportion | None) -> bool:
    """Return whether a measured coverage allows the interval to be shown."""
    low, high = COVERAGE_BAND
    return coverage is not None and low <= coverage.estimate <= high


@dataclass(frozen=True)
class IntervalModel:
    """Intervals of a bundle's probabilities.

    Attributes
    ----------
    method : str
        How they are made.
    measured_on : str
        The patients whose true probabilities were known.
    scores : mapping of str to ScoreInterval
        Only those whose coverage was good enough.
    """

    method: str
    measured_on: str
    scores: Mapping[str, ScoreInterval]

    @property
    def lowest_coverage(self) -> float | None:
        """Smallest measured coverage of the intervals that are shown; None without any."""
        found = [s.coverage.estimate for s in self.scores.values() if s.coverage is not None]
        return min(found, default=None)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "method": self.method,
            "measured_on": self.measured_on,
            "scores": {name: score.to_dict() for name, score in self.scores.items()},
        }

    @classmethod
    def from_dict(cls, data: object) -> "IntervalModel":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, or a coverage outside the band.
        """
        part = "interval"
        fields = fields_of(data, ("method", "measured_on", "scores"), part)
        raw = fields["scores"]
        names = [n for n in INTERVAL_SCORES if isinstance(raw, Mapping) and n in raw]
        scores = fields_of(raw, names, part)
        return cls(
            text(fields["method"], part, "method"),
            text(fields["measured_on"], part, "measured_on"),
            {name: ScoreInterval.from_dict(scores[name]) for name in names},
        )


def fit_interval(
    log_odds: ArrayLike, variance: ArrayLike, true_probability: ArrayLike
) -> ScoreInterval:
    """Fit an interval to patients whose true probability is known.

    Parameters
    ----------
    log_odds, variance : array of float, shape (n_patients,)
        Served log odds and their own variance, of patients that no network was trained on.
    true_probability : array of float, shape (n_patients,)
        In [0, 1].

    Returns
    -------
    ScoreInterval
        Without coverage, which these patients cannot tell.

    Raises
    ------
    ModelError
        If there are fewer than 20 patients.
    """
    eta, own = np.asarray(log_odds, np.float64), np.asarray(variance, np.float64)
    truth = true_logit(true_probability)
    if eta.size < 4 * PARTS:
        raise ModelError("model_too_few_rows", n=eta.size, needed=4 * PARTS, total=eta.size)
    slope, shift = np.polyfit(eta, truth, 1)
    residual = truth - shift - slope * eta
    tau2, kappa = _variance_parts(residual**2, own)
    spread = np.sqrt(tau2 + kappa * own)
    ratio = np.sort(np.abs(residual) / np.maximum(spread, np.finfo(np.float64).tiny))
    place = min(math.ceil(LEVEL * (eta.size + 1)), eta.size) - 1
    return ScoreInterval(float(shift), float(slope), tau2, kappa, float(ratio[place]))


def _variance_parts(squared: FloatArray, own: FloatArray) -> tuple[float, float]:
    """Split squared errors into a constant and a multiple of each patient's own variance."""
    from scipy.optimize import nnls

    tau2, kappa = nnls(np.column_stack([np.ones_like(own), own]), squared)[0]
    return float(tau2), float(kappa)


def true_logit(true_probability: ArrayLike) -> FloatArray:
    """Log odds of true probabilities, as far as their table can tell them from 0 and 1."""
    values = [logit_of(float(p)) for p in np.asarray(true_probability, np.float64)]
    return np.clip(values, -LARGEST_LOGIT, LARGEST_LOGIT)


def measure_interval(
    log_odds: ArrayLike, variance: ArrayLike, true_probability: ArrayLike
) -> tuple[ScoreInterval, "FloatArray"]:
    """Fit an interval and count how often it holds the truth where it was not fitted.

    Parameters
    ----------
    log_odds, variance, true_probability
        As in :func:`fit_interval`; the order of patients must say nothing about them.

    Returns
    -------
    ScoreInterval
        Fitted on everybody, with the coverage measured in five cross-fits.
    array of float64, shape (n_patients,)
        1 where a patient's interval held the truth, else 0.
    """
    eta, own = np.asarray(log_odds, np.float64), np.asarray(variance, np.float64)
    truth = np.asarray(true_probability, np.float64)
    part = np.arange(eta.size) % PARTS
    held = np.zeros(eta.size)
    for left_out in range(PARTS):
        fitted = fit_interval(*(v[part != left_out] for v in (eta, own, truth)))
        for row in np.flatnonzero(part == left_out):
            low, high = fitted.limits(eta[row], own[row])
            held[row] = low - 1e-6 <= truth[row] <= high + 1e-6
    whole = fit_interval(eta, own, truth)
    numbers = {name: getattr(whole, name) for name in _NUMBERS}
    return ScoreInterval(**numbers, coverage=proportion(int(held.sum()), eta.size)), held
