"""Metrics of a manifest, flattened with their intervals."""

from dlcs_core.report.model_card import metrics_of


def test_an_interval_stands_with_its_estimate_and_not_by_itself():
    (metric,) = metrics_of({"a": {"auc": 0.8, "auc_ci95": [0.7, 0.9]}})
    assert (metric.path, metric.name, metric.ci95) == (("a",), "auc", (0.7, 0.9))


def test_numbers_without_interval_and_deep_nesting_are_kept():
    found = metrics_of({"a": {"b": {"n": 12}}, "slope": 1.0})
    assert [(m.path, m.name, m.value, m.ci95) for m in found] == [
        (("a", "b"), "n", 12, None),
        ((), "slope", 1.0, None),
    ]


def test_lists_that_are_no_interval_are_left_out():
    assert metrics_of({"grid": [1, 2, 3]}) == ()
