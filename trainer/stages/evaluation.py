"""How well the served pipeline does: out-of-fold in training, untouched cohorts elsewhere."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.errors import DlcsError
from dlcs_core.statistics.calibration import (
    CalibrationEstimate,
    calibration_in_the_large,
    calibration_slope,
)
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.survival_metrics import harrell_c

T = TypeVar("T")

Z_975 = 1.959963984540054
SCORES = ("dl_score", "dl_signature", "clinical_signature", "dlcs")
COHORTS = ("training", "internal_validation", "external_validation")


def evaluate_cohorts(table: pd.DataFrame, cutoff: float) -> dict[str, Any]:
    """Evaluate every score in every cohort.

    Parameters
    ----------
    table : DataFrame
        Cohort table with the columns of ``SCORES`` and ``os_linear_predictor``; out-of-fold in
        the training cohort.
    cutoff : float
        Of the DLCS.

    Returns
    -------
    dict
        Cohort to its metrics; None where a cohort is too small or one-sided for a number.
    """
    found = [cohort for cohort in COHORTS if (table["cohort"] == cohort).any()]
    return {cohort: _evaluate(table[table["cohort"] == cohort], cutoff) for cohort in found}


def _evaluate(table: pd.DataFrame, cutoff: float) -> dict[str, Any]:
    """Evaluate one cohort."""
    response = table["good_response"].to_numpy(bool)
    scores = {name: table[name].to_numpy(float) for name in SCORES}
    return {
        "predictions": "out_of_fold" if table["cohort"].iloc[0] == "training" else "served",
        **{name: _discrimination(response, score) for name, score in scores.items()},
        "dlcs_at_cutoff": _at_cutoff(response, scores["dlcs"], cutoff),
        "survival": _or_none(lambda: _concordance(table)),
    }


def _discrimination(response: NDArray[np.bool_], score: NDArray[np.float64]) -> dict[str, Any]:
    """AUC with DeLong's interval, calibration in the large and slope."""
    known = np.isfinite(score)
    response, score = response[known], score[known]
    auc = _or_none(lambda: auc_estimate(response, score))
    return {
        "n": len(score),
        "events": int(response.sum()),
        "auc": auc and {"estimate": auc.auc, "ci95": auc.ci95 and list(auc.ci95)},
        **calibration_of(response, score),
    }


def calibration_of(response: NDArray[np.bool_], risk: NDArray[np.float64]) -> dict[str, Any]:
    """Return calibration in the large and slope with intervals; None where not estimable."""
    intercept = _or_none(lambda: calibration_in_the_large(response, risk))
    slope = _or_none(lambda: calibration_slope(response, risk))
    return {
        "calibration_intercept": _with_interval(intercept),
        "calibration_slope": _with_interval(slope),
    }


def _with_interval(found: CalibrationEstimate | None) -> dict[str, Any] | None:
    return None if found is None else {"estimate": found.estimate, "ci95": list(found.ci95)}


def _at_cutoff(
    response: NDArray[np.bool_], dlcs: NDArray[np.float64], cutoff: float
) -> dict[str, Any]:
    """Count at the cutoff that was fixed in training."""
    known = np.isfinite(dlcs)
    positive, good = dlcs[known] >= cutoff, response[known]
    return {
        "cutoff": cutoff,
        "tp": int((positive & good).sum()),
        "fp": int((positive & ~good).sum()),
        "tn": int((~positive & ~good).sum()),
        "fn": int((~positive & good).sum()),
    }


def _concordance(table: pd.DataFrame) -> dict[str, Any]:
    """Harrell's C of the linear predictor among the patients with follow-up."""
    columns = ["os_months", "os_event", "os_linear_predictor"]
    followed = table[columns].astype(float).dropna()
    found = harrell_c(
        followed["os_months"].to_numpy(),
        followed["os_event"].to_numpy(bool),
        followed["os_linear_predictor"].to_numpy(),
    )
    half = Z_975 * found.se
    return {
        "n": len(followed),
        "deaths": int(followed["os_event"].sum()),
        "c_index": {
            "estimate": found.c_index,
            "ci95": [max(found.c_index - half, 0.0), min(found.c_index + half, 1.0)],
        },
    }


def _or_none(estimate: Callable[[], T]) -> T | None:
    """Return an estimate; None where the cohort is too small or one-sided to have one."""
    try:
        return estimate()
    except DlcsError:
        return None
