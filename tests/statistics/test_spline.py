import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.spline import restricted_cubic_spline, spline_knots


def test_it_is_straight_beyond_the_outer_knots():
    x = np.array([-9.0, -6.0, -3.0, 5.0, 7.0, 9.0])
    curved = restricted_cubic_spline(x, [0.0, 1.0, 3.0])[:, 1]
    np.testing.assert_array_equal(curved[:3], 0.0)
    np.testing.assert_allclose(np.diff(curved[3:], n=2), 0.0, atol=1e-12)


def test_it_bends_smoothly_at_every_knot():
    for knot in (0.0, 1.0, 3.0):
        x = knot + np.array([-2e-4, -1e-4, 0.0, 1e-4, 2e-4])
        curved = restricted_cubic_spline(x, [0.0, 1.0, 3.0])[:, 1]
        second = np.diff(curved, n=2) / 1e-8
        assert np.ptp(second) < 1e-2


def test_few_values_have_their_fifth_ones_as_outer_knots():
    knots = spline_knots(np.arange(50.0))
    np.testing.assert_array_equal(knots, [4.0, 24.5, 45.0])
    np.testing.assert_array_equal(spline_knots(np.arange(101.0)), [10.0, 50.0, 90.0])


@pytest.mark.parametrize("values", [[1.0] * 200, [1.0, 2.0, 3.0]])
def test_values_that_are_too_alike_or_too_few_are_refused(values):
    with pytest.raises(CohortError) as refusal:
        spline_knots(values)
    assert refusal.value.code == "statistic_too_few_knots"
