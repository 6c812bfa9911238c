"""Which entries of the response oracles are compared, and which are left out and why."""

import json
import re
from pathlib import Path

import pytest

ORACLES = Path(__file__).parent / "oracles"
COMPARED_IN = {
    "roc": {
        "auc": "test_delong.py",
        "delong_paired": "test_delong.py",
        "delong_unpaired": "test_delong.py",
        "average_precision": "test_precision_recall.py",
        "pr_points": "test_precision_recall.py",
        "roc_points": "test_roc.py",
        "youden": "test_roc.py",
        "thresholds": "test_classification.py",
    },
    "calibration": {
        "hl": "test_calibration.py",
        "recalibration": "test_calibration.py",
        "brier": "test_brier.py",
        "loess_ici": "test_calibration_curve.py",
        "val_prob": "test_validation_summary.py",
        "lowess": "test_validation_summary.py",
        "binned_uniform": "test_validation_summary.py",
    },
    "dca": {"net_benefit": "test_decision_curve.py"},
    "logistic": {
        "univariable": "test_logistic_regression.py",
        "multivariable": "test_profile_likelihood.py",
    },
    "bootstrap": {"bootstrap_optimism": "test_bootstrap.py"},
}
LEFT_OUT = {
    "auc_hanley": "Hanley and McNeil's variance: DeLong's is the one that is reported",
}


@pytest.mark.parametrize("topic", COMPARED_IN)
@pytest.mark.parametrize("dataset", ["aSAH", "birthwt"])
def test_every_entry_is_compared_or_left_out_by_name(dataset, topic):
    entries = json.loads((ORACLES / f"{dataset}.{topic}.json").read_text())["entries"]
    kinds = [re.match("[A-Za-z_]+", name)[0] for name in entries]
    left_out = [kind for kind in kinds if kind in LEFT_OUT]
    print(f"{dataset}.{topic}: {len(kinds) - len(left_out)} of {len(kinds)} entries compared")
    assert set(kinds) - LEFT_OUT.keys() == COMPARED_IN[topic].keys()
    for kind, module in COMPARED_IN[topic].items():
        assert f'"{kind}' in (Path(__file__).parent / module).read_text()
