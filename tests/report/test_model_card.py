"""Metrics of a manifest, flattened with their intervals."""

from dlcs_core.report.model_card import metrics_of, score_performances

METRICS = {
    "training": {
        "predictions": "out_of_fold",
        "dlcs": {"n": 12, "auc": {"estimate": 0.8, "ci95": [0.7, 0.9]}, "calibration_slope": None},
        "survival": {"c_index": {"estimate": 0.6, "ci95": None}},
    }
}


def test_an_interval_stands_with_its_estimate_and_not_by_itself():
    found = {metric.name: metric for metric in metrics_of(METRICS)}
    assert (found["auc"].path, found["auc"].value) == (("training", "dlcs"), 0.8)
    assert found["auc"].ci95 == (0.7, 0.9)
    assert found["c_index"].ci95 is None
    assert "estimate" not in found


def test_what_could_not_be_estimated_is_kept_as_such():
    found = {metric.name: metric.value for metric in metrics_of(METRICS)}
    assert found["calibration_slope"] is None
    assert found["predictions"] == "out_of_fold"


def test_lists_that_are_no_interval_are_left_out():
    assert metrics_of({"grid": [1, 2, 3]}) == ()


def test_each_cohort_and_score_is_one_entry():
    (entry,) = score_performances(METRICS)
    assert (entry.cohort, entry.score) == ("training", "dlcs")
    assert set(entry.found) == {"n", "auc", "calibration_slope"}
