"""The response panel, ours and with scikit-learn, statsmodels and dcurves."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

SCORES = ("dl_signature", "clinical_signature", "dlcs")
THRESHOLDS = np.round(np.arange(1, 100) / 100, 2)


def draw(n: int) -> pd.DataFrame:
    """Patients whose three scores know something about their response."""
    rng = np.random.default_rng(2024)
    logit = rng.normal(-0.8, 1.3, n)
    good = rng.random(n) < sigmoid(logit)
    scores = {
        name: sigmoid(0.9 * logit + rng.normal(0, noise, n))
        for name, noise in zip(SCORES, (0.6, 1.2, 0.3), strict=True)
    }
    return pd.DataFrame({"good_response": pd.array(good, dtype="boolean"), **scores})


def ours(cohort: pd.DataFrame) -> None:
    from dlcs_core.report.response import response_report

    response_report(cohort)


def peer(cohort: pd.DataFrame) -> None:
    """Do the same, but for DeLong's intervals and tests, which these libraries lack."""
    from dcurves import dca
    from sklearn.calibration import calibration_curve
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import (
        average_precision_score,
        brier_score_loss,
        confusion_matrix,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )
    from statsmodels.nonparametric.smoothers_lowess import lowess

    table = cohort.astype({"good_response": int})
    y = table["good_response"].to_numpy()
    for name in SCORES:
        p = table[name].to_numpy()
        false_positive, true_positive, cutoff = roc_curve(y, p)
        roc_auc_score(y, p)
        best = cutoff[np.argmax(true_positive - false_positive)]
        confusion_matrix(y, p >= best)
        precision_recall_curve(y, p)
        average_precision_score(y, p)
        brier_score_loss(y, p)
        calibration_curve(y, p, n_bins=10, strategy="quantile")
        logit = np.log(p / (1 - p))
        LogisticRegression(C=np.inf).fit(logit[:, None], y)
        lowess(y.astype(float), p, frac=2 / 3, it=0, delta=0.01 * np.ptp(p))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dca(data=table, outcome="good_response", modelnames=list(SCORES), thresholds=THRESHOLDS)


def write_table(path: Path, n: int) -> None:
    """Write a cohort with every column of the contract as CSV."""
    from dlcs_core.clinical.variables import VARIABLES

    rng = np.random.default_rng(7)
    table = draw(n)
    columns: dict[str, object] = {
        "patient_id": [f"P{number:07d}" for number in range(n)],
        "center": rng.choice(["A", "B", "C"], n),
        "cohort": rng.choice(["training", "external_validation"], n),
        "trg": np.where(table["good_response"].to_numpy(bool), 1, 2),
    }
    for variable in VARIABLES:
        if variable.levels:
            columns[variable.name] = rng.choice(variable.levels, n)
        else:
            low, high = variable.soft_limits or (0.0, 1.0)
            columns[variable.name] = np.round(rng.uniform(low, high, n), 0 if variable.whole else 2)
    columns |= {name: np.round(table[name].to_numpy(), 6) for name in SCORES}
    pd.DataFrame(columns).to_csv(path, index=False)


def sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logit))
