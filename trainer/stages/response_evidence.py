"""What stands behind the response models: selection, its stability, and what the fusion adds."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import DlcsError
from dlcs_core.models.clinical_signature import ClinicalSignature
from dlcs_core.models.design import logit_of, make_design
from dlcs_core.models.fusion import FUSION_VARIABLES, FusionModel, fit_fusion
from dlcs_core.models.logistic_model import LogisticModel
from dlcs_core.statistics.delong import delong_test
from dlcs_core.statistics.wald import wald_rows
from trainer.stages.cross_fit import Rows, cross_fit

SCREENING_P = 0.05

UNADJUSTED = "P values after selection are not adjusted for it and are too small"

NON_INFERIORITY_MARGIN = 0.01

Floats = NDArray[np.float64]


def coefficient_rows(model: LogisticModel) -> list[dict[str, Any]]:
    """Return the coefficients of a stored model with Wald inference; columns left out have none."""
    se = np.sqrt(np.diag(model.covariance))[1:]
    kept = np.flatnonzero(se > 0.0)
    names = [model.columns[k] for k in kept]
    return [
        {"column": row.name, "estimate": row.estimate, "se": row.se, "odds_ratio": row.ratio,
         "ci95": list(row.ci95), "p_unadjusted": row.p}
        for row in wald_rows(names, model.coefficients[kept], se[kept])
        if np.isfinite(row.ci95).all()
    ]  # fmt: skip


def clinical_evidence(
    table: pd.DataFrame,
    clinical: ClinicalSignature,
    fold: NDArray[np.int64],
    subsamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return how the clinical signature was chosen and how stable that choice is.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table.
    clinical : ClinicalSignature
        As served.
    fold : int64 array (n_patients,)
        Held-out fold; -1 outside training.
    subsamples : int
        Halves of the training patients on which the LASSO is repeated; 0: none.
    seed : int
        Of the subsamples.
    """
    return {
        "selected_columns": list(clinical.selection.selected),
        "selected_variables": list(clinical.variables),
        "spearman_at_least_0.7": dict(clinical.selection.correlated),
        "coefficients": coefficient_rows(clinical.model),
        "note": UNADJUSTED,
        "stability": _stability(table[fold >= 0], subsamples, seed) if subsamples else None,
    }


def _stability(training: pd.DataFrame, subsamples: int, seed: int) -> dict[str, Any] | None:
    """Return the share of halves of the patients in which each column is selected."""
    from dlcs_core.statistics.design_checks import dependent_columns
    from dlcs_core.statistics.selection_stability import selection_stability

    design = make_design(training, [v.name for v in VARIABLES if training[v.name].notna().any()])
    complete = design.complete(training)
    matrix = design.matrix(training)[complete]
    dropped = dependent_columns(matrix)
    kept = [k for k in range(len(design.columns)) if k not in dropped]
    names = [design.columns[k] for k in kept]
    response = training["good_response"].to_numpy(bool)[complete]
    rng = np.random.default_rng([seed, 4])
    try:
        found = selection_stability(
            matrix[:, kept], response, names, rng, subsamples=subsamples, folds=5
        )
    except DlcsError:
        return None  # halves of a tiny cohort have folds of one class
    frequency = dict(zip(found.columns, found.frequency_min.tolist(), strict=True))
    return {
        "subsamples": found.subsamples,
        "failed": found.failed,
        "selected_share": dict(sorted(frequency.items(), key=lambda entry: -entry[1])),
    }


