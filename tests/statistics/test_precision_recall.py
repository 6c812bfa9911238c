import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.statistics.precision_recall import precision_recall_curve

OUTCOME = {"aSAH": "poor", "birthwt": "low"}


@pytest.mark.parametrize("dataset", OUTCOME)
def test_points_and_average_precision_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "roc")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("pr_points."):
        found = precision_recall_curve(outcome, reference.data[entry["score"]])
        tally.compare(name, found.threshold, value["threshold"])
        tally.compare(name, found.recall, value["recall"])
        tally.compare(name, found.precision, value["precision"])
    for name, entry, value in reference.starting("average_precision."):
        found = precision_recall_curve(outcome, reference.data[entry["score"]])
        tally.compare(name, found.average_precision, value["average_precision"])
        tally.compare(name, found.prevalence, value["prevalence"])
    tally.all_agree()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40))
def test_precision_of_calling_everybody_is_the_prevalence(rows):
    outcome, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(outcome.any() and not outcome.all())
    curve = precision_recall_curve(outcome, score)
    assert curve.recall[-1] == 1.0
    assert curve.precision[-1] == pytest.approx(outcome.mean())
    assert 0.0 < curve.average_precision <= 1.0
