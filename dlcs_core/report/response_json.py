"""The response report as JSON, schema ``dlcs.response/1``, without its warnings."""

import math
from dataclasses import asdict
from itertools import combinations

from dlcs_core.report.centers import MEASURES, CenterResult, CentersResult, PooledMeasure
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_parts import Subgroup
from dlcs_core.report.response_score import Calibration, ScoreResult
from dlcs_core.statistics.bootstrap import NetBenefitDifference
from dlcs_core.statistics.calibration import GroupedCalibration, HosmerLemeshow
from dlcs_core.statistics.calibration_curve import CalibrationCurve
from dlcs_core.statistics.classification import (
    ConfusionMatrix,
    clopper_pearson_interval,
    wilson_interval,
)
from dlcs_core.statistics.decision_curve import DecisionCurve
from dlcs_core.statistics.delong import DelongTest

SCHEMA = "dlcs.response/1"

NET_BENEFIT_PER = 100.0
"""Interventions avoided are told per so many patients."""

Json = dict[str, object]


def response_json(report: ResponseReport) -> Json:
    """Return a response report as JSON values.

    Parameters
    ----------
    report : ResponseReport
        The evaluation.

    Returns
    -------
    dict
        Every field of the contract, filled or None; ``models`` holds an object of None for a
        score that has no patient of either class.
    """
    treat_all = report.treat_all
    return {
        "n": report.n,
        "events": report.events,
        "prevalence": report.events / report.n,
        "outcome": report.request.outcome,
        "external": report.request.external,
        "treat_all": [
            {"threshold": float(t), "net_benefit": float(b)}
            for t, b in zip(treat_all.threshold, treat_all.treat_all, strict=True)
        ],
        "models": {name: _scored(report, name) for name in report.names},
        "delong": [_pair(report, a, b) for a, b in combinations(report.names, 2)],
        "net_benefit_differences": [
            _benefit(a, b, found, report.request.seed) for (a, b), found in report.benefits.items()
        ],
        "subgroups": [_subgroup(row) for row in report.subgroups],
        "centers": {name: _centers(found) for name, found in report.centers.items()},
    }


def _scored(report: ResponseReport, name: str) -> Json:
    summary = report.summaries.get(name)
    return {**_model(report.scores.get(name)), "val_prob": summary and asdict(summary)}


def _benefit(a: str, b: str, found: NetBenefitDifference, seed: int) -> Json:
    """Return what score a adds to score b at each threshold; above 0 it is of more use."""
    columns = (found.threshold, found.difference, found.ci95_low, found.ci95_high)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {
        "a": a,
        "b": b,
        "resamples": found.resamples,
        "seed": seed,
        "differences": [
            {"threshold": threshold, "difference": difference, "ci95": [low, high]}
            for threshold, difference, low, high in rows
        ],
    }


def _model(result: ScoreResult | None) -> Json:
    """Return one score; the same keys whatever could be computed."""
    if result is None:
        return dict.fromkeys(_MODEL_FIELDS)
    return {
        "n": result.n,
        "events": result.events,
        "auc": result.auc.auc,
        "auc_se": result.auc.se,
        "auc_ci95": result.auc.ci95 and list(result.auc.ci95),
        "average_precision": result.precision_recall.average_precision,
        **_calibration(result.calibration),
        "youden": {
            "threshold": result.youden.threshold,
            "sensitivity": result.youden.sensitivity,
            "specificity": result.youden.specificity,
        },
        "at_threshold": _at_threshold(result),
        "net_benefit": _net_benefit(result.decision),
    }


def _calibration(found: Calibration | None) -> Json:
    if found is None:
        return dict.fromkeys(_CALIBRATION_FIELDS)
    intercept, slope, curve = found.intercept, found.slope, found.curve
    return {
        "brier": found.brier.brier,
        "scaled_brier": found.brier.scaled,
        "calibration_intercept": intercept and intercept.estimate,
        "calibration_intercept_ci95": intercept and list(intercept.ci95),
        "calibration_slope": slope and slope.estimate,
        "calibration_slope_ci95": slope and list(slope.ci95),
        "hosmer_lemeshow": _hosmer_lemeshow(found.hosmer_lemeshow),
        "ici": curve and curve.ici,
        "e50": curve and curve.e50,
        "e90": curve and curve.e90,
        "emax": curve and curve.emax,
        "calibration_method": curve and curve.method,
        "calibration_curve": curve and _curve(curve),
        "calibration_groups": _groups(found.groups),
    }


def _curve(curve: CalibrationCurve) -> Json:
    """Return the smooth curve with its pointwise band, None where there is none."""
    return {
        "predicted": curve.predicted.tolist(),
        "observed": curve.observed.tolist(),
        "ci95_low": [_finite(limit) for limit in curve.ci95_low.tolist()],
        "ci95_high": [_finite(limit) for limit in curve.ci95_high.tolist()],
    }


