"""Bootstrap: intervals of net-benefit differences, and the optimism of a fitted model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError, DlcsError, ModelError
from dlcs_core.statistics.brier import brier_score
from dlcs_core.statistics.checks import BoolArray, FloatArray, outcome_and_risk, two_classes
from dlcs_core.statistics.decision_curve import checked_thresholds, net_benefit
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid

Rows = NDArray[np.intp]

RESAMPLES = 1000
CHUNK_CELLS = 4_000_000
"""Counts drawn at once; bounds the memory."""

MOST_FAILURES = 0.1
"""Share of resamples that may have no fit."""


@dataclass(frozen=True, eq=False)
class NetBenefitDifference:
    """Net benefit of one model less that of another.

    Attributes
    ----------
    threshold, difference : array of float64, shape (n_thresholds,)
        Threshold probabilities and net benefit of a - net benefit of b.
    ci95_low, ci95_high : array of float64, shape (n_thresholds,)
        Percentile interval, pointwise: it holds at one threshold chosen before, not at all.
    resamples : int
        Bootstrap samples.
    """

    threshold: FloatArray
    difference: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray
    resamples: int


@dataclass(frozen=True)
class Optimism:
    """One performance measure, corrected.

    Attributes
    ----------
    apparent : float
        On the patients on which the model was fitted.
    optimism : float
        Mean over resamples of the measure in the resample less that in all patients.
    corrected : float
        ``apparent - optimism``: what to expect in new patients of the same kind.
    """

    apparent: float
    optimism: float
    corrected: float


@dataclass(frozen=True)
class OptimismResult:
    """Bootstrap validation of a model.

    Attributes
    ----------
    measures : mapping of str to Optimism
        For a response ``auc``, ``brier``, ``slope`` and ``intercept`` (of the logistic
        recalibration); for survival ``c_index`` and ``slope``.
    resamples, failed : int
        Resamples that were used, and those without a fit (separated or of one class).
    """

    measures: Mapping[str, Optimism]
    resamples: int
    failed: int


def net_benefit_difference(
    good_response: ArrayLike,
    risk_a: ArrayLike,
    risk_b: ArrayLike,
    thresholds: ArrayLike,
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> NetBenefitDifference:
    """Difference of two models' net benefit with a percentile bootstrap interval.

    Patients are resampled with both their risks. Only which thresholds a risk reaches matters,
    so that patients alike in this are drawn together: a million rows take no longer than a few
    thousand.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk_a, risk_b : array of float, shape (n_patients,)
        Predicted probabilities of good response, in [0, 1].
    thresholds : array of float, shape (n_thresholds,)
        Threshold probabilities, each in [0, 1).
    rng : numpy.random.Generator
        Source of the resamples.
    resamples : int
        Number of bootstrap samples, at least 2.

    Returns
    -------
    NetBenefitDifference
        Above 0 where model a is of more use.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, sizes differ, or a value is outside its range.
    """
    outcome, a = outcome_and_risk(good_response, risk_a)
    _, b = outcome_and_risk(good_response, risk_b)
    t = checked_thresholds(thresholds)
    cells = _Cells.of(outcome, a, b, t)
    drawn = cells.differences(rng, resamples)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    difference = net_benefit(outcome, a, t) - net_benefit(outcome, b, t)
    return NetBenefitDifference(t, difference, low, high, resamples)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Patients who reach the same thresholds by both models and had the same outcome.

    ``gain`` is what one patient of a cell adds to the difference at each threshold.
    """

    share: FloatArray
    gain: FloatArray
    n: int

    @classmethod
    def of(cls, outcome: BoolArray, a: FloatArray, b: FloatArray, t: FloatArray) -> "_Cells":
        order = np.argsort(t, kind="stable")
        reached = [np.searchsorted(t[order], risk, side="right") for risk in (a, b)]
        width = t.size + 1
        key = (reached[0] * width + reached[1]) * 2 + outcome
        cell, count = np.unique(key, return_counts=True)
        positive_a = (cell // 2 // width)[:, None] > np.arange(t.size)
        positive_b = (cell // 2 % width)[:, None] > np.arange(t.size)
        worth = np.where((cell % 2 == 1)[:, None], 1.0, -(t / (1.0 - t))[order])
        gain = np.empty((cell.size, t.size))
        gain[:, order] = (positive_a.astype(np.float64) - positive_b) * worth
        return cls(count / outcome.size, gain, outcome.size)

    def differences(self, rng: np.random.Generator, resamples: int) -> FloatArray:
        """Difference at each threshold in each resample."""
        step = max(1, CHUNK_CELLS // self.share.size)
        sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
        drawn = [rng.multinomial(self.n, self.share, size) @ self.gain for size in sizes]
        return np.concatenate(drawn) / self.n


def bootstrap_optimism(
    fit: Callable[[Rows], ArrayLike],
    good_response: ArrayLike,
    rng: np.random.Generator,
    *,
    resamples: int = 300,
    patient: ArrayLike | None = None,
) -> OptimismResult:
    """Harrell's bootstrap correction of a model's performance.

    The whole way from table to model belongs into ``fit``: a screening or a LASSO that is left
    out of it leaves its optimism in.

    Parameters
    ----------
    fit : callable
        Takes rows (with repetitions) and returns the log odds of **all** patients by the model
        fitted on these rows; a ``DlcsError`` marks a resample without a fit.
    good_response : array of bool or 0/1, shape (n_rows,)
        Outcome.
    rng : numpy.random.Generator
        Source of the resamples.
    resamples : int
        Bootstrap samples.
    patient : array of int, optional
        Patient of each row; a patient's rows are drawn together.

    Returns
    -------
    OptimismResult
        As ``rms::validate(method = "boot")``.

    Raises
    ------
    CohortError
        If the cohort is empty or has one class.
    ModelError
        If more than a tenth of the resamples have no fit.

    References
    ----------
    .. [1] Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med
       1996;15:361-387.
    """
    outcome = two_classes(good_response)

    def performance(rows: Rows, logit: FloatArray) -> FloatArray:
        return response_performance(outcome[rows], logit[rows])

    patients = np.arange(outcome.size) if patient is None else np.asarray(patient)
    return corrected_performance(
        fit, performance, RESPONSE_MEASURES, patients, rng, resamples=resamples
    )


def corrected_performance(
    fit: Callable[[Rows], ArrayLike],
    performance: Callable[[Rows, FloatArray], FloatArray],
    measures: Sequence[str],
    patient: NDArray[np.generic],
    rng: np.random.Generator,
    *,
    resamples: int,
) -> OptimismResult:
    """Correct any measures of any model; see :func:`bootstrap_optimism`.

    Parameters
    ----------
    fit : callable
        Takes rows and returns the prediction for **all** rows by the model fitted on these.
    performance : callable
        Takes rows and the prediction for all rows; returns the measures on these rows.
    measures : sequence of str
        What they are called, in order.
    patient : array, shape (n_rows,)
        Patient of each row.
    rng : numpy.random.Generator
        Source of the resamples.
    resamples : int
        Bootstrap samples.

    Returns
    -------
    OptimismResult
        One entry per measure.

    Raises
    ------
    ModelError
        If more than a tenth of the resamples have no fit.
    """
    everyone = np.arange(patient.size)
    apparent = performance(everyone, np.asarray(fit(everyone), dtype=np.float64))
    draw = _drawer(patient, rng)
    gaps: list[FloatArray] = []
    failed = 0
    for _ in range(resamples):
        rows = draw()
        try:
            predicted = np.asarray(fit(rows), dtype=np.float64)
            gap = performance(rows, predicted) - performance(everyone, predicted)
        except DlcsError:
            failed += 1
        else:
            gaps.append(gap)
    if failed > MOST_FAILURES * resamples:
        raise ModelError("bootstrap_without_fit", failed=failed, resamples=resamples)
    optimism = np.mean(gaps, axis=0)
    corrected = {
        name: Optimism(float(value), float(gap), float(value - gap))
        for name, value, gap in zip(measures, apparent, optimism, strict=True)
    }
    return OptimismResult(corrected, len(gaps), failed)


RESPONSE_MEASURES = ("auc", "brier", "slope", "intercept")


def response_performance(outcome: BoolArray, logit: FloatArray) -> FloatArray:
    """Return the measures of a log odds, in order."""
    intercept, slope = fit_logistic(logit[:, None], outcome, ("logit",)).coefficients
    auc = auc_estimate(outcome, logit).auc
    return np.array([auc, brier_score(outcome, sigmoid(logit)).brier, slope, intercept])


def _drawer(patient: NDArray[np.generic], rng: np.random.Generator) -> Callable[[], Rows]:
    """Return a function that draws the rows of as many patients as there are."""
    ids, index = np.unique(patient, return_inverse=True)
    if not ids.size:
        raise CohortError("statistic_without_rows", column="patient")
    by_patient = np.argsort(index, kind="stable")
    ends = np.cumsum(np.bincount(index))
    members = np.split(by_patient, ends[:-1])
    return lambda: np.concatenate([members[i] for i in rng.integers(0, ids.size, ids.size)])
