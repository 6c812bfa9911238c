import numpy as np
import pytest

from dlcs_core.statistics.brier import brier_score

OUTCOME = {"aSAH": "poor", "birthwt": "low"}


@pytest.mark.parametrize("dataset", OUTCOME)
def test_brier_and_scaled_brier_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    for name, entry, value in reference.starting("brier."):
        found = brier_score(reference.data[OUTCOME[dataset]], reference.data[entry["prob"]])
        tally.compare(name, found.brier, value["brier"])
        tally.compare(name, found.scaled, value["scaled"])
    tally.all_agree()


def test_certain_and_right_is_perfect_and_certain_and_wrong_is_the_worst():
    outcome = np.array([True, False, False])
    assert brier_score(outcome, outcome).brier == 0.0
    assert brier_score(outcome, ~outcome).brier == 1.0