def _groups(found: GroupedCalibration) -> list[Json]:
    columns = (found.n, found.predicted, found.observed, found.ci95_low, found.ci95_high)
    return [
        {"n": int(n), "predicted": predicted, "observed": observed, "ci95": [low, high]}
        for n, predicted, observed, low, high in zip(*(c.tolist() for c in columns), strict=True)
    ]


_CALIBRATION_FIELDS = (
    "brier", "scaled_brier", "calibration_intercept", "calibration_intercept_ci95",
    "calibration_slope", "calibration_slope_ci95", "hosmer_lemeshow", "ici", "e50", "e90", "emax",
    "calibration_method", "calibration_curve", "calibration_groups",
)  # fmt: skip

_MODEL_FIELDS = (
    "n", "events", "auc", "auc_se", "auc_ci95", "average_precision", *_CALIBRATION_FIELDS,
    "youden", "at_threshold", "net_benefit",
)  # fmt: skip


def _hosmer_lemeshow(test: HosmerLemeshow) -> Json:
    groups = zip(test.n, test.observed, test.expected, strict=True)
    return {
        "statistic": test.statistic,
        "df": test.df,
        "p": test.p,
        "groups": [
            {"n": int(n), "observed": int(observed), "expected": float(expected)}
            for n, observed, expected in groups
        ],
    }


def _at_threshold(result: ScoreResult) -> Json:
    calls = result.at_threshold
    return {
        "threshold": calls.threshold,
        "threshold_source": result.threshold_source,
        "tp": calls.tp,
        "fp": calls.fp,
        "tn": calls.tn,
        "fn": calls.fn,
        "sensitivity": calls.sensitivity,
        "specificity": calls.specificity,
        "ppv": calls.ppv,
        "npv": calls.npv,
        "accuracy": calls.accuracy,
        **_intervals(calls),
    }


def _intervals(calls: ConfusionMatrix) -> Json:
    """Return the intervals of the shares: Wilson's, and the exact one of Clopper and Pearson."""
    shares = {
        "sensitivity": (calls.tp, calls.tp + calls.fn),
        "specificity": (calls.tn, calls.tn + calls.fp),
        "ppv": (calls.tp, calls.tp + calls.fp),
        "npv": (calls.tn, calls.tn + calls.fn),
        "accuracy": (calls.tp + calls.tn, calls.tp + calls.tn + calls.fp + calls.fn),
    }
    methods = {"ci95": wilson_interval, "ci95_exact": clopper_pearson_interval}
    return {
        f"{name}_{key}": [float(limit) for limit in interval(count, n)] if n else None
        for name, (count, n) in shares.items()
        for key, interval in methods.items()
    }


def _net_benefit(curve: DecisionCurve | None) -> list[Json] | None:
    if curve is None:
        return None
    rows = zip(curve.threshold, curve.net_benefit, curve.net_interventions_avoided, strict=True)
    return [
        {
            "threshold": float(threshold),
            "net_benefit": float(benefit),
            "interventions_avoided": _finite(NET_BENEFIT_PER * avoided),
        }
        for threshold, benefit, avoided in rows
    ]


def _finite(value: float) -> float | None:
    """Return a number; None at threshold 0, where nothing can be avoided for free."""
    return float(value) if math.isfinite(value) else None


def _pair(report: ResponseReport, a: str, b: str) -> Json:
    test: DelongTest | None = report.comparisons.get((a, b))
    return {
        "a": a,
        "b": b,
        "difference": test and test.difference,
        "se": test and test.se,
        "ci95": test and list(test.ci95),
        "z": test and test.z,
        "p": test and test.p,
    }


def _subgroup(row: Subgroup) -> Json:
    auc, test = row.found.auc, row.interaction
    return {
        "score": row.score,
        "variable": row.variable,
        "level": row.level,
        "n": row.found.n,
        "events": row.found.events,
        "auc": auc and auc.auc,
        "auc_se": auc and auc.se,
        "auc_ci95": auc and auc.ci95 and list(auc.ci95),
        "interaction_statistic": test and test.statistic,
        "interaction_df": test and test.df,
        "interaction_p": test and test.p,
    }


def _centers(found: CentersResult) -> Json:
    return {
        "by_center": [_center(row) for row in found.by_center],
        **{measure: _pooled(found.pooled.get(measure)) for measure in MEASURES},
    }


def _center(row: CenterResult) -> Json:
    auc = row.auc
    return {
        "center": row.center,
        "n": row.n,
        "events": row.events,
        "auc": auc and auc.auc,
        "auc_ci95": auc and auc.ci95 and list(auc.ci95),
        "oe_ratio": row.oe_ratio,
        "calibration_slope": row.calibration_slope,
    }


def _pooled(found: PooledMeasure | None) -> Json | None:
    if found is None:
        return None
    without = [{"left_out": center, **asdict(part)} for center, part in found.without.items()]
    return {**asdict(found.overall), "leave_one_out": without}
