"""The survival report as JSON, schema ``dlcs.survival/1``, without its warnings."""

import math
from collections.abc import Sequence

from dlcs_core.errors import CohortError
from dlcs_core.report.survival import GroupSurvival, SurvivalReport
from dlcs_core.report.survival_accuracy import Accuracy
from dlcs_core.report.survival_model import Ranking
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.decision_curve import DecisionCurve
from dlcs_core.statistics.group_tests import LogRankTest
from dlcs_core.statistics.kaplan_meier import KaplanMeierCurve
from dlcs_core.statistics.restricted_mean import restricted_mean_survival
from dlcs_core.statistics.survival_calibration import SurvivalCalibration

SCHEMA = "dlcs.survival/1"

Json = dict[str, object]


def survival_json(report: SurvivalReport) -> Json:
    """Return a survival report as JSON values.

    Parameters
    ----------
    report : SurvivalReport
        The evaluation.

    Returns
    -------
    dict
        Every field of the contract, filled or None; times are keys as :func:`time_key` words
        them.
    """
    return {
        "n": report.n,
        "events": report.events,
        "median_followup_months": report.median_followup_months,
        **_ranking(report.ranking, report.request.horizons_months),
        **_accuracy(report.accuracy, report.request.horizons_months),
        "log_rank": report.log_rank and _log_rank(report.log_rank),
        "kaplan_meier": {name: _curve(group.curve) for name, group in report.groups.items()},
        "median_survival_months": {
            name: {
                "median": group.median.median,
                "ci95_low": group.median.ci95_low,
                "ci95_high": group.median.ci95_high,
            }
            for name, group in report.groups.items()
        },
        "restricted_mean_months": {
            name: _restricted_mean(group, report.request.horizons_months[-1])
            for name, group in report.groups.items()
        },
        "survival_at": {name: _at_horizons(group) for name, group in report.groups.items()},
        "ci": report.request.ci_type,
    }


def _restricted_mean(group: GroupSurvival, horizon_months: float) -> Json:
    """Return the mean time alive within the last horizon; None beyond the group's follow-up."""
    try:
        found = restricted_mean_survival(group.curve, horizon_months)
    except CohortError:
        return {"horizon": horizon_months, "mean": None, "se": None, "ci95": None}
    return {
        "horizon": horizon_months, "mean": found.mean_months, "se": found.se,
        "ci95": list(found.ci95),
    }  # fmt: skip


def time_key(months: float) -> str:
    """Return a time as the shortest decimal that means it.

    Examples
    --------
    >>> time_key(12.0), time_key(0.5)
    ('12', '0.5')
    """
    return repr(float(months)).removesuffix(".0")


def _ranking(found: Ranking | None, horizons: Sequence[float]) -> Json:
    """Return the fields of the risk; the same keys whatever could be computed."""
    c = found.concordance if found else None
    auc = found.auc if found else None
    return {
        "n_risk": found and found.n,
        "harrell_c": c and c.c_index,
        "harrell_c_se": c and c.se,
        "harrell_c_ci95": c and list(c.ci95),
        "uno_c": found and found.uno_c,
        "auc": _by_time(horizons, auc.auc if auc else None),
        "auc_se": _by_time(horizons, auc.se if auc else None),
        "auc_ci95_low": _by_time(horizons, auc.ci95_low if auc else None),
        "auc_ci95_high": _by_time(horizons, auc.ci95_high if auc else None),
        "integrated_auc": auc and auc.integrated,
        "integrated_auc_monthly": found and found.integrated_monthly,
        "calibration_slope": found.slope.slope if found and found.slope else None,
        "calibration_slope_ci95": list(found.slope.ci95) if found and found.slope else None,
    }


def _accuracy(found: Accuracy | None, horizons: Sequence[float]) -> Json:
    """Return the fields of the predictions; Brier scores also at months beside the horizons."""
    scores = found.scores if found else None
    at = scores.horizon_months.tolist() if scores else []
    months = sorted({*horizons, *at})
    return {
        "n_survival": found and found.n,
        "brier": _by_time(months, scores.brier if scores else None, at),
        "brier_se": _by_time(months, scores.se if scores else None, at),
        "brier_null": _by_time(months, scores.null if scores else None, at),
        "integrated_brier_score": found and found.integrated,
        "integrated_brier_score_monthly": found and found.integrated_monthly,
        "integrated_brier_score_null": found and found.integrated_null,
        "ipa": found and found.ipa,
        "calibration": {time_key(t): _calibration(c) for t, c in found.calibration.items()}
        if found
        else None,
        "net_benefit": {time_key(t): _net_benefit(c) for t, c in found.decision.items()}
        if found
        else None,
    }


def _calibration(found: SurvivalCalibration) -> Json:
    return {
        "ici": found.ici,
        "e50": found.e50,
        "e90": found.e90,
        "emax": found.emax,
        "observed_expected": found.observed_expected,
    }


def _net_benefit(curve: DecisionCurve) -> list[Json]:
    columns = (
        curve.threshold, curve.net_benefit, curve.treat_all, 100.0 * curve.net_interventions_avoided
    )  # fmt: skip
    return [
        {
            "threshold": t,
            "net_benefit": _finite(benefit),
            "treat_all": everybody,
            "interventions_avoided": _finite(avoided),
        }
        for t, benefit, everybody, avoided in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _by_time(
    months: Sequence[float], values: FloatArray | None, at: Sequence[float] | None = None
) -> Json:
    """Return one value per month; None where there is none."""
    known = {} if values is None else dict(zip(at or months, values.tolist(), strict=True))
    return {time_key(month): _finite(known.get(month, math.nan)) for month in months}


def _log_rank(test: LogRankTest) -> Json:
    groups = zip(test.groups, test.n, test.observed, test.expected, strict=True)
    return {
        "statistic": test.statistic,
        "df": test.df,
        "p": test.p,
        "groups": {
            name: {"n": n, "observed": observed, "expected": expected}
            for name, n, observed, expected in groups
        },
    }


def _curve(curve: KaplanMeierCurve) -> Json:
    return {
        "time": curve.time_months.tolist(),
        "survival": curve.survival.tolist(),
        "ci95_low": _finite_list(curve.ci95_low),
        "ci95_high": _finite_list(curve.ci95_high),
        "n_at_risk": curve.n_at_risk.astype(int).tolist(),
        "n_events": curve.n_events.astype(int).tolist(),
        "n_censored": curve.n_censored.astype(int).tolist(),
    }


def _at_horizons(group: GroupSurvival) -> Json:
    at = group.at_horizons
    rows = zip(
        at.horizon_months.tolist(),
        _finite_list(at.survival),
        _finite_list(at.ci95_low),
        _finite_list(at.ci95_high),
        at.n_at_risk.astype(int).tolist(),
        strict=True,
    )
    return {
        time_key(month): {
            "survival": survival, "ci95_low": low, "ci95_high": high, "n_at_risk": n_at_risk,
        }
        for month, survival, low, high, n_at_risk in rows
    }  # fmt: skip


def _finite_list(values: FloatArray) -> list[float | None]:
    return [_finite(value) for value in values.tolist()]


def _finite(value: float) -> float | None:
    """Return a number; None where there is none."""
    return value if math.isfinite(value) else None
