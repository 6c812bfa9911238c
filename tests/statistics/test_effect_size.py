import numpy as np
import pytest

from dlcs_core.statistics.effect_size import (
    mean_of_pairs,
    proportion_difference,
    standardized_mean_difference,
)


@pytest.mark.parametrize("dataset", ["aSAH", "aSAH_untied", "birthwt"])
def test_standardised_mean_differences_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "tests")
    for name, entry, value in reference.starting("two_groups."):
        data = reference.data
        a, b = (
            data.loc[data[entry["group"]] == entry[side], entry["variable"]] for side in ("a", "b")
        )
        tally.compare(name, standardized_mean_difference(a, b), value["smd"])
    tally.all_agree()


def test_two_levels_give_the_difference_of_two_proportions():
    p, q = 0.3, 0.45
    expected = abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert proportion_difference([[30, 45], [70, 55]]) == pytest.approx(expected, rel=1e-12)


def test_three_levels_by_hand():
    # T = (0.5, 0.3) against (0.3, 0.5) of the last two levels, S their mean covariance.
    S = np.array([[(0.25 + 0.21) / 2, -0.15], [-0.15, (0.21 + 0.25) / 2]])
    d = np.array([0.2, -0.2])
    expected = np.sqrt(d @ np.linalg.inv(S) @ d)
    assert proportion_difference([[2, 2], [5, 3], [3, 5]]) == pytest.approx(expected, rel=1e-12)


def test_order_of_levels_and_groups_does_not_matter():
    counts = np.array([[20, 5], [14, 30], [6, 9]])
    expected = proportion_difference(counts)
    assert proportion_difference(counts[[2, 0, 1]]) == pytest.approx(expected, rel=1e-12)
    assert proportion_difference(counts[:, ::-1]) == pytest.approx(expected, rel=1e-12)


def test_groups_that_share_no_level_are_infinitely_far_apart():
    assert proportion_difference([[10, 0], [0, 10]]) is None
    assert proportion_difference([[10, 0], [0, 5], [0, 5]]) is None


def test_equal_shares_are_no_difference():
    assert proportion_difference([[10, 20], [5, 10], [1, 2]]) == pytest.approx(0.0, abs=1e-12)


def test_the_sign_follows_the_first_group():
    assert standardized_mean_difference([5, 6, 7], [1, 2, 3]) == 4.0
    assert standardized_mean_difference([1, 2, 3], [5, 6, 7]) == -4.0


def test_without_spread_or_with_a_single_patient_there_is_none():
    assert standardized_mean_difference([1, 1], [1, 1]) is None
    assert standardized_mean_difference([1], [1, 2]) is None


def test_more_than_two_groups_give_the_mean_distance_of_their_pairs():
    assert mean_of_pairs(2, lambda i, j: -0.4) == -0.4
    assert mean_of_pairs(3, lambda i, j: float(i - j)) == pytest.approx((1 + 2 + 1) / 3)
    assert mean_of_pairs(3, lambda i, j: None if j == 2 else 0.1) is None
    assert mean_of_pairs(1, lambda i, j: 0.0) is None
