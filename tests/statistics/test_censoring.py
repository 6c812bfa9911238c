import numpy as np

from dlcs_core.statistics.censoring import censoring_curve


def test_a_death_is_weighed_by_those_not_censored_before_it():
    # At 2 one dies and one leaves: the death comes first, two are left to be censored from.
    curve = censoring_curve(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))
    np.testing.assert_array_equal(curve.before(np.array([1.0, 2.0, 3.0])), [1.0, 1.0, 0.5])
    np.testing.assert_array_equal(curve.at(np.array([0.5, 1.9, 2.0])), [1.0, 1.0, 0.5])


def test_without_censoring_everybody_weighs_the_same():
    curve = censoring_curve(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool))
    np.testing.assert_array_equal(curve.uncensored, 1.0)
