import numpy as np
import pytest
from scipy.special import ndtri

from dlcs_core.errors import CohortError
from dlcs_core.statistics.normality import departs_from_normality, shapiro_wilk_test
from dlcs_core.statistics.rank_tests import kruskal_wallis_test, mann_whitney_test
from dlcs_core.statistics.two_sample import (
    anova_test,
    compare_groups,
    student_t_of_summaries,
    student_t_test,
    welch_anova_test,
    welch_t_test,
)

DATASETS = ["aSAH", "aSAH_untied", "birthwt"]


def groups_of(reference, variable, group, codes):
    complete = reference.data[[variable, group]].dropna()
    return [complete.loc[complete[group] == code, variable].to_numpy(float) for code in codes]


def two_groups(oracle, dataset):
    reference = oracle(dataset, "tests")
    for name, entry, value in reference.starting("two_groups."):
        codes = [entry["a"], entry["b"]]
        yield name, groups_of(reference, entry["variable"], entry["group"], codes), value


@pytest.mark.parametrize("dataset", DATASETS)
def test_t_tests_equal_r(dataset, oracle, tally):
    for name, (a, b), value in two_groups(oracle, dataset):
        for test, key in ((student_t_test, "student"), (welch_t_test, "welch")):
            found, expected = test(a, b), value[key]
            tally.compare(name, found.statistic, expected["statistic"])
            tally.compare(name, [found.df, found.p], [expected["df"][0], expected["p"]])
        printed = zip(value["n"], value["mean"], value["sd"], strict=True)
        tally.compare(name, student_t_of_summaries(*printed).p, value["student"]["p"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_mann_whitney_equals_r_in_every_variant(dataset, oracle, tally):
    for name, (a, b), value in two_groups(oracle, dataset):
        automatic = value["p_continuity"] if value["p_exact"] is None else value["p_exact"]
        tally.compare(name, mann_whitney_test(a, b).statistic, value["W"])
        tally.compare(name, mann_whitney_test(a, b).p, automatic)
        tally.compare(name, mann_whitney_test(a, b, "continuity").p, value["p_continuity"])
        tally.compare(name, mann_whitney_test(a, b, "asymptotic").p, value["p_asymptotic"])
        tally.compare(name, mann_whitney_test(a, b, "exact").p, value["p_exact_ties"])
        tally.compare(name, kruskal_wallis_test([a, b]).p, value["kruskal_p"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_shapiro_wilk_equals_r(dataset, oracle, tally):
    for name, groups, value in two_groups(oracle, dataset):
        found = [shapiro_wilk_test(group) for group in groups]
        tally.compare(name, [test.statistic for test in found], value["shapiro_w"])
        # W is a difference from 1, and P follows its last digits.
        tally.compare(name, [test.p for test in found], value["shapiro_p"], 1e-6)
    tally.all_agree()


@pytest.mark.parametrize("dataset", ["aSAH", "birthwt"])
def test_tests_of_several_groups_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "tests")
    for name, entry, value in reference.starting("k_groups."):
        levels = reference.data[entry["by"]].dropna().unique()
        groups = groups_of(reference, entry["x"], entry["by"], levels)
        ranks, means, expected = kruskal_wallis_test(groups), anova_test(groups), value["kruskal"]
        tally.compare(name, [ranks.statistic, ranks.p], [expected["statistic"], expected["p"]])
        tally.compare(name, ranks.df, expected["df"])
        tally.compare(name, [means.statistic, means.p], [value["anova_F"], value["anova_p"]])
        if value["welch_anova_p"] is not None:
            tally.compare(name, welch_anova_test(groups).p, value["welch_anova_p"])
    tally.all_agree()


def test_ranks_are_exact_up_to_49_patients_a_group_and_approximate_from_50(rng):
    a, b = rng.permutation(99)[:49], rng.permutation(99)[49:] + 0.5
    assert b.size == 50
    assert mann_whitney_test(a, b) == mann_whitney_test(a, b, "continuity")
    assert mann_whitney_test(a, b[1:]) == mann_whitney_test(a, b[1:], "exact")
    assert mann_whitney_test(a, b[1:]).p != mann_whitney_test(a, b[1:], "continuity").p


def test_one_tie_makes_ranks_approximate():
    assert mann_whitney_test([1, 2, 3], [3, 4, 5]) == mann_whitney_test(
        [1, 2, 3], [3, 4, 5], "continuity"
    )


def test_exchanging_groups_changes_signs_and_no_p(rng):
    a, b = rng.normal(size=30), rng.normal(0.4, 2.0, size=40)
    for test in (student_t_test, welch_t_test):
        assert test(a, b).statistic == pytest.approx(-test(b, a).statistic)
        assert test(a, b).p == pytest.approx(test(b, a).p)
    assert mann_whitney_test(a, b).p == pytest.approx(mann_whitney_test(b, a).p)
    assert mann_whitney_test(a, b).statistic + mann_whitney_test(b, a).statistic == 30 * 40


def test_two_groups_of_anova_are_students_test_squared(rng):
    a, b = rng.normal(size=30), rng.normal(0.4, size=40)
    assert anova_test([a, b]).statistic == pytest.approx(student_t_test(a, b).statistic ** 2)
    assert welch_anova_test([a, b]).p == pytest.approx(welch_t_test(a, b).p)


def test_ranks_do_not_see_a_monotone_change_of_unit(rng):
    a, b = rng.exponential(size=60), rng.exponential(1.4, size=70)
    assert mann_whitney_test(a, b) == mann_whitney_test(np.log(a), np.log(b))


@pytest.mark.parametrize("n", [500, 20_000])
def test_normal_samples_get_means_and_skewed_ones_ranks(n, rng):
    normal = [rng.permutation(np.quantile(rng.normal(size=200_000), np.linspace(0.001, 0.999, n)))]
    skewed = [rng.lognormal(size=n) for _ in range(2)]
    assert compare_groups([normal[0], normal[0] + 0.1]).test == "student_t"
    assert compare_groups(skewed).test == "mann_whitney"
    assert compare_groups([normal[0], skewed[0]]).test == "mann_whitney"
    assert compare_groups([*normal, *normal, *normal]).test == "anova"
    assert compare_groups([*skewed, *normal]).test == "kruskal_wallis"


@pytest.mark.parametrize(
    ("choice", "two", "three"),
    [
        ("student", "student_t", "anova"),
        ("welch", "welch_t", "welch_anova"),
        ("mann-whitney", "mann_whitney", "kruskal_wallis"),
    ],
)
def test_a_chosen_test_is_taken_whatever_the_distribution(choice, two, three, rng):
    groups = [rng.exponential(size=50) for _ in range(3)]
    assert compare_groups(groups[:2], choice).test == two
    assert compare_groups(groups, choice).test == three


def test_above_5000_values_in_all_every_group_is_judged_by_its_moments():
    # Heaped normal values: Shapiro and Wilk's test sees the heaps, the moments do not.
    heaped = np.round(2.0 * ndtri((np.arange(2600) + 0.5) / 2600))
    assert departs_from_normality(heaped)
    assert not departs_from_normality(heaped, by_moments=True)
    assert compare_groups([heaped[:2400], heaped[-2400:]]).test == "mann_whitney"
    assert compare_groups([heaped, heaped + 1]).test == "student_t"


def test_uniform_and_exponential_samples_are_not_normal_whatever_their_size(rng):
    for n in (5_000, 5_001, 50_000):
        assert departs_from_normality(rng.uniform(size=n))
        assert departs_from_normality(rng.exponential(size=n))


def test_what_cannot_be_judged_is_not_taken_as_normal():
    assert departs_from_normality([1.0, 2.0])
    assert departs_from_normality([3.0, 3.0, 3.0, 3.0])


@pytest.mark.parametrize(
    ("test", "groups", "code"),
    [
        (student_t_test, ([1], [2]), "statistic_too_few_patients"),
        (student_t_test, ([1, 1], [2, 2]), "statistic_without_spread"),
        (student_t_test, ([0.1, 0.1, 0.1], [0.3, 0.3]), "statistic_without_spread"),
        (welch_t_test, ([1], [2, 3]), "statistic_too_few_patients"),
        (mann_whitney_test, ([1, 1], [1, 1]), "statistic_constant"),
        (mann_whitney_test, ([1, np.nan], [1, 2]), "statistic_values_missing"),
        (mann_whitney_test, ([], [1, 2]), "statistic_without_rows"),
        (lambda a, b: anova_test([a, b]), ([1], [2]), "statistic_too_few_patients"),
        (lambda a, b: anova_test([a]), ([1, 2], []), "statistic_too_few_groups"),
        (lambda a, b: kruskal_wallis_test([a, b]), ([1], [1]), "statistic_constant"),
        (lambda a, b: welch_anova_test([a, b]), ([1, 1], [2, 3]), "statistic_without_spread"),
        (lambda a, b: shapiro_wilk_test(a), ([1, 2], []), "normality_size"),
        (lambda a, b: shapiro_wilk_test(a), ([2, 2, 2], []), "statistic_constant"),
    ],
)
def test_impossible_samples_are_refused(test, groups, code):
    with pytest.raises(CohortError) as refusal:
        test(*groups)
    assert refusal.value.code == code


def test_an_exact_p_out_of_reach_is_refused(rng):
    with pytest.raises(CohortError) as refusal:
        mann_whitney_test(rng.normal(size=1000), rng.normal(size=1000), "exact")
    assert refusal.value.code == "rank_test_not_exact"
