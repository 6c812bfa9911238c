import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.statistics.roc import roc_curve, youden_point

OUTCOME = {"aSAH": "poor", "birthwt": "low"}


@pytest.mark.parametrize("dataset", OUTCOME)
def test_points_and_youden_cutoff_equal_proc(dataset, oracle, tally):
    reference = oracle(dataset, "roc")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("roc_points."):
        curve = roc_curve(outcome, reference.data[entry["score"]])
        tally.compare(name, curve.sensitivity[::-1], value["sensitivity"])
        tally.compare(name, curve.specificity[::-1], value["specificity"])
    for name, entry, value in reference.starting("youden."):
        best = youden_point(roc_curve(outcome, reference.data[entry["score"]]))
        tally.compare(name, best.threshold, max(value["observed_threshold"]))
        tally.compare(name, best.youden_index, value["J"])
    tally.all_agree()


def test_highest_of_equally_good_cutoffs_is_taken():
    # 0.9 and 0.4 both reach sensitivity + specificity = 1.5.
    best = youden_point(roc_curve([1, 0, 1, 0], [0.9, 0.7, 0.4, 0.1]))
    assert (best.threshold, best.sensitivity, best.specificity) == (0.9, 0.5, 1.0)


def test_tied_scores_share_one_point():
    curve = roc_curve([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(curve.threshold, [np.inf, 0.5])
    np.testing.assert_array_equal(curve.sensitivity, [0.0, 1.0])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=40))
def test_each_point_is_what_counting_at_its_threshold_gives(rows):
    outcome, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(outcome.any() and not outcome.all())
    curve = roc_curve(outcome, score)
    counted = [[(score[outcome == c] >= t).mean() for t in curve.threshold] for c in (1, 0)]
    np.testing.assert_allclose(curve.sensitivity, counted[0])
    np.testing.assert_allclose(1.0 - curve.specificity, counted[1])
