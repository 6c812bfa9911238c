import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.errors import CohortError
from dlcs_core.statistics.delong import auc_estimate, delong_test, delong_test_unpaired

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
SCORES = st.lists(st.tuples(st.booleans(), st.integers(-9, 9)), min_size=2, max_size=40)


@pytest.mark.parametrize("dataset", OUTCOME)
def test_auc_variance_and_interval_equal_proc(dataset, oracle, tally):
    reference = oracle(dataset, "roc")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("auc."):
        found = auc_estimate(outcome, reference.data[entry["score"]])
        tally.compare(name, found.auc, value["auc"])
        tally.compare(name, found.se**2, value["delong_var"])
        tally.compare(name, found.ci95, [value["ci_low"], value["ci_high"]])
        assert (found.n_positive, found.n_negative) == (value["n_pos"], value["n_neg"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_paired_test_equals_proc(dataset, oracle, tally):
    reference = oracle(dataset, "roc")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("delong_paired."):
        a, b = reference.data[entry["score1"]], reference.data[entry["score2"]]
        found = delong_test(outcome, a, b)
        tally.compare(name, [found.z, found.p], [value["Z"], value["p"]])
        tally.compare(name, found.ci95, value["ci_diff"])
        tally.compare(name, found.covariance, value["cov"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_unpaired_test_equals_proc(dataset, oracle, tally):
    reference = oracle(dataset, "roc")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("delong_unpaired."):
        score, group = reference.data[entry["score"]], reference.data[entry["group_column"]]
        a, b = group == entry["a"], group == entry["b"]
        found = delong_test_unpaired(outcome[a], score[a], outcome[b], score[b])
        tally.compare(name, [found.statistic, found.df], [value["D"], value["df"]])
        tally.compare(name, [found.p, found.p_normal], [value["p"], value["p_normal"]])
    tally.all_agree()


@given(SCORES)
def test_auc_counts_pairs_and_ignores_any_monotone_map(rows):
    outcome, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(outcome.any() and not outcome.all())
    pairs = score[outcome][:, None] - score[~outcome]
    counted = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    found = auc_estimate(outcome, score)
    assert found.auc == pytest.approx(counted)
    assert auc_estimate(outcome, np.exp(score / 4)).auc == pytest.approx(found.auc)
    assert auc_estimate(outcome, -score).auc == pytest.approx(1.0 - found.auc)


@given(SCORES, st.randoms(use_true_random=False))
def test_order_of_patients_is_irrelevant(rows, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    outcome = np.array([row[0] for row in rows])
    assume(outcome.any() and not outcome.all())
    first, second = (auc_estimate(*zip(*r, strict=True)) for r in (rows, shuffled))
    assert first.auc == pytest.approx(second.auc)
    assert first.se == pytest.approx(second.se)


def test_two_scores_that_rank_alike_do_not_differ():
    outcome, score = [1, 0, 1, 0, 1], np.array([3.0, 1.0, 2.0, 2.5, 4.0])
    found = delong_test(outcome, score, 2 * score + 1)
    assert (found.difference, found.z, found.p) == (0.0, 0.0, 1.0)


def test_one_good_responder_has_an_auc_but_no_interval():
    found = auc_estimate([1, 0, 0], [0.9, 0.1, 0.2])
    assert (found.auc, found.se, found.ci95) == (1.0, None, None)
    with pytest.raises(CohortError) as refusal:
        delong_test([1, 0, 0], [0.9, 0.1, 0.2], [0.1, 0.1, 0.2])
    assert refusal.value.code == "statistic_class_too_small"


def test_two_perfect_groups_cannot_be_compared():
    with pytest.raises(CohortError) as refusal:
        delong_test_unpaired([1, 1, 0, 0], [4, 3, 2, 1], [1, 1, 0, 0], [4, 3, 2, 1])
    assert refusal.value.code == "statistic_without_variance"


def test_inputs_are_not_modified(rng):
    outcome, score = np.arange(40) % 3 == 0, rng.normal(size=40)
    before = score.copy()
    auc_estimate(outcome, score)
    np.testing.assert_array_equal(score, before)
