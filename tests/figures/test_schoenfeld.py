import numpy as np

from dlcs_core.figures.schoenfeld import MAX_DOTS, schoenfeld_figure
from dlcs_core.statistics.schoenfeld_residuals import residual_trend, schoenfeld_residuals


def test_a_dot_per_death_and_the_trend(names):
    rng, n = np.random.default_rng(0), 3000
    x = rng.normal(size=n)
    found = schoenfeld_residuals(x[:, None], rng.exponential(np.exp(-x)), np.ones(n), ("x",))
    trend = residual_trend(found, "x")
    figure = schoenfeld_figure(found, "x", trend)
    assert names(figure) == [
        "One dot per death",
        *["95% interval, Trend"] * 2,
        "Trend",
        "Constant over time",
    ]
    assert len(figure.data[0].x) <= MAX_DOTS
    np.testing.assert_allclose(figure.data[3].y, trend.coefficient)
    assert names(schoenfeld_figure(found, "x", None)) == ["One dot per death", "Constant over time"]
