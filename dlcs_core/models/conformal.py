r"""Which responses cannot be ruled out for a patient: a set of labels instead of one number.

Mondrian (class-conditional) split conformal prediction. A label is left out of a patient's set
when the patient's probability is more extreme against it than nearly all calibration patients
who truly had that label:

.. math:: p_y = \frac{1 + \#\{i: y_i = y,\; a_i \ge a\}}{1 + n_y}, \qquad
   y \in \Gamma \iff p_y > \epsilon

with nonconformity :math:`a = 1 - p` for good and :math:`a = p` for poor response. Of the patients
who will respond well, and of those who will not, each at least :math:`1 - \epsilon` have their
label in the set, whatever the prevalence. ``{good, poor}`` says that the data do not decide,
``{}`` that the patient is unlike the calibration patients of either class.

References
----------
.. [1] Vovk V, Gammerman A, Shafer G. Algorithmic learning in a random world. 2nd ed. Springer
   2022, chapter 4.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import ModelError
from dlcs_core.models.proportion import Proportion, proportion_or_none
from dlcs_core.models.serialization import FloatArray, fields_of, number, text, whole_number

Label = Literal["good", "poor"]
LABELS: tuple[Label, Label] = ("good", "poor")

CONFORMAL_SCORES = ("dlcs", "dl_signature")
"""Probabilities that have label sets; the first one known is the one that is shown."""

ERROR_RATE = 0.1
"""Share of the patients of each class whose label may be missing from the set."""

_THRESHOLD_FIELDS = ("good_from", "poor_to", "n_good", "n_poor")
_SCORE_FIELDS = ("thresholds", "coverage", "predictive_value", "measured_on")


@dataclass(frozen=True)
class LabelThresholds:
    """From which probability a label stays in the set.

    Attributes
    ----------
    good_from : float
        ``good`` is in the set at or above this probability; 0 where there were too few good
        responders to rule it out for anybody.
    poor_to : float
        ``poor`` is in the set at or below this one; 1 likewise.
    n_good, n_poor : int
        Calibration patients of each class.
    """

    good_from: float
    poor_to: float
    n_good: int
    n_poor: int

    def label_set(self, probability: float) -> tuple[Label, ...]:
        """Return the labels that cannot be ruled out.

        Examples
        --------
        >>> LabelThresholds(0.2, 0.6, 50, 150).label_set(0.4)
        ('good', 'poor')
        >>> LabelThresholds(0.2, 0.6, 50, 150).label_set(0.1)
        ('poor',)
        """
        inside = (probability >= self.good_from, probability <= self.poor_to)
        return tuple(label for label, kept in zip(LABELS, inside, strict=True) if kept)

    def contain(self, probability: ArrayLike) -> NDArray[np.bool_]:
        """Which labels are in the set of each patient, shape (n_patients, 2): good, poor."""
        values = np.asarray(probability, dtype=np.float64)
        return np.stack([values >= self.good_from, values <= self.poor_to], axis=1)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {name: getattr(self, name) for name in _THRESHOLD_FIELDS}

    @classmethod
    def from_dict(cls, data: object) -> "LabelThresholds":
        """Read the JSON form; refuse thresholds that are no probabilities."""
        part = "conformal"
        fields = fields_of(data, _THRESHOLD_FIELDS, part)
        limits = {name: number(fields[name], part, name) for name in ("good_from", "poor_to")}
        for name, value in limits.items():
            if not 0.0 <= value <= 1.0:
                raise ModelError("model_part_malformed", part=part, field=name)
        counts = {name: whole_number(fields[name], part, name) for name in ("n_good", "n_poor")}
        return cls(limits["good_from"], limits["poor_to"], counts["n_good"], counts["n_poor"])


@dataclass(frozen=True)
class ConformalScore:
    """Label sets of one probability, and how they did on patients not used to set them.

    Attributes
    ----------
    thresholds : LabelThresholds
        From the training cohort.
    coverage : mapping of str to Proportion or None
        Of the patients of each class, those whose set holds their label.
    predictive_value : mapping of str to Proportion or None
        Of the patients whose set is just ``{label}``, those who have it: PPV of ``good``, NPV of
        ``poor``. It depends on the prevalence where it was measured.
    measured_on : str
        The cohort behind both, and how it was scored.
    """

    thresholds: LabelThresholds
    coverage: Mapping[str, Proportion | None]
    predictive_value: Mapping[str, Proportion | None]
    measured_on: str

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "thresholds": self.thresholds.to_dict(),
            "coverage": {k: v and v.to_dict() for k, v in self.coverage.items()},
            "predictive_value": {k: v and v.to_dict() for k, v in self.predictive_value.items()},
            "measured_on": self.measured_on,
        }

    @classmethod
    def from_dict(cls, data: object) -> "ConformalScore":
        """Read the JSON form; refuse missing and unknown keys."""
        fields = fields_of(data, _SCORE_FIELDS, "conformal")
        return cls(
            thresholds=LabelThresholds.from_dict(fields["thresholds"]),
            coverage=_by_label(fields["coverage"]),
            predictive_value=_by_label(fields["predictive_value"]),
            measured_on=text(fields["measured_on"], "conformal", "measured_on"),
        )


def _by_label(data: object) -> dict[str, Proportion | None]:
    fields = fields_of(data, LABELS, "conformal")
    return {label: proportion_or_none(fields[label]) for label in LABELS}


@dataclass(frozen=True)
class ConformalModel:
    """Label sets of the probabilities of a bundle.

    Attributes
    ----------
    error_rate : float
        Share of each class that the sets may miss, in (0, 0.5].
    scores : mapping of str to ConformalScore
        Of :data:`CONFORMAL_SCORES`.
    """

    error_rate: float
    scores: Mapping[str, ConformalScore]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "error_rate": self.error_rate,
            "scores": {name: score.to_dict() for name, score in self.scores.items()},
        }

    @classmethod
    def from_dict(cls, data: object) -> "ConformalModel":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, or a number is outside its range.
        """
        fields = fields_of(data, ("error_rate", "scores"), "conformal")
        error_rate = number(fields["error_rate"], "conformal", "error_rate")
        if not 0.0 < error_rate <= 0.5:
            raise ModelError("model_part_malformed", part="conformal", field="error_rate")
        raw = fields["scores"]
        names = [n for n in CONFORMAL_SCORES if isinstance(raw, Mapping) and n in raw]
        scores = fields_of(raw, names, "conformal")
        return cls(error_rate, {n: ConformalScore.from_dict(scores[n]) for n in names})


