import numpy as np

from dlcs_core.figures.operating_points import RateBar, operating_points_figure


def test_bars_stand_at_their_shares_with_limits_and_nobody_has_none():
    bars = {"DLCS": (RateBar(0.8, (0.6, 0.9), 8, 10), RateBar(None, None, 0, 0))}
    (drawn,) = operating_points_figure(bars, ["Sensitivity", "PPV"]).data
    assert list(drawn.x) == ["Sensitivity"]
    np.testing.assert_allclose(drawn.y, [0.8])
    np.testing.assert_allclose(drawn.error_y.array, [0.1])
    np.testing.assert_allclose(drawn.error_y.arrayminus, [0.2])
    assert list(drawn.customdata) == ["8/10"]
