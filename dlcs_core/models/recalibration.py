r"""From the logits of the folds' networks to a DL score and a calibrated DL signature.

**One scale.** The networks of the folds are trained apart, and each has its own offset and
spread of logits. Every fold's logit is shifted and scaled before anything is averaged:

.. math:: z_k = (logit_k - shift_k) / scale_k

with shift and scale from the logits on the patients which that network has not seen, chosen so
that mean and spread of each fold become the average ones. No outcome is used.

**Two pairs.** An out-of-fold logit comes from *one* network, a served one is the *mean* of all of
them. The mean is less noisy, so it varies less between patients and the same step of it says
more. Coefficients fitted on single logits would be too flat for it. With the regression
calibration factor

.. math:: \lambda = var(\bar z) / var(z_k)

measured on images that no network was trained on (no outcomes needed), the served slope is
:math:`slope_{oof} / \lambda` and the intercept keeps the prediction at the mean logit. Both give
calibrated probabilities, so that models fitted on the out-of-fold signature may be served the
other one. Without such images :math:`\lambda` is taken as 1, which makes served probabilities a
little too moderate; ``n_shrinkage`` is then 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import ModelError
from dlcs_core.models.design import probability_of
from dlcs_core.models.fitting import with_fallback
from dlcs_core.models.local_recalibration import LocalRecalibration, local_layers
from dlcs_core.models.serialization import (
    FloatArray,
    array,
    fields_of,
    number,
    truth,
    whole_number,
)

_NUMBERS = (
    "intercept",
    "slope",
    "out_of_fold_intercept",
    "out_of_fold_slope",
    "shrinkage",
    "prevalence",
)
_LOCAL = "local"
_FIELDS = ("fold_shift", "fold_scale", *_NUMBERS, "n_shrinkage", "n", "events", "penalized")


@dataclass(frozen=True, eq=False)
class Recalibration:
    """How logits become score and probability.

    Attributes
    ----------
    fold_shift, fold_scale : array of float64, shape (n_folds,)
        Put each fold's logit on the common scale.
    intercept, slope : float
        From the ensemble logit (mean of the folds) to the log odds of good response.
    out_of_fold_intercept, out_of_fold_slope : float
        The same for the scaled logit of a single, unseeing network.
    shrinkage : float
        Variance of the ensemble logit over that of a single one, in (0, 1].
    prevalence : float
        Share of good responders among the training patients.
    n_shrinkage : int
        Images behind ``shrinkage``; 0 where there were none.
    n, events : int
        Training patients and good responders among them.
    penalized : bool
        True where the scores separated the classes and a weak penalty was needed.
    local : mapping of str to LocalRecalibration
        Layers over served probabilities by score, from a hospital's own patients; mostly empty.
    """

    fold_shift: FloatArray
    fold_scale: FloatArray
    intercept: float
    slope: float
    out_of_fold_intercept: float
    out_of_fold_slope: float
    shrinkage: float
    prevalence: float
    n_shrinkage: int
    n: int
    events: int
    penalized: bool
    local: Mapping[str, LocalRecalibration] = field(default_factory=dict)

    def scaled(self, fold_logits: ArrayLike) -> FloatArray:
        """Put logits on the common scale.

        Parameters
        ----------
        fold_logits : array of float, shape (n_folds,) or (n_folds, n_images)
            Raw logits.

        Returns
        -------
        array of float64, same shape
            Scaled logits.

        Raises
        ------
        ModelError
            If the number of folds differs or a logit is not finite.
        """
        logits = np.asarray(fold_logits, dtype=np.float64)
        if len(logits) != self.fold_shift.size or not np.isfinite(logits).all():
            raise ModelError("model_logits_unusable", folds=self.fold_shift.size)
        across = (slice(None), *[None] * (logits.ndim - 1))
        return np.asarray((logits - self.fold_shift[across]) / self.fold_scale[across])

    def ensemble_logit(self, fold_logits: ArrayLike) -> float:
        """Mean of one image's scaled logits."""
        return float(self.scaled(fold_logits).mean())

    def score(self, fold_logits: ArrayLike) -> float:
        """DL score of one image: sigmoid of the ensemble logit, not a calibrated probability."""
        return probability_of(self.ensemble_logit(fold_logits))

    def fold_scores(self, fold_logits: ArrayLike) -> tuple[float, ...]:
        """Score of each fold's network on one image, all on the common scale."""
        return tuple(probability_of(float(z)) for z in self.scaled(fold_logits))

    def probability(self, ensemble_logit: float) -> float:
        """DL signature of one image: calibrated probability of good response."""
        return probability_of(self.intercept + self.slope * ensemble_logit)

    def fold_logit_variance(self, fold_logits: ArrayLike) -> float:
        """Variance of the DL signature's log odds from the disagreement of the folds.

        That of a mean of networks: the variance between folds over their number; 0 with one.
        """
        z = self.scaled(fold_logits)
        return self.slope**2 * float(z.var(ddof=1)) / z.size if z.size > 1 else 0.0

    def out_of_fold_logits(self, logits: ArrayLike, fold: ArrayLike) -> FloatArray:
        """Scaled logit of each training patient, from the network that has not seen it.

        Parameters
        ----------
        logits : array of float, shape (n_patients,)
            Raw out-of-fold logits.
        fold : array of int, shape (n_patients,)
            Fold whose network gave each logit, 0-based.
        """
        index = np.asarray(fold, dtype=np.intp)
        raw = np.asarray(logits, dtype=np.float64)
        return np.asarray((raw - self.fold_shift[index]) / self.fold_scale[index])

    def out_of_fold_probabilities(self, logits: ArrayLike, fold: ArrayLike) -> FloatArray:
        """Out-of-fold DL signature of each training patient."""
        from dlcs_core.statistics.logistic_regression import sigmoid

        z = self.out_of_fold_logits(logits, fold)
        return sigmoid(self.out_of_fold_intercept + self.out_of_fold_slope * z)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "fold_shift": self.fold_shift.tolist(),
            "fold_scale": self.fold_scale.tolist(),
            **{name: getattr(self, name) for name in _FIELDS[2:]},
            **({_LOCAL: {k: v.to_dict() for k, v in self.local.items()}} if self.local else {}),
        }

    @classmethod
    def from_dict(cls, data: object) -> "Recalibration":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, a number is not finite, or a scale is not positive.
        """
        part = "calibration"
        own, local = _without_layers(data)
        fields = fields_of(own, _FIELDS, part)
        shift = array(fields["fold_shift"], (-1,), part, "fold_shift")
        scale = array(fields["fold_scale"], (shift.size,), part, "fold_scale")
        if not shift.size or (scale <= 0.0).any():
            raise ModelError("model_part_malformed", part=part, field="fold_scale")
        values = {name: number(fields[name], part, name) for name in _NUMBERS}
        return cls(
            fold_shift=shift,
            fold_scale=scale,
            intercept=values["intercept"],
            slope=values["slope"],
            out_of_fold_intercept=values["out_of_fold_intercept"],
            out_of_fold_slope=values["out_of_fold_slope"],
            shrinkage=values["shrinkage"],
            prevalence=values["prevalence"],
            n_shrinkage=whole_number(fields["n_shrinkage"], part, "n_shrinkage"),
            n=whole_number(fields["n"], part, "n"),
            events=whole_number(fields["events"], part, "events"),
            penalized=truth(fields["penalized"], part, "penalized"),
            local=local_layers(local),
        )


def _without_layers(data: object) -> tuple[object, object]:
    """Return the JSON form without its local layers, which most bundles lack, and the layers."""
    if not isinstance(data, Mapping):
        return data, {}
    return {name: value for name, value in data.items() if name != _LOCAL}, data.get(_LOCAL, {})


def fit_recalibration(
    logits: ArrayLike,
    fold: ArrayLike,
    good_response: ArrayLike,
    unseen_fold_logits: ArrayLike | None = None,
) -> Recalibration:
    """Fit scale and calibration of the folds' networks.

    Parameters
    ----------
    logits : array of float, shape (n_patients,)
        Raw **out-of-fold** logit of each training patient.
    fold : array of int, shape (n_patients,)
        Fold whose network gave it, 0-based; that network has not seen the patient.
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome.
    unseen_fold_logits : array of float, shape (n_folds, n_images), optional
        Raw logits of all networks on images that none was trained on, for the shrinkage.

    Returns
    -------
    Recalibration
        Calibrated to the prevalence of the training patients, which oversampling in training
        does not touch.

    Raises
    ------
    CohortError
        If one class is absent or a logit is missing.
    ModelError
        If a fold has fewer than two patients or does not vary.
    """
    from dlcs_core.statistics.checks import outcome_and_score
    from dlcs_core.statistics.logistic_regression import fit_logistic

    outcome, raw = outcome_and_score(good_response, logits)
    index = np.asarray(fold, dtype=np.intp)
    shift, scale = _fold_scales(raw, index)
    z = (raw - shift[index]) / scale[index]
    fit, penalized = with_fallback(
        lambda ridge: fit_logistic(z[:, None], outcome, ["logit"], ridge=ridge)
    )
    intercept, slope = (float(value) for value in fit.coefficients)
    shrinkage, n_shrinkage = _shrinkage(unseen_fold_logits, shift, scale)
    served = slope / shrinkage
    return Recalibration(
        fold_shift=shift,
        fold_scale=scale,
        intercept=intercept + (slope - served) * float(z.mean()),
        slope=served,
        out_of_fold_intercept=intercept,
        out_of_fold_slope=slope,
        shrinkage=shrinkage,
        prevalence=float(outcome.mean()),
        n_shrinkage=n_shrinkage,
        n=int(outcome.size),
        events=int(outcome.sum()),
        penalized=penalized,
    )


def _fold_scales(raw: FloatArray, fold: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Shift and scale that give every fold the average mean and spread."""
    groups = [raw[fold == k] for k in range(int(fold.max()) + 1)]
    smallest = min(group.size for group in groups)
    if smallest < 2 or min(float(group.std()) for group in groups) == 0.0:
        raise ModelError("model_fold_constant", smallest=smallest)
    mean = np.array([group.mean() for group in groups])
    spread = np.array([group.std(ddof=1) for group in groups])
    scale = spread / spread.mean()
    return mean - mean.mean() * scale, scale


def _shrinkage(unseen: ArrayLike | None, shift: FloatArray, scale: FloatArray) -> tuple[float, int]:
    """Variance of the mean logit over that of a single one, and the images behind it."""
    if unseen is None:
        return 1.0, 0
    z = (np.asarray(unseen, dtype=np.float64) - shift[:, None]) / scale[:, None]
    single = float(z.var(axis=1, ddof=1).mean()) if z.shape[1] > 1 else 0.0
    if single == 0.0:
        return 1.0, 0
    ratio = float(z.mean(axis=0).var(ddof=1)) / single
    # The mean of k logits varies at least a k-th as much as one, and at most as much.
    return min(max(ratio, 1.0 / len(z)), 1.0), int(z.shape[1])
