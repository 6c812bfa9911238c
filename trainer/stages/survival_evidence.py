"""What stands behind the survival model: screening, hazard ratios, optimism, and the paper's split.

The paper divided its patients 8:2 at random, once, after screening on all of them. That split is
repeated here as a row of its own, marked as leaky; what counts are the out-of-fold and bootstrap
numbers beside it.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import DlcsError
from dlcs_core.models.design import make_design
from dlcs_core.models.screening import fit_cox_model
from dlcs_core.models.survival import DL_SIGNATURE, SCREENING_P, SurvivalModel
from dlcs_core.statistics.cox_regression import CoxFit
from dlcs_core.statistics.survival_metrics import harrell_c
from dlcs_core.statistics.survival_optimism import survival_optimism
from dlcs_core.statistics.wald import WaldRow, wald_rows
from trainer.stages.response_evidence import UNADJUSTED

SPLITS = 20
"""Random 8:2 splits: a single one is luck."""

TEST_SHARE = 0.2

Floats = NDArray[np.float64]


def survival_evidence(
    table: pd.DataFrame,
    survival: SurvivalModel,
    fold: NDArray[np.int64],
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return univariable and multivariable Cox tables, optimism and the leaky split.

    Parameters
    ----------
    table : DataFrame
        Cohort table with ``dl_signature`` (out-of-fold in training), follow-up and
        ``os_linear_predictor``.
    survival : SurvivalModel
        As served.
    fold : int64 array (n_patients,)
        Held-out fold; -1 outside training.
    resamples : int
        Bootstrap samples; 0: none.
    seed : int
        Of resamples and splits.
    """
    followed = (fold >= 0) & table[["os_months", "os_event"]].notna().all(axis=1).to_numpy()
    training = table[followed]
    return {
        "patients": int(followed.sum()),
        "deaths": int(training["os_event"].sum()),
        "univariable": [
            row for name in (DL_SIGNATURE, *(v.name for v in VARIABLES))
            for row in _univariable(training, name, survival)
        ],
        "multivariable": _multivariable(survival),
        "dl_signature_sd": float(training[DL_SIGNATURE].std()),
        "risk_cutoff": {"value": survival.risk_cutoff, "rule": "median linear predictor"},
        "optimism": _optimism(training, resamples, seed) if resamples else None,
        "paper_split": _paper_split(training, survival, seed),
        "note": UNADJUSTED,
    }  # fmt: skip


def _columns(table: pd.DataFrame, name: str) -> tuple[Floats, tuple[str, ...]]:
    """Return the design columns of one variable, NaN where it is missing."""
    if name == DL_SIGNATURE:
        return table[[DL_SIGNATURE]].to_numpy(float), (DL_SIGNATURE,)
    design = make_design(table, [name])
    return design.matrix(table), design.columns


def _univariable(table: pd.DataFrame, name: str, model: SurvivalModel) -> list[dict[str, Any]]:
    """Return the hazard ratios of one variable alone."""
    if not table[name].notna().any():
        return []
    matrix, columns = _columns(table, name)
    known = np.flatnonzero(np.isfinite(matrix).all(axis=1))
    fit = _fit(matrix[known], table.iloc[known], columns)
    if fit is None:
        return []
    p = fit.likelihood_ratio[2]
    entered = name == DL_SIGNATURE or name in model.design.variables
    return [
        {**_row(row), "variable": name, "p_likelihood_ratio": p, "entered": entered}
        for row in fit.rows
    ]


def _fit(matrix: Floats, table: pd.DataFrame, columns: tuple[str, ...]) -> CoxFit | None:
    """Fit a Cox model; None where nobody died or nothing varies."""
    months, died = table["os_months"].to_numpy(float), table["os_event"].to_numpy(float)
    try:
        fit, kept, _ = fit_cox_model(matrix, months, died, columns, len(table))
    except DlcsError:
        return None
    return fit if kept.size else None


