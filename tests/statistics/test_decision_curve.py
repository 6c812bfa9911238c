import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.errors import CohortError
from dlcs_core.statistics.decision_curve import decision_curve, net_benefit, threshold_range

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
ROWS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=40)


@pytest.mark.parametrize("dataset", OUTCOME)
def test_net_benefit_equals_dcurves(dataset, oracle, tally):
    reference = oracle(dataset, "dca")
    ((_, _, value),) = reference.starting("net_benefit")
    outcome = reference.data[OUTCOME[dataset]]
    thresholds = threshold_range(0.01, 0.99, 0.01)
    tally.compare("thresholds", thresholds, value["threshold"])
    for risk in [key for key in value if key in reference.data]:
        found = decision_curve(outcome, reference.data[risk], thresholds)
        avoided = 100 * found.net_interventions_avoided
        tally.compare(risk, found.net_benefit, value[risk])
        tally.compare(risk, found.treat_all, value["all"])
        tally.compare(risk, avoided, value[f"{risk}_interventions_avoided_per_100"], atol=1e-10)
    tally.all_agree()


@given(ROWS)
def test_net_benefit_never_exceeds_the_prevalence(rows):
    outcome, risk = (np.array(column) for column in zip(*rows, strict=True))
    assume(outcome.any() and not outcome.all())
    found = net_benefit(outcome, risk, np.linspace(0, 0.95, 20))
    assert (found <= outcome.mean() + 1e-12).all()


@given(ROWS)
def test_acting_on_everybody_gains_nothing_at_the_prevalence(rows):
    outcome = np.array([row[0] for row in rows])
    assume(outcome.any() and not outcome.all())
    curve = decision_curve(outcome, np.ones(outcome.size), [0.0, outcome.mean()])
    np.testing.assert_allclose(curve.treat_all, [outcome.mean(), 0.0], atol=1e-12)
    np.testing.assert_allclose(curve.net_benefit, curve.treat_all, atol=1e-12)


def test_a_risk_equal_to_the_threshold_is_positive():
    assert net_benefit([1, 0], [0.3, 0.1], [0.3]).tolist() == [0.5]


def test_order_of_thresholds_is_kept():
    found = net_benefit([1, 0], [0.6, 0.4], [0.5, 0.1])
    np.testing.assert_allclose(found, [0.5, 0.5 - 0.5 / 9])


def test_interventions_avoided_are_undefined_at_threshold_0():
    assert np.isnan(decision_curve([1, 0], [0.6, 0.4], [0.0]).net_interventions_avoided[0])


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 2.0])
def test_thresholds_outside_the_range_are_refused(threshold):
    with pytest.raises(CohortError) as refusal:
        net_benefit([1, 0], [0.6, 0.4], [threshold])
    assert refusal.value.code == "statistic_threshold_outside"


def test_range_includes_both_ends_and_refuses_an_empty_one():
    assert threshold_range(0.05, 0.2, 0.05).tolist() == [0.05, 0.1, 0.15, 0.2]
    for low, high, step in ((0.5, 0.4, 0.1), (0.1, 0.2, 0.0), (0.1, 1.0, 0.1)):
        with pytest.raises(CohortError) as refusal:
            threshold_range(low, high, step)
        assert refusal.value.code == "statistic_threshold_range"