def screened_variables(table: pd.DataFrame, good_response: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the variables with a univariable likelihood-ratio P below 0.05 in these patients."""
    return tuple(
        v.name for v in VARIABLES if _univariable_p(table, v.name, good_response) < SCREENING_P
    )


def _univariable_p(table: pd.DataFrame, name: str, good_response: NDArray[np.bool_]) -> float:
    """P of one variable with all its levels; 1 where it says nothing in these patients."""
    from dlcs_core.statistics.design_checks import dependent_columns
    from dlcs_core.statistics.logistic_regression import fit_logistic

    if not table[name].notna().any():
        return 1.0
    design = make_design(table, [name])
    complete = design.complete(table)
    matrix, outcome = design.matrix(table)[complete], good_response[complete]
    dropped = dependent_columns(matrix)
    kept = [k for k in range(len(design.columns)) if k not in dropped]
    if not kept or outcome.all() or not outcome.any():
        return 1.0
    names = [design.columns[k] for k in kept]
    try:
        return fit_logistic(matrix[:, kept], outcome, names).likelihood_ratio[2]
    except DlcsError:
        return 1.0  # a level with one class only has no finite estimate


def fusion_evidence(
    table: pd.DataFrame, fusion: FusionModel, fold: NDArray[np.int64]
) -> dict[str, Any]:
    """Return what the fusion adds, and the other choice of its variables beside it.

    Parameters
    ----------
    table : DataFrame
        Cohort table with every score: out-of-fold in training, served elsewhere.
    fusion : FusionModel
        As served.
    fold : int64 array (n_patients,)
        Held-out fold; -1 outside training.

    Returns
    -------
    dict
        Screening is repeated within every training fold, so that its out-of-fold DLCS has not
        seen the patient either.
    """
    response = table["good_response"].to_numpy(bool)
    signature = table["dl_signature"].to_numpy(float)
    training = table[fold >= 0]
    chosen = screened_variables(training, response[fold >= 0])

    def fit(rows: Rows) -> FusionModel:
        part = table.iloc[rows]
        variables = screened_variables(part, response[rows])
        return fit_fusion(part, signature[rows], response[rows], variables=variables)

    _, screened = cross_fit(
        fold, fit, lambda model, rows: model.probabilities(signature[rows], table.iloc[rows])
    )
    _, figure_3a = cross_fit(
        fold,
        lambda rows: fit_fusion(table.iloc[rows], signature[rows], response[rows]),
        lambda model, rows: model.probabilities(signature[rows], table.iloc[rows]),
    )
    compared = table.assign(dlcs_screened=screened, dlcs_figure_3a=figure_3a)
    return {
        "variables": list(fusion.design.variables),
        "coefficients": coefficient_rows(fusion.model),
        "figure_3a_variables": list(FUSION_VARIABLES),
        "screened_variables": list(chosen),
        "comparisons": {
            str(cohort): _comparisons(rows)
            for cohort, rows in compared.groupby("cohort", observed=True)
        },
        "adds_to_dl_signature": _likelihood_ratio(training, fusion.design.variables),
        "note": UNADJUSTED,
    }


def _comparisons(table: pd.DataFrame) -> dict[str, Any]:
    """Return paired DeLong comparisons of one cohort."""
    pairs = {
        "dlcs_minus_clinical_signature": ("dlcs", "clinical_signature"),
        "dlcs_minus_dl_signature": ("dlcs", "dl_signature"),
        "screened_minus_figure_3a": ("dlcs_screened", "dlcs_figure_3a"),
    }
    return {name: _or_none(lambda p=pair: _delong(table, *p)) for name, pair in pairs.items()}  # type: ignore[misc]


def _delong(table: pd.DataFrame, a: str, b: str) -> dict[str, Any]:
    rows = table[[a, b]].notna().all(axis=1)
    known = table[rows]
    found = delong_test(known["good_response"].to_numpy(bool), known[a], known[b])
    return {
        "n": len(known),
        "auc": [found.auc_a, found.auc_b],
        "difference": {"estimate": found.difference, "ci95": list(found.ci95)},
        "p": found.p,
        "non_inferior_by_0.01": found.ci95[0] > -NON_INFERIORITY_MARGIN,
    }


def _likelihood_ratio(training: pd.DataFrame, variables: Sequence[str]) -> dict[str, Any] | None:
    """Test whether the clinical variables add to the out-of-fold signature."""
    from dlcs_core.statistics.checks import chi_square_p
    from dlcs_core.statistics.design_checks import dependent_columns
    from dlcs_core.statistics.logistic_regression import fit_logistic

    design = make_design(training, list(variables))
    complete = design.complete(training)
    logit = [logit_of(p) for p in training["dl_signature"].to_numpy(float)[complete]]
    matrix = np.column_stack([logit, design.matrix(training)[complete]])
    dropped = dependent_columns(matrix)
    kept = [k for k in range(matrix.shape[1]) if k not in dropped]
    outcome = training["good_response"].to_numpy(bool)[complete]
    names = [str(k) for k in kept]

    def test() -> dict[str, Any]:
        whole = fit_logistic(matrix[:, kept], outcome, names)
        image = fit_logistic(matrix[:, :1], outcome, names[:1])
        statistic, df = 2 * (whole.log_likelihood - image.log_likelihood), len(kept) - 1
        p = chi_square_p(max(statistic, 0.0), df) if df else 1.0
        return {"statistic": statistic, "df": df, "p": p, "n": len(outcome)}

    return _or_none(test)


def _or_none(estimate: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Return a result; None where the cohort is too small or one-sided for it."""
    try:
        return estimate()
    except DlcsError:
        return None
