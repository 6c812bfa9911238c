import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.contingency import (
    count_table,
    expected_counts,
    fisher_exact_test,
    fisher_odds_ratio,
    independence_test,
    likelihood_ratio_chi_square,
    pearson_chi_square,
    yates_chi_square,
)
from dlcs_core.statistics.effect_size import cramers_v

DATASETS = ["aSAH", "birthwt"]
R_ROOT_FINDER = 1e-4
"""R's own search for the conditional odds ratio and its limits, between 0 and 1, stops here."""


def chi_square(found):
    return [found.statistic, found.df, found.p]


def listed(value):
    return [value["statistic"], value["df"][0], value["p"]]


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_contingency_entry_equals_r(dataset, oracle, tally):
    for name, _, value in oracle(dataset, "tests").starting("table."):
        table = np.array(value["table"])
        tally.compare(name, expected_counts(table).min(), value["expected_min"])
        tally.compare(name, chi_square(pearson_chi_square(table)), listed(value["pearson"]))
        tally.compare(name, likelihood_ratio_chi_square(table).statistic, value["lr_chi2"])
        tally.compare(name, fisher_exact_test(table).p, value["fisher_p"])
        tally.compare(name, cramers_v(table), value["cramers_v"])
        # R's correct = TRUE leaves larger tables uncorrected; ours refuses them by name.
        corrected = yates_chi_square if table.shape == (2, 2) else pearson_chi_square
        tally.compare(name, chi_square(corrected(table)), listed(value["yates"]))
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_conditional_odds_ratios_equal_r(dataset, oracle, tally):
    for name, _, value in oracle(dataset, "tests").starting("table."):
        if "fisher_or_ci" in value:
            found = fisher_odds_ratio(value["table"])
            expected = [value["fisher_or_conditional"], *value["fisher_or_ci"]]
            for ours, theirs in zip((found.estimate, *found.ci95), expected, strict=True):
                # Above 1, R searches for the reciprocal.
                searched = [min(ours, 1 / ours), min(theirs, 1 / theirs)]
                tally.compare(name, *searched, rtol=0.0, atol=R_ROOT_FINDER)
    tally.all_agree()


@pytest.mark.parametrize(
    ("table", "test"),
    [
        ([[20, 20], [21, 19]], "pearson_chi_square"),
        ([[26, 88], [3, 14]], "yates_chi_square"),
        ([[28, 99], [0, 1]], "fisher_exact"),
        ([[30, 30], [20, 25], [1, 0]], "likelihood_ratio_chi_square"),
        ([[30, 30, 30], [20, 25, 1]], "pearson_chi_square"),
        ([[30, 30, 3], [20, 25, 1]], "likelihood_ratio_chi_square"),
    ],
)
def test_the_smallest_expected_count_chooses_the_test(table, test):
    assert independence_test(table).test == test


def test_an_expected_count_of_exactly_5_is_enough_for_pearson_and_of_1_for_yates():
    assert expected_counts([[5, 5], [15, 15]]).min() == 5.0
    assert independence_test([[5, 5], [15, 15]]).test == "pearson_chi_square"
    assert expected_counts([[1, 1], [19, 19]]).min() == 1.0
    assert independence_test([[1, 1], [19, 19]]).test == "yates_chi_square"


def test_empty_levels_and_groups_do_not_count():
    plain = pearson_chi_square([[8, 2], [2, 8]])
    padded = pearson_chi_square([[8, 0, 2], [0, 0, 0], [2, 0, 8]])
    assert padded == plain


def test_exact_p_of_a_three_by_three_table_is_that_of_all_its_tables():
    table = np.array([[3, 0, 1], [0, 2, 1], [1, 1, 3]])
    assert fisher_exact_test(table).p == pytest.approx(_listed_p(table), rel=1e-12)
    assert fisher_exact_test(table.T).p == pytest.approx(fisher_exact_test(table).p, rel=1e-12)


def _listed_p(table):
    """Fisher's P by going through every table of counts up to 5."""
    from itertools import product
    from math import factorial, prod

    rows, columns = table.sum(axis=1), table.sum(axis=0)

    def weight(cells):
        return 1.0 / prod(factorial(int(c)) for c in np.ravel(cells))

    weights = []
    for corner in product(range(6), repeat=4):
        cells = np.zeros((3, 3), dtype=int)
        cells[:2, :2] = np.reshape(corner, (2, 2))
        cells[:2, 2] = rows[:2] - cells[:2, :2].sum(axis=1)
        cells[2] = columns - cells[:2].sum(axis=0)
        if (cells >= 0).all():
            weights.append(weight(cells))
    limit = weight(table) * (1 + 1e-7)
    return sum(w for w in weights if w <= limit) / sum(weights)


def test_exact_p_that_cannot_be_listed_is_refused_and_never_simulated():
    with pytest.raises(CohortError) as refusal:
        fisher_exact_test(np.full((6, 6), 40))
    assert refusal.value.code == "contingency_too_many_tables"


def test_exact_p_of_a_million_patients_with_a_rare_level():
    assert fisher_exact_test([[1, 0], [499_999, 500_000]]).p == pytest.approx(1.0)
    assert fisher_exact_test([[0, 2], [900_000, 100_000]]).p == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ([[1, 2]], "contingency_too_small"),
        ([[1, 0], [2, 0]], "contingency_too_small"),
        ([[0, 0], [0, 0]], "contingency_too_small"),
        ([1, 2], "contingency_not_a_table"),
        ([[1, -1], [2, 3]], "contingency_not_counts"),
        ([[1, 0.5], [2, 3]], "contingency_not_counts"),
        ([[1, np.nan], [2, 3]], "contingency_not_counts"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(counts, code):
    with pytest.raises(CohortError) as refusal:
        count_table(counts)
    assert refusal.value.code == code


def test_continuity_correction_is_for_two_by_two_only():
    with pytest.raises(CohortError) as refusal:
        yates_chi_square([[1, 2, 3], [3, 2, 1]])
    assert refusal.value.code == "contingency_not_two_by_two"


def test_the_correction_never_goes_past_the_expected_count():
    assert yates_chi_square([[10, 10], [10, 10]]).statistic == 0.0
    assert yates_chi_square([[10, 10], [10, 10]]).p == 1.0
