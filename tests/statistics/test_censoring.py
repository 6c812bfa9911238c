import numpy as np

from dlcs_core.statistics.censoring import censoring_curve


def test_a_death_is_weighed_by_those_not_censored_before_it():
    # At 2 one dies and one leaves: the death comes first, two are left to be censored from.
    event = np.array([True, True, False, True])
    curve = censoring_curve(np.array([1.0, 2.0, 2.0, 3.0]), event)
    np.testing.assert_array_equal(curve.death_weight(event), [1.0, 1.0, 0.0, 2.0])
    np.testing.assert_array_equal(curve.at(np.array([0.5, 1.9, 2.0])), [1.0, 1.0, 0.5])


def test_without_censoring_everybody_weighs_the_same():
    curve = censoring_curve(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool))
    np.testing.assert_array_equal(curve.uncensored, 1.0)


def test_influences_by_way_of_the_weights_cancel(rng):
    death, censoring = rng.exponential(size=80), rng.exponential(size=80)
    event, time = death <= censoring, np.minimum(death, censoring)
    curve = censoring_curve(time, event)
    influence = curve.influence(event, curve.death_weight(event) * rng.random(80), 1.0)
    assert abs(influence.sum()) < 1e-9
    assert np.abs(influence).max() > 0.01


def test_influence_is_the_change_when_a_patient_counts_more(rng):
    death, censoring = rng.exponential(size=200), rng.exponential(size=200)
    event, time = death <= censoring, np.minimum(death, censoring)
    value = rng.random(200)

    def mean(rows):
        curve = censoring_curve(time[rows], event[rows])
        return np.mean(curve.death_weight(event[rows]) * value[rows])

    curve, everybody = censoring_curve(time, event), np.arange(200)
    weighted = curve.death_weight(event) * value
    influence = weighted - weighted.mean() + curve.influence(event, weighted, np.inf)
    left_out = [199 * (mean(everybody) - mean(np.delete(everybody, k))) for k in range(200)]
    early = time < np.quantile(time, 0.8)
    np.testing.assert_allclose(influence[early], np.array(left_out)[early], atol=0.25)
    assert np.corrcoef(influence, left_out)[0, 1] > 0.98
