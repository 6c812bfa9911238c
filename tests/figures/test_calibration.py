import numpy as np
import pytest

from dlcs_core.figures.calibration import CalibrationResult, calibration_figure
from dlcs_core.statistics.calibration import grouped_calibration
from dlcs_core.statistics.calibration_curve import calibration_curve


@pytest.fixture
def result(outcome, score):
    return CalibrationResult(calibration_curve(outcome, score), grouped_calibration(outcome, score))


def test_each_score_has_a_curve_and_its_tenths_beside_the_diagonal(result, names):
    figure = calibration_figure({"DLCS": result})
    assert names(figure) == [
        "Perfect calibration", "95% interval, DLCS", "95% interval, DLCS", "DLCS",
        "DLCS: tenths of patients",
    ]  # fmt: skip


def test_the_intervals_of_the_tenths_end_at_their_limits(result):
    drawn = calibration_figure({"DLCS": result}).data[-1]
    np.testing.assert_allclose(np.asarray(drawn.y) + drawn.error_y.array, result.groups.ci95_high)
    np.testing.assert_allclose(
        np.asarray(drawn.y) - drawn.error_y.arrayminus, result.groups.ci95_low
    )


def test_the_band_is_drawn_around_the_curve(result):
    figure = calibration_figure({"DLCS": result})
    high, low = (np.asarray(trace.y) for trace in figure.data[1:3])
    known = np.isfinite(result.curve.ci95_low)
    np.testing.assert_allclose(high, result.curve.ci95_high[known])
    np.testing.assert_allclose(low, result.curve.ci95_low[known])
    assert (low <= result.curve.observed[known]).all()
    assert (high >= result.curve.observed[known]).all()
