import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.errors import CohortError
from dlcs_core.statistics.decision_curve import net_benefit, threshold_range
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at
from dlcs_core.statistics.survival_decision_curve import survival_decision_curve

ROWS = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.sampled_from([0.1, 0.3, 0.5, 0.8])),
    min_size=2,
    max_size=40,
)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_net_benefit_at_every_threshold_equals_dcurves(dataset, oracle, tally):
    reference = oracle(dataset, "dca")
    for name, entry, value in reference.starting("net_benefit"):
        found = survival_decision_curve(
            reference.data["time"], reference.data["status"], reference.data[entry["risk"]],
            entry["horizon"], value["threshold"],
        )  # fmt: skip
        tally.compare(name, found.net_benefit, value[entry["risk"]])
        tally.compare(name, found.treat_all, value["all"])
    tally.all_agree()


@given(ROWS)
def test_it_is_made_of_the_curve_of_those_who_reach_the_threshold(rows):
    time, event, risk = (np.array(column) for column in zip(*rows, strict=True))
    assume(event.any() and time.max() >= 4)
    found = survival_decision_curve(time, event, risk, 4, [0.3]).net_benefit[0]
    positive = risk >= 0.3
    if not positive.any():
        assert found == 0.0
        return
    alive = survival_at(kaplan_meier(time[positive], event[positive]), [4]).survival[0]
    if np.isnan(alive):
        assert np.isnan(found)
        return
    expected = positive.mean() * ((1 - alive) - alive * 0.3 / 0.7)
    assert found == pytest.approx(expected)


def test_without_censoring_it_is_the_net_benefit_of_death_by_the_horizon(rng):
    time, risk = rng.exponential(20, 300), rng.random(300)
    t = threshold_range(0.05, 0.6, 0.05)
    found = survival_decision_curve(time, np.ones(300), risk, 12, t)
    np.testing.assert_allclose(found.net_benefit, net_benefit(time <= 12, risk, t), atol=1e-12)


def test_it_never_exceeds_the_risk_of_death(rng):
    time, risk = rng.exponential(20, 300), rng.random(300)
    event = rng.random(300) < 0.7
    found = survival_decision_curve(time, event, risk, 12, [0.0, 0.1, 0.2])
    assert found.treat_all[0] == pytest.approx(found.prevalence)
    assert found.net_benefit[0] == pytest.approx(found.prevalence)
    assert np.isnan(found.net_interventions_avoided[0])


def test_a_horizon_beyond_the_follow_up_is_refused():
    with pytest.raises(CohortError) as refusal:
        survival_decision_curve([1, 2], [1, 0], [0.4, 0.2], 3, [0.1])
    assert refusal.value.code == "statistic_horizon_beyond"