def fit_thresholds(
    good_response: ArrayLike, probability: ArrayLike, error_rate: float = ERROR_RATE
) -> LabelThresholds:
    """Find from which probability each label stays in the set.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome of the calibration patients.
    probability : array of float, shape (n_patients,)
        Of good response, on the scale on which it is served, by models that have not seen the
        patient; NaN where unknown.
    error_rate : float
        Share of each class that may be missed, in (0, 0.5].

    Returns
    -------
    LabelThresholds
        With fewer than ``1 / error_rate - 1`` patients of a class its label is in every set.

    Raises
    ------
    ModelError
        If the error rate lies outside its range.

    Examples
    --------
    Of nine good responders the lowest may be missed at 10 %, of four none:

    >>> p = np.r_[np.arange(1, 10) / 10, 0.1, 0.2, 0.3, 0.4]
    >>> fit_thresholds(np.arange(13) < 9, p)
    LabelThresholds(good_from=0.1, poor_to=1.0, n_good=9, n_poor=4)
    """
    if not 0.0 < error_rate <= 0.5:
        raise ModelError("model_part_malformed", part="conformal", field="error_rate")
    values = np.asarray(probability, dtype=np.float64)
    known, good = np.isfinite(values), np.asarray(good_response).astype(np.bool_)
    of_good, of_poor = np.sort(values[known & good]), np.sort(values[known & ~good])[::-1]
    return LabelThresholds(
        good_from=_most_extreme(of_good, error_rate, 0.0),
        poor_to=_most_extreme(of_poor, error_rate, 1.0),
        n_good=of_good.size,
        n_poor=of_poor.size,
    )


def _most_extreme(from_extreme: FloatArray, error_rate: float, always: float) -> float:
    """Return the most extreme value whose label stays in the set.

    With k = floor(error_rate (n + 1)) the rank p exceeds the error rate exactly from the k-th
    most extreme value on; with k = 0 it always does.
    """
    # The product of exact decimals must not fall below its whole number by rounding.
    rank = math.floor(error_rate * (from_extreme.size + 1) + 1e-9)
    return float(from_extreme[rank - 1]) if rank else always
