import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.group_tests import log_rank_test


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_log_rank_equals_survdiff_for_any_number_of_groups(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    time, event = reference.data["time"], reference.data["status"]
    for name, entry, value in reference.starting("logrank."):
        found = log_rank_test(time, event, reference.data[entry["group"]])
        order = [found.groups.index(str(level)) for level in value["levels"]]
        tally.compare(name, found.statistic, value["chi2"])
        tally.compare(name, [found.df, found.p], [value["df"], value["p"]])
        tally.compare(name, np.array(found.n)[order], value["n"])
        tally.compare(name, np.array(found.observed)[order], value["observed"])
        tally.compare(name, np.array(found.expected)[order], value["expected"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_pairwise_log_rank_equals_survdiff(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    for name, entry, value in reference.starting("pairwise."):
        labels = reference.data[entry["group"]].astype(str)
        for pair, p in zip(value["pairs"], value["p"], strict=True):
            rows = reference.data[labels.isin([str(level) for level in pair])]
            found = log_rank_test(rows["time"], rows["status"], labels[rows.index])
            tally.compare(name, found.p, p)
    tally.all_agree()


def test_without_ties_it_is_the_score_test_of_cox(rng):
    time, group = rng.exponential(size=80), (np.arange(80) % 2).astype(float)
    event = rng.random(80) < 0.7
    cox = fit_cox(group[:, None], time, event, ["group"])
    assert log_rank_test(time, event, group).statistic == pytest.approx(cox.score_statistic)


def test_one_group_is_refused():
    with pytest.raises(CohortError) as refusal:
        log_rank_test([1, 2], [1, 1], ["a", "a"])
    assert refusal.value.code == "statistic_too_few_groups"


def test_a_group_that_left_before_the_first_death_does_not_count():
    found = log_rank_test([1, 5, 6, 7, 8], [0, 1, 1, 1, 0], list("abbcc"))
    assert found.df == 1
    assert found.expected[0] == 0.0
