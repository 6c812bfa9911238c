import numpy as np

from dlcs_core.figures.benefit_difference import benefit_difference_figure
from dlcs_core.statistics.bootstrap import net_benefit_difference


def test_the_difference_lies_in_its_band(outcome, score):
    other = np.clip(np.asarray(score) * 0.5 + 0.2, 0, 1)
    found = net_benefit_difference(
        outcome, score, other, [0.1, 0.2, 0.3], np.random.default_rng(1), resamples=200
    )
    high, low, line = benefit_difference_figure(found, "a − b").data
    np.testing.assert_allclose(line.y, found.difference)
    np.testing.assert_allclose(high.y, found.ci95_high)
    np.testing.assert_allclose(low.y, found.ci95_low)
    assert line.name == "a − b"