def _row(row: WaldRow) -> dict[str, Any]:
    finite = bool(np.isfinite(row.ci95).all())
    return {
        "column": row.name,
        "estimate": row.estimate,
        "se": row.se,
        "hazard_ratio": row.ratio if finite else None,
        "ci95": list(row.ci95) if finite else None,
        "p_unadjusted": row.p,
    }


def _multivariable(model: SurvivalModel) -> list[dict[str, Any]]:
    """Return the hazard ratios of the served model; columns that were left out have none."""
    se = np.sqrt(np.diag(model.covariance))
    kept = np.flatnonzero(se > 0.0)
    names = [model.columns[k] for k in kept]
    return [_row(row) for row in wald_rows(names, model.coefficients[kept], se[kept])]


def _complete(table: pd.DataFrame) -> tuple[Floats, tuple[str, ...], dict[str, list[str]], Any]:
    """Return all candidates' columns of the patients who have every value."""
    names = [v.name for v in VARIABLES if table[v.name].notna().any()]
    design = make_design(table, names)
    matrix = np.column_stack([table[DL_SIGNATURE].to_numpy(float), design.matrix(table)])
    known = np.isfinite(matrix).all(axis=1)
    columns_of = {DL_SIGNATURE: [DL_SIGNATURE]}
    columns_of |= {name: list(design.columns_of(name)) for name in names}
    return matrix[known], (DL_SIGNATURE, *design.columns), columns_of, table[known]


def _optimism(table: pd.DataFrame, resamples: int, seed: int) -> dict[str, Any] | None:
    """Correct C and slope for optimism; every resample screens anew, the DL signature included."""
    matrix, columns, columns_of, rows = _complete(table)
    try:
        found = survival_optimism(
            matrix, rows["os_months"].to_numpy(float), rows["os_event"].to_numpy(float),
            columns, columns_of, np.random.default_rng([seed, 5]), resamples=resamples,
        )  # fmt: skip
    except DlcsError:
        return None  # a tiny cohort, in which nothing passes the screening
    return {
        "patients": len(rows),
        "resamples": found.resamples,
        "failed": found.failed,
        **{
            name: {"apparent": one.apparent, "optimism": one.optimism, "corrected": one.corrected}
            for name, one in found.measures.items()
        },
    }


def _paper_split(table: pd.DataFrame, model: SurvivalModel, seed: int) -> dict[str, Any] | None:
    """Fit on 80 %, test on 20 % of the patients, with variables chosen on all of them."""
    parts = [table[[DL_SIGNATURE]].to_numpy(float), model.design.matrix(table)]
    matrix = np.column_stack(parts)
    known = np.isfinite(matrix).all(axis=1)
    matrix, rows = matrix[known], table[known]
    rng = np.random.default_rng([seed, 6])
    found = [c for _ in range(SPLITS) if (c := _one_split(matrix, rows, model.columns, rng))]
    if not found:
        return None
    train, test = np.array(found).T
    return {
        "leaky": "variables were screened on all patients, the test patients included",
        "splits": len(found),
        "screening_p": SCREENING_P,
        "first_split": {"train_c_index": train[0], "test_c_index": test[0]},
        "train_c_index": {"mean": float(train.mean()), "sd": float(train.std())},
        "test_c_index": {"mean": float(test.mean()), "sd": float(test.std())},
    }


def _one_split(
    matrix: Floats, table: pd.DataFrame, columns: tuple[str, ...], rng: np.random.Generator
) -> tuple[float, float] | None:
    order = rng.permutation(len(table))
    cut = round(TEST_SHARE * len(table))
    test, train = order[:cut], order[cut:]
    months, died = table["os_months"].to_numpy(float), table["os_event"].to_numpy(bool)
    try:
        fit, kept, _ = fit_cox_model(
            matrix[train], months[train], died[train].astype(float), columns, len(train)
        )
        risk = fit.linear_predictor(matrix[:, kept])
        found = [harrell_c(months[r], died[r], risk[r]).c_index for r in (train, test)]
    except DlcsError:
        return None
    return found[0], found[1]
