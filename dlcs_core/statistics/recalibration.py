"""Adjusting probabilities to a cohort, and whether that helped on patients left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.brier import brier_score
from dlcs_core.statistics.calibration import calibration_in_the_large, calibration_slope
from dlcs_core.statistics.calibration_curve import calibration_curve
from dlcs_core.statistics.checks import BoolArray, FloatArray, outcome_and_risk
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid

Method = Literal["intercept", "intercept_and_slope"]
Found = TypeVar("Found")

EVENTS_FOR_SLOPE = 100
"""Good responders, and as many others, from which a slope can be estimated beside the intercept."""

FOLDS = 10
SEED = 20_240_117
"""Of the division into folds, so that the same table gives the same numbers."""


@dataclass(frozen=True)
class LogisticUpdate:
    """A logistic recalibration.

    Attributes
    ----------
    method : {"intercept", "intercept_and_slope"}
        What was estimated.
    intercept, slope : float
        New log odds = intercept + slope * old log odds.
    """

    method: Method
    intercept: float
    slope: float

    def probabilities(self, risk: ArrayLike) -> FloatArray:
        """Return adjusted probabilities of risks inside (0, 1)."""
        values = np.asarray(risk, dtype=np.float64)
        return sigmoid(self.intercept + self.slope * np.log(values / (1.0 - values)))


@dataclass(frozen=True)
class CalibrationSummary:
    """How well probabilities hold, in four numbers.

    Attributes
    ----------
    brier : float
        Mean squared error.
    calibration_intercept : float or None
        In the large; 0 is perfect.
    calibration_slope : float or None
        1 is perfect.
    ici : float or None
        Mean distance of the smooth curve from the diagonal; None with under four distinct risks.
    """

    brier: float
    calibration_intercept: float | None
    calibration_slope: float | None
    ici: float | None


@dataclass(frozen=True)
class RecalibrationResult:
    """A logistic recalibration and its worth.

    Attributes
    ----------
    update : LogisticUpdate
        Fitted on all patients.
    n, events : int
        Patients, and good responders among them.
    folds : int
        Folds of the cross-validation.
    before, after : CalibrationSummary
        Of the original probabilities, and of each patient's probability by the update that was
        fitted without the patient's fold.
    """

    update: LogisticUpdate
    n: int
    events: int
    folds: int
    before: CalibrationSummary
    after: CalibrationSummary


def recalibrate(good_response: ArrayLike, risk: ArrayLike) -> RecalibrationResult:
    """Adjust probabilities to a cohort.

    With fewer than 100 patients of either class only the intercept is estimated, since a slope
    from so few does more harm than good; otherwise intercept and slope are.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in (0, 1).

    Returns
    -------
    RecalibrationResult
        The update and, by 10-fold cross-validation, what it changes.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or not inside (0, 1), or a class
        has fewer than two patients.
    ModelError
        If the risk is constant or separates the classes, or the slope is not positive: then the
        score is upside down here and no adjustment mends it.

    References
    ----------
    .. [1] Steyerberg EW, Borsboom GJJM, van Houwelingen HC, Eijkemans MJC, Habbema JDF.
       Validation and updating of predictive logistic regression models: a study on sample size
       and shrinkage. Stat Med 2004;23:2567-2586.
    """
    outcome, values = outcome_and_risk(good_response, risk)
    events = int(outcome.sum())
    smaller = min(events, outcome.size - events)
    if smaller < 2:
        raise CohortError("statistic_class_too_small", count=smaller)
    method: Method = "intercept_and_slope" if smaller >= EVENTS_FOR_SLOPE else "intercept"
    update = fit_update(outcome, values, method)
    folds = min(FOLDS, smaller)
    return RecalibrationResult(
        update=update,
        n=int(outcome.size),
        events=events,
        folds=folds,
        before=calibration_summary(outcome, values),
        after=calibration_summary(outcome, cross_validated(outcome, values, method, folds)),
    )


def fit_update(good_response: ArrayLike, risk: ArrayLike, method: Method) -> LogisticUpdate:
    """Estimate a logistic recalibration on all patients; see :func:`recalibrate`."""
    if method == "intercept":
        found = calibration_in_the_large(good_response, risk)
        return LogisticUpdate(method, found.estimate, 1.0)
    outcome, values = outcome_and_risk(good_response, risk)
    calibration_in_the_large(outcome, values)  # refuses risks of exactly 0 and 1
    logit = np.log(values / (1.0 - values))
    intercept, slope = fit_logistic(logit[:, None], outcome, ("logit_risk",)).coefficients
    if slope <= 0.0:
        raise ModelError("recalibration_slope_not_positive", slope=round(float(slope), 3))
    return LogisticUpdate(method, float(intercept), float(slope))


def calibration_summary(good_response: ArrayLike, risk: ArrayLike) -> CalibrationSummary:
    """Return Brier score, intercept, slope and ICI; None for what does not exist."""
    large = _or_none(lambda: calibration_in_the_large(good_response, risk).estimate)
    return CalibrationSummary(
        brier=brier_score(good_response, risk).brier,
        calibration_intercept=large,
        calibration_slope=_or_none(lambda: calibration_slope(good_response, risk).estimate),
        ici=_or_none(lambda: calibration_curve(good_response, risk).ici),
    )


def stratified_folds(outcome: BoolArray, folds: int, seed: int = SEED) -> NDArray[np.intp]:
    """Divide patients into folds that hold both classes in equal shares, from 0 on."""
    rng = np.random.default_rng(seed)
    fold = np.empty(outcome.size, dtype=np.intp)
    for members in (np.flatnonzero(outcome), np.flatnonzero(~outcome)):
        fold[rng.permutation(members)] = np.arange(members.size) % folds
    return fold


def cross_validated(outcome: BoolArray, risk: FloatArray, method: Method, folds: int) -> FloatArray:
    """Return the probability of each patient by the update fitted on the other folds.

    Parameters
    ----------
    outcome : array of bool, shape (n_patients,)
        Good response; at least ``folds`` patients of each class.
    risk : array of float64, shape (n_patients,)
        Predicted probability, in (0, 1).
    method : {"intercept", "intercept_and_slope"}
        What is estimated.
    folds : int
        Of :func:`stratified_folds`.
    """
    fold = stratified_folds(outcome, folds)
    adjusted = np.empty(risk.size)
    for k in range(folds):
        held_out = fold == k
        update = fit_update(outcome[~held_out], risk[~held_out], method)
        adjusted[held_out] = update.probabilities(risk[held_out])
    return adjusted


def _or_none(statistic: Callable[[], Found]) -> Found | None:
    try:
        return statistic()
    except (CohortError, ModelError):
        return None
