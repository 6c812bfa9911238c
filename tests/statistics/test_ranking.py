import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.errors import CohortError
from dlcs_core.statistics.decision_curve import decision_curve, decision_curve_of
from dlcs_core.statistics.delong import auc_estimate, auc_of
from dlcs_core.statistics.precision_recall import precision_recall_curve, precision_recall_of
from dlcs_core.statistics.ranking import check_unit_interval, rank, rank_risk
from dlcs_core.statistics.roc import roc_curve, roc_of

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=40)


@given(ROWS)
def test_every_distinct_score_counts_its_patients(rows):
    outcome, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(outcome.any() and not outcome.all())
    ranked = rank(outcome, score)
    for at, count, positives in zip(ranked.distinct, ranked.count, ranked.positives, strict=True):
        assert count == (score == at).sum()
        assert positives == (outcome & (score == at)).sum()
    assert (ranked.n_positive, ranked.n_negative) == (outcome.sum(), (~outcome).sum())
    np.testing.assert_array_equal(score[ranked.order], ranked.score)
    np.testing.assert_array_equal(outcome[ranked.order], ranked.outcome)


def test_sorting_once_gives_what_each_statistic_gives_alone(rng):
    outcome, risk = rng.random(200) < 0.4, np.round(rng.random(200), 2)
    ranked = rank(outcome, risk)
    assert auc_of(ranked) == auc_estimate(outcome, risk)
    np.testing.assert_array_equal(roc_of(ranked).sensitivity, roc_curve(outcome, risk).sensitivity)
    expected = precision_recall_curve(outcome, risk).average_precision
    assert precision_recall_of(ranked).average_precision == expected
    found = decision_curve_of(ranked, [0.2, 0.5]).net_benefit
    np.testing.assert_array_equal(found, decision_curve(outcome, risk, [0.2, 0.5]).net_benefit)


@pytest.mark.parametrize("risk", [[-0.1, 0.5], [0.5, 1.1]])
def test_a_score_outside_the_unit_interval_is_no_risk(risk):
    for attempt in (
        lambda: rank_risk([0, 1], risk),
        lambda: check_unit_interval(rank([0, 1], risk)),
    ):
        with pytest.raises(CohortError) as refusal:
            attempt()
        assert refusal.value.code == "statistic_not_a_probability"
