import numpy as np

from dlcs_core.figures.survival_calibration import survival_calibration_figure
from dlcs_core.statistics.survival_calibration import survival_calibration


def test_each_month_has_a_curve_and_its_fifths_as_the_statistic_has_them(names):
    rng, n = np.random.default_rng(0), 400
    risk = rng.uniform(0.1, 0.8, n)
    time, event = rng.exponential(12 / -np.log1p(-risk)), np.ones(n)
    found = {12.0: survival_calibration(time, event, risk, 12.0)}
    figure = survival_calibration_figure(found)
    assert names(figure) == [
        "Perfect calibration",
        "Survival at 12 months",
        "Survival at 12 months: fifths of patients",
    ]
    curve, groups = figure.data[1:]
    np.testing.assert_allclose(np.sort(1 - np.asarray(curve.y)), np.sort(found[12.0].observed))
    assert np.all(np.diff(curve.x) > 0)
    np.testing.assert_allclose(groups.y, found[12.0].groups.survival)
