"""Which entries of every oracle file are compared where, and which are left out and why.

The numbers themselves are held by the tests named here; those of ``tests``, ``km``, ``cox`` and
``survival_metrics`` go field by field and name what they leave out. The two nomograms that no other
test reads are compared here.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.models.baseline import Baseline
from dlcs_core.models.nomogram import make_nomogram
from dlcs_core.models.nomogram_terms import NomogramTerm
from dlcs_core.statistics.cox_regression import fit_cox

TESTS = Path(__file__).resolve().parents[1]
ORACLES = Path(__file__).parent / "oracles"
FIELD_BY_FIELD = "statistics/test_oracle_of_survival.py"
COMPARED_IN = {
    "roc": {
        "auc": "statistics/test_delong.py",
        "delong_paired": "statistics/test_delong.py",
        "delong_unpaired": "statistics/test_delong.py",
        "average_precision": "statistics/test_precision_recall.py",
        "pr_points": "statistics/test_precision_recall.py",
        "roc_points": "statistics/test_roc.py",
        "youden": "statistics/test_roc.py",
        "thresholds": "statistics/test_classification.py",
    },
    "calibration": {
        "hl": "statistics/test_calibration.py",
        "recalibration": "statistics/test_calibration.py",
        "brier": "statistics/test_brier.py",
        "loess_ici": "statistics/test_calibration_curve.py",
        "val_prob": "statistics/test_validation_summary.py",
        "lowess": "statistics/test_validation_summary.py",
        "binned_uniform": "statistics/test_validation_summary.py",
    },
    "loess_band": {"loess_band": "statistics/test_loess_band.py"},
    "dca": {"net_benefit": "statistics/test_decision_curve.py"},
    "logistic": {
        "univariable": "statistics/test_logistic_regression.py",
        "multivariable": "statistics/test_profile_likelihood.py",
    },
    "lasso": {"binomial": "statistics/test_lasso.py"},
    "bootstrap": {"bootstrap_optimism": "statistics/test_bootstrap.py"},
    "tests": dict.fromkeys(
        ("two_groups", "table", "correlation", "k_groups"), "statistics/test_oracle_of_tests.py"
    ),
    "km": dict.fromkeys(
        ("overall", "curve", "reverse_km", "rmst", "logrank", "by", "pairwise"), FIELD_BY_FIELD
    ),
    "cox": dict.fromkeys(("univariable", "multivariable", "baseline", "zph"), FIELD_BY_FIELD)
    | {"predicted": "models/test_baseline.py"},
    "survival_metrics": dict.fromkeys(
        ("harrell", "uno", "cd_auc", "iauc", "brier", "ibs"), FIELD_BY_FIELD
    ),
    "survival_calibration": dict.fromkeys(
        ("smooth", "groups", "oe", "slope"), "statistics/test_survival_calibration.py"
    ),
    "nomogram": {
        "lrm": "models/test_nomogram.py",
        "cph": "models/test_nomogram.py",
        "lrm_default_axes": "statistics/test_oracle_coverage.py",
        "survest": "statistics/test_oracle_coverage.py",
    },
}  # fmt: skip
SURVIVAL_DCA = "statistics/test_survival_decision_curve.py"
LEFT_OUT = {
    "auc_hanley": "Hanley and McNeil's variance: DeLong's is the one that is reported",
    "gaussian": "the LASSO of a 0/1 outcome as if it were a measurement is another model",
    "predicted_median": "no output shows a single patient's median survival",
    "residuals": "R's martingale and deviance residuals are no output",
    "train_test": "weights from other patients are scikit-survival's convention, not R's",
}
FILES = sorted(path.name.removesuffix(".json") for path in ORACLES.glob("*.json"))


def entries_of(name):
    return json.loads((ORACLES / f"{name}.json").read_text())["entries"]


@pytest.mark.parametrize("name", FILES)
def test_every_entry_of_every_file_is_compared_or_left_out_by_name(name):
    dataset, _, topic = name.partition(".")
    kinds = [re.match("[A-Za-z_]+", entry)[0] for entry in entries_of(name)]
    left_out = sorted({kind for kind in kinds if kind in LEFT_OUT})
    compared = [kind for kind in kinds if kind not in LEFT_OUT]
    print(f"{name}: {len(compared)} of {len(kinds)} entries compared")
    for kind in left_out:
        print(f"left out: {kind} ({kinds.count(kind)} times), because {LEFT_OUT[kind]}")
    assert compared
    for kind in compared:
        module = COMPARED_IN[topic][kind]
        if topic == "dca" and dataset in ("lung", "gbsg"):
            module = SURVIVAL_DCA
        text = (TESTS / module).read_text()
        assert dataset.removesuffix("_untied") in text or "glob" in text, module
        goes_over_all = module == FIELD_BY_FIELD
        assert goes_over_all or any(f"{quote}{kind}" in text for quote in "\"'"), (kind, module)


@pytest.mark.parametrize("dataset", ["aSAH", "birthwt"])
def test_points_on_the_default_axes_equal_rms(dataset):
    entries = entries_of(f"{dataset}.nomogram")
    coefficients = entries["lrm"]["value"]["coef"]
    value = entries["lrm_default_axes"]["value"]
    terms = []
    for variable, axis in value["variables"].items():
        if variable in coefficients:
            ticks = tuple(float(level) for level in axis["level"])
            terms.append(NomogramTerm(variable, {}, coefficients[variable], ticks))
        else:
            levels = {v: coefficients.get(f"{variable}={v}", 0.0) for v in axis["level"]}
            terms.append(NomogramTerm(variable, levels))
    nomogram = make_nomogram(terms, coefficients["Intercept"])
    for axis in nomogram.axes:
        expected = value["variables"][axis.variable]["points"]
        np.testing.assert_allclose(axis.points, expected, rtol=1e-8, atol=1e-9)
    found = [nomogram.linear_predictor(p) for p in value["lp_axis"]["points"]]
    np.testing.assert_allclose(found, value["lp_axis"]["lp"], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_survival_of_the_nomograms_patients_equals_survest(dataset, oracle):
    reference = oracle(dataset, "cox")
    coefficients = entries_of(f"{dataset}.nomogram")["cph"]["value"]["coef"]
    terms = [term.replace("=", "") for term in coefficients]
    X, data = reference.columns(terms), reference.data
    fit = fit_cox(X, data["time"], data["status"], terms)
    baseline = Baseline.of(fit.baseline, np.arange(len(terms)), len(terms))
    value = entries_of(f"{dataset}.nomogram")["survest"]["value"]
    for patient, expected in zip(value["id"], value["surv"], strict=True):
        centred = X[patient - 1] - fit.means
        read = [
            baseline.survival(t, centred, float(centred @ fit.coefficients), fit.covariance)[0]
            for t in value["times"]
        ]
        np.testing.assert_allclose(read, expected, rtol=1e-6)
