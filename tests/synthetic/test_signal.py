import numpy as np
import pytest

from dlcs_core.synthetic.signal import (
    SQUASH,
    TumorSignal,
    expected_parameters,
    image_parameters,
    log_likelihood,
)


def test_good_responders_look_homogeneous_with_a_bright_rim_and_few_pockets():
    poor, good = expected_parameters(np.array([-2.0, 2.0]))
    assert good[0] < poor[0]
    assert np.all(good[1:] > poor[1:])


def test_look_saturates_for_extreme_scores():
    at_limit = expected_parameters(np.array([1e3]))[0] - expected_parameters(np.array([0.0]))[0]
    slope = expected_parameters(np.array([1e-4]))[0] - expected_parameters(np.array([0.0]))[0]
    np.testing.assert_allclose(at_limit, slope / 1e-4 * SQUASH, rtol=1e-6)


def test_likelihood_peaks_at_the_score_that_gives_the_parameters():
    grid = np.linspace(-2, 2, 401)[None]
    seen = expected_parameters(np.array([0.7]))
    assert grid[0, np.argmax(log_likelihood(seen, grid)[0])] == pytest.approx(0.7, abs=0.011)


def test_likelihood_of_jitter_is_a_unit_normal_per_parameter():
    jitter = np.array([[0.5, -1.0, 0.0, 2.0]])
    seen = image_parameters(np.array([0.3]), jitter)
    assert log_likelihood(seen, np.array([[0.3]]))[0, 0] == pytest.approx(-0.5 * (jitter**2).sum())


def test_signal_carries_the_texture_on_its_own_scale():
    signal = TumorSignal.from_parameters([np.log(12.0), 20.0, 84.0, 1.3])
    assert signal.texture_hu == pytest.approx(12)
    assert signal.necrosis_threshold == 1.3
