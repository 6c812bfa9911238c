import numpy as np
import pytest

from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.subgroups import interaction_test, subgroup_aucs


def cohort(rng, n, slopes):
    group = rng.integers(0, len(slopes), n)
    logit = rng.normal(-0.3, 1, n)
    outcome = rng.random(n) < 1 / (1 + np.exp(-np.array(slopes)[group] * logit))
    return outcome, 1 / (1 + np.exp(-logit)), group


def test_each_part_has_its_own_area_and_unknown_patients_none(rng):
    outcome, score, group = cohort(rng, 300, [1, 1])
    group[:30] = -1
    first, second = subgroup_aucs(outcome, score, group, 2)
    assert first.n + second.n == 270
    assert first.auc == auc_estimate(outcome[group == 0], score[group == 0])
    assert second.events == outcome[group == 1].sum()


def test_a_part_of_one_class_has_no_area(rng):
    outcome, score, group = cohort(rng, 60, [1])
    group[outcome & (np.arange(60) < 30)] = 1
    assert subgroup_aucs(outcome, score, group, 3)[1].auc is None
    assert subgroup_aucs(outcome, score, group, 3)[2].n == 0
    assert interaction_test(outcome, score, group) is None


def test_a_score_that_says_nothing_in_one_part_interacts(rng):
    found = interaction_test(*cohort(rng, 2000, [1.5, 0.0]))
    assert found.df == 1
    assert found.p < 1e-6


def test_p_is_uniform_where_nothing_interacts(rng):
    p = [interaction_test(*cohort(rng, 300, [1, 1, 1])).p for _ in range(120)]
    assert np.mean(np.array(p) < 0.5) == pytest.approx(0.5, abs=0.15)
    assert np.mean(np.array(p) < 0.05) < 0.12


def test_one_part_cannot_interact(rng):
    assert interaction_test(*cohort(rng, 100, [1])) is None
