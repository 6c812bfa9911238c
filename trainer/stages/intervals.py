"""Intervals of the probabilities: fitted and measured where the true probabilities are known.

Only synthetic cohorts have a table of truths. Without it, or with a measured coverage outside
90 to 98 %, the bundle has no interval.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.errors import TrainingError
from dlcs_core.models.fusion import FusionModel
from dlcs_core.models.interval import (
    FEWEST_TRUTHS,
    METHOD,
    IntervalModel,
    is_honest,
    measure_interval,
)
from dlcs_core.models.proportion import proportion
from dlcs_core.models.recalibration import Recalibration
from trainer.stages.dl_signature import DlSignatureResult

TRUTH_OF = {"dl_signature": "bayes_score", "dlcs": "bayes_score_dlcs"}
"""Column of the table of truths for each probability."""

SHUFFLE_SEED = 20231
"""Of the order in which patients are dealt to the cross-fits."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ServedLogOdds:
    """Log odds as served, with their own variance.

    Attributes
    ----------
    log_odds, variance : mapping of str to float64 array (n_patients,)
        By probability; NaN for training patients and where a variable is missing.
    """

    log_odds: dict[str, Floats]
    variance: dict[str, Floats]


@dataclass(frozen=True)
class IntervalStage:
    """Intervals, where their coverage allows them.

    Attributes
    ----------
    model : IntervalModel or None
        To serve.
    evidence : dict
        Measured coverage by probability, cohort and centre, whether it allows the interval or
        not.
    """

    model: IntervalModel | None
    evidence: dict[str, Any]


def read_truth(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Read a table of truths in the order of the cohort table.

    Parameters
    ----------
    path : Path
        CSV with ``patient_id``, ``bayes_score`` and ``bayes_score_dlcs``.
    table : DataFrame
        Cohort table with ``patient_id``.

    Returns
    -------
    DataFrame
        One row per row of ``table``; NaN for a patient whom the table of truths lacks.

    Raises
    ------
    TrainingError
        If it cannot be read, lacks a column, names a patient twice, or holds no probability.
    """
    columns = ["patient_id", *TRUTH_OF.values()]
    try:
        truth = pd.read_csv(path, usecols=columns, dtype={"patient_id": str})
    except (OSError, ValueError) as error:
        raise TrainingError("truth_unreadable", columns=", ".join(columns)) from error
    values = truth[columns[1:]]
    inside = ((values >= 0.0) & (values <= 1.0)) | values.isna()
    if truth["patient_id"].duplicated().any() or not inside.all(axis=None):
        raise TrainingError("truth_unreadable", columns=", ".join(columns))
    own = table["patient_id"].astype(str)
    return truth.set_index("patient_id").reindex(own).reset_index(drop=True)


def served_log_odds(
    table: pd.DataFrame,
    result: DlSignatureResult,
    recalibration: Recalibration,
    fusion: FusionModel,
) -> ServedLogOdds:
    """Return log odds and variances of the held-out patients, as serving has them."""
    n = len(table)
    names = tuple(TRUTH_OF)
    log_odds = {name: np.full(n, np.nan) for name in names}
    variance = {name: np.full(n, np.nan) for name in names}
    records = table.to_dict("records")
    for row in np.flatnonzero(result.fold < 0):
        logits = result.logits[:, row]
        ensemble = recalibration.ensemble_logit(logits)
        between = recalibration.fold_logit_variance(logits)
        log_odds["dl_signature"][row] = recalibration.intercept + recalibration.slope * ensemble
        variance["dl_signature"][row] = between
        values = {str(k): None if pd.isna(v) else v for k, v in records[row].items()}
        probability = recalibration.probability(ensemble)
        found = fusion.linear_predictor(probability, values)
        own = fusion.linear_predictor_variance(probability, values, between)
        if found is not None and own is not None:
            log_odds["dlcs"][row], variance["dlcs"][row] = found, own
    return ServedLogOdds(log_odds, variance)


def fit_interval_stage(
    table: pd.DataFrame,
    served: ServedLogOdds,
    truth: pd.DataFrame,
    shown: NDArray[np.bool_],
    measured_on: str,
) -> IntervalStage:
    """Fit and measure the intervals on held-out patients whose truth is known.

    Parameters
    ----------
    table : DataFrame
        ``cohort`` and ``center`` of every patient.
    served : ServedLogOdds
        Of every patient.
    truth : DataFrame
        As :func:`read_truth`.
    shown : bool array (n_patients,)
        Patients from whom the model does not abstain: only they ever see an interval.
    measured_on : str
        Goes into the bundle.
    """
    scores, evidence = {}, {}
    for name, column in TRUTH_OF.items():
        log_odds, variance = served.log_odds[name], served.variance[name]
        known = truth[column].to_numpy(float)
        rows = np.flatnonzero(np.isfinite(log_odds) & np.isfinite(known) & shown)
        if rows.size < FEWEST_TRUTHS:
            continue
        rows = np.random.default_rng(SHUFFLE_SEED).permutation(rows)
        fitted, held = measure_interval(log_odds[rows], variance[rows], known[rows])
        evidence[name] = {**fitted.to_dict(), "by_center": _by_center(table.iloc[rows], held)}
        if is_honest(fitted.coverage):
            scores[name] = fitted
    model = IntervalModel(METHOD, measured_on, scores) if scores else None
    return IntervalStage(model, evidence)


def _by_center(patients: pd.DataFrame, held: Floats) -> dict[str, Any]:
    """Return the coverage in each cohort and centre."""
    place = patients["cohort"].astype(str) + " " + patients["center"].astype(str)
    names = place.to_numpy()
    shares = {name: proportion(int(held[names == name].sum()), int((names == name).sum()))
              for name in sorted(set(names))}  # fmt: skip
    return {name: share and share.to_dict() for name, share in shares.items()}
