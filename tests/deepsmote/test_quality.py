"""Measures of synthetic images against plain formulas and planted differences."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from dlcs_core.deepsmote.quality import BAND_NAMES, band_power, reconstruction_quality, ssim
from dlcs_core.deepsmote.realism import (
    cross_validated_scores,
    drawn_distance,
    kernel_distance,
    random_features,
)
from dlcs_core.statistics.delong import auc_estimate


def plain_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004, window by window."""
    found = []
    for row in range(a.shape[0] - 6):
        for column in range(a.shape[1] - 6):
            x, y = (one[row : row + 7, column : column + 7].ravel() for one in (a, b))
            covariance = np.cov(x, y, ddof=1)
            top = (2 * x.mean() * y.mean() + 1e-4) * (2 * covariance[0, 1] + 9e-4)
            bottom = x.mean() ** 2 + y.mean() ** 2 + 1e-4
            found.append(top / (bottom * (covariance[0, 0] + covariance[1, 1] + 9e-4)))
    return float(np.mean(found))


def test_ssim_is_the_formula_window_by_window() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 1, 1, 20, 17))
    assert ssim(a, b)[0] == pytest.approx(plain_ssim(a[0, 0], b[0, 0]), abs=1e-10)
    assert ssim(a, a)[0] == pytest.approx(1, abs=1e-12)


def test_errors_are_in_hounsfield_units_and_inside_the_mask_only() -> None:
    images = np.full((1, 1, 16, 16), 0.5, np.float32)
    masks = np.zeros((1, 1, 16, 16), np.uint8)
    masks[..., 4:8, 4:8] = 1
    other = images.copy()
    other[..., 4:8, 4:6] += 0.1
    other[..., 4:8, 6:8] -= 0.04
    other[..., 12:, :] = 0
    found = reconstruction_quality(images, other, masks, 350.0)
    assert found.mean_error_hu[0] == pytest.approx(350 * 0.03, rel=1e-5)
    assert found.mean_absolute_error_hu[0] == pytest.approx(350 * 0.07, rel=1e-5)


def test_a_wave_lies_in_its_band() -> None:
    columns = np.arange(96)
    masks = np.ones((1, 1, 96, 96), np.uint8)
    strongest = []
    for period in (3, 7, 20):
        wave = np.broadcast_to(0.5 + 0.1 * np.cos(2 * np.pi * columns / period), (1, 1, 96, 96))
        strongest.append(BAND_NAMES[int(band_power(wave, masks)[0].argmax())])
    assert strongest == list(BAND_NAMES)


def test_blur_lowers_the_power_ratio_of_the_finest_band_most() -> None:
    rng = np.random.default_rng(0)
    images = (0.5 + 0.1 * rng.normal(size=(2, 1, 40, 40))).astype(np.float32)
    masks = np.ones(images.shape, np.uint8)
    blurred = (images + np.roll(images, 1, 3) + np.roll(images, -1, 3)) / 3
    ratio = reconstruction_quality(images, blurred, masks, 350.0).power_ratio
    assert np.all(ratio[:, 0] < 0.3)
    assert np.all(ratio[:, 0] < ratio[:, 1])
    assert np.all(ratio[:, 1] < ratio[:, 2])


def test_kernel_distance_is_the_sum_over_pairs() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 5)), rng.normal(0.5, 1, size=(6, 5))
    within = 0.0
    for sample in (a, b):
        kernel = polynomial_kernel(sample, degree=3, gamma=1 / 5, coef0=1)
        pairs = [kernel[i, j] for i in range(len(sample)) for j in range(len(sample)) if i != j]
        within += np.mean(pairs)
    expected = within - 2 * polynomial_kernel(a, b, degree=3, gamma=1 / 5, coef0=1).mean()
    assert kernel_distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_kernel_distance_of_equal_samples_is_0_on_average_and_of_others_is_not() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(200, 4)), rng.normal(0.7, 1, size=(200, 4))
    same, other = drawn_distance(a, None, 60, 50, rng), drawn_distance(a, b, 60, 50, rng)
    assert same.low < 0 < same.high
    assert other.low > same.high


def grain(n: int, amount: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    disc = np.hypot(*np.mgrid[-20:20, -20:20]) < 15
    images = (0.5 + amount * rng.normal(size=(n, 1, 40, 40))) * disc
    return images.clip(0, 1).astype(np.float32)


@pytest.mark.parametrize(("amount", "low", "high"), [(0.05, 0.3, 0.7), (0.07, 0.95, 1.0)])
def test_classifier_finds_a_planted_difference_and_nothing_else(
    amount: float, low: float, high: float
) -> None:
    features = random_features(np.concatenate([grain(40, 0.05, 1), grain(40, amount, 2)]))
    is_synthetic = np.arange(80) >= 40
    scores = cross_validated_scores(features, is_synthetic, np.arange(80) % 40)
    assert low <= auc_estimate(is_synthetic, scores).auc <= high


def test_features_depend_on_the_image_alone() -> None:
    images = grain(5, 0.05, 3)
    together, alone = random_features(images), random_features(images[2:3])
    np.testing.assert_allclose(together[2:3], alone, rtol=1e-5)
    assert np.isfinite(random_features(np.zeros_like(images))).all()
