"""Whether a score does alike in every hospital: performance by centre, pooled over centres."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, ModelError, Notice
from dlcs_core.report.response_columns import FloatArray, Grouping
from dlcs_core.statistics.calibration import calibration_slope
from dlcs_core.statistics.delong import AucEstimate, auc_estimate
from dlcs_core.statistics.meta_analysis import (
    FEWEST_CENTERS,
    MetaAnalysis,
    leave_one_out,
    log_oe_ratio,
    logit_auc,
    random_effects,
)

MEASURES = ("auc", "oe_ratio", "calibration_slope")


@dataclass(frozen=True)
class Pooled:
    """A measure over centres, on its own scale.

    Attributes
    ----------
    estimate : float
        Mean over centres.
    ci95, prediction95 : tuple of float
        Interval of the mean (Hartung-Knapp), and where a new centre's value lies.
    tau2, i2, q, q_p : float
        Heterogeneity, on the scale of pooling (logit, log or plain).
    k : int
        Centres.
    """

    estimate: float
    ci95: tuple[float, float]
    prediction95: tuple[float, float]
    tau2: float
    i2: float
    q: float
    q_p: float
    k: int


@dataclass(frozen=True)
class PooledMeasure:
    """A measure pooled over all centres, and over all but one.

    Attributes
    ----------
    overall : Pooled
        All centres with an estimate.
    without : mapping of str to Pooled
        By the centre left out; empty with fewer than four.
    """

    overall: Pooled
    without: Mapping[str, Pooled]


@dataclass(frozen=True)
class CenterResult:
    """One score in one centre.

    Attributes
    ----------
    center : str
        Its name in the table.
    n, events : int
        Patients, and good responders among them.
    auc : AucEstimate or None
        None with one class only.
    oe_ratio : float or None
        Observed over expected good responders; None for a score that is no probability.
    calibration_slope : float or None
        None where it cannot be estimated.
    """

    center: str
    n: int
    events: int
    auc: AucEstimate | None
    oe_ratio: float | None
    calibration_slope: float | None


@dataclass(frozen=True)
class CentersResult:
    """One score over the centres.

    Attributes
    ----------
    by_center : tuple of CenterResult
        In the order of their names.
    pooled : mapping of str to PooledMeasure
        ``auc``, ``oe_ratio`` and ``calibration_slope``; a measure that fewer than three centres
        have is left out with a warning.
    """

    by_center: tuple[CenterResult, ...]
    pooled: Mapping[str, PooledMeasure]


@dataclass(frozen=True)
class _Estimate:
    """A measure of one centre on the scale of pooling; None where it does not exist."""

    value: float
    se: float


def centers_result(
    name: str, outcome: FloatArray, score: FloatArray, division: Grouping
) -> tuple[CentersResult, tuple[Notice, ...]]:
    """Evaluate a score centre by centre and pool what is found.

    Parameters
    ----------
    name : str
        Of the score.
    outcome, score : array of float64, shape (n_patients,)
        Complete rows.
    division : Grouping
        Centre of each of these patients.

    Returns
    -------
    tuple of (CentersResult, tuple of Notice)
        The result, and which measures could not be pooled.
    """
    found, estimates = [], {measure: dict[str, _Estimate]() for measure in MEASURES}
    for code, center in enumerate(division.levels):
        rows = division.codes == code
        result, measured = _center(center, outcome[rows], score[rows])
        found.append(result)
        for measure, estimate in measured.items():
            estimates[measure][center] = estimate
    pooled = {
        measure: _pooled(measure, by_center)
        for measure, by_center in estimates.items()
        if len(by_center) >= FEWEST_CENTERS
    }
    notices = tuple(
        Notice("centers_not_pooled", {"score": displayable(name), "measure": measure,
                                      "count": len(by_center), "needed": FEWEST_CENTERS})
        for measure, by_center in estimates.items()
        if measure not in pooled
    )  # fmt: skip
    return CentersResult(tuple(found), pooled), notices


def _center(
    center: str, outcome: FloatArray, score: FloatArray
) -> tuple[CenterResult, dict[str, _Estimate]]:
    n, events = outcome.size, int(outcome.sum())
    auc = auc_estimate(outcome, score) if 0 < events < n else None
    estimates: dict[str, _Estimate] = {}
    if auc is not None and auc.se:
        _keep(estimates, "auc", lambda: logit_auc(auc.auc, auc.se or 0.0))
    is_risk = n > 0 and bool((score >= 0.0).all() and (score <= 1.0).all())
    if is_risk and events < n:
        _keep(estimates, "oe_ratio", lambda: log_oe_ratio(events, float(score.sum()), n))
    if is_risk:
        _keep(estimates, "calibration_slope", lambda: _slope(outcome, score))
    ratio, slope = estimates.get("oe_ratio"), estimates.get("calibration_slope")
    result = CenterResult(
        center=center,
        n=n,
        events=events,
        auc=auc,
        oe_ratio=math.exp(ratio.value) if ratio else None,
        calibration_slope=slope.value if slope else None,
    )
    return result, estimates


def _slope(outcome: FloatArray, score: FloatArray) -> tuple[float, float]:
    found = calibration_slope(outcome, score)
    return found.estimate, found.se


def _keep(
    estimates: dict[str, _Estimate], measure: str, make: Callable[[], tuple[float, float]]
) -> None:
    """Keep an estimate where it exists; a centre without one does not enter the pool."""
    try:
        value, se = make()
    except (CohortError, ModelError):
        return
    if se > 0.0:
        estimates[measure] = _Estimate(value, se)


def _pooled(measure: str, by_center: Mapping[str, _Estimate]) -> PooledMeasure:
    values = np.array([estimate.value for estimate in by_center.values()])
    errors = np.array([estimate.se for estimate in by_center.values()])
    without: dict[str, Pooled] = {}
    if len(by_center) > FEWEST_CENTERS:
        rest = leave_one_out(values, errors)
        without = {c: _back(measure, found) for c, found in zip(by_center, rest, strict=True)}
    return PooledMeasure(_back(measure, random_effects(values, errors)), without)


def _back(measure: str, found: MetaAnalysis) -> Pooled:
    """Return a pooled measure on its own scale."""
    back = _BACK[measure]
    return Pooled(
        estimate=back(found.estimate),
        ci95=(back(found.ci95[0]), back(found.ci95[1])),
        prediction95=(back(found.prediction95[0]), back(found.prediction95[1])),
        tau2=found.tau2,
        i2=found.i2,
        q=found.q,
        q_p=found.q_p,
        k=found.k,
    )


def _probability(logit: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * logit))


def _ratio(log: float) -> float:
    """``exp`` that stays a finite number, as every table and JSON must."""
    return math.exp(min(log, 700.0))


_BACK: Mapping[str, Callable[[float], float]] = {
    "auc": _probability,
    "oe_ratio": _ratio,
    "calibration_slope": float,
}
