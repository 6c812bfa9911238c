import numpy as np
import pytest

from trainer.augment import augment, generator
from trainer.config import SamplingConfig
from trainer.scanner_variation import WINDOW_WIDTH_HU, ct_noise, vary_scanner

TISSUE = np.float32((84 + 115) / WINDOW_WIDTH_HU)


def disc(level: float = float(TISSUE)) -> np.ndarray:
    rows, columns = np.mgrid[:80, :80]
    inside = np.hypot(rows - 40, columns - 40) < 25
    return np.repeat(np.where(inside, np.float32(level), np.float32(0))[None], 3, axis=0)


def varied(image: np.ndarray, **settings: float) -> np.ndarray:
    return vary_scanner(image, SamplingConfig(**settings), generator(1, 1, 0, 0, 7))


def test_noise_has_the_spectrum_of_filtered_back_projection() -> None:
    rng, cut = np.random.default_rng(0), 0.5
    power = np.mean(
        [np.abs(np.fft.fft2(ct_noise((3, 80, 80), cut, rng))) ** 2 for _ in range(60)], axis=(0, 1)
    )
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(80), np.fft.fftfreq(80)))
    expected = frequency * np.exp(-2 * (frequency / cut) ** 2)
    assert power.mean() / 80**2 == pytest.approx(1, abs=0.03)
    np.testing.assert_allclose(
        power[frequency > 0.05] / power.sum(), expected[frequency > 0.05] / expected.sum(), rtol=0.5
    )
    assert np.corrcoef(power.ravel(), expected.ravel())[0, 1] > 0.97


def test_what_was_zero_stays_zero_and_the_rest_stays_in_range() -> None:
    image = disc(0.98)
    seen = varied(image, noise_hu=60, blur=1, contrast_hu=40)
    assert (seen[image == 0] == 0).all()
    assert 0 <= seen.min() <= seen.max() <= 1
    assert seen.dtype == np.float32


def test_noise_is_at_most_as_strong_as_asked_and_differs_from_slice_to_slice() -> None:
    image = disc()
    added = (varied(image, noise_hu=10) - image)[:, image[0] > 0] * WINDOW_WIDTH_HU
    assert 1 < added.std() < 11
    assert abs(np.corrcoef(added)[0, 1]) < 0.2


def test_contrast_shifts_tissue_and_leaves_its_texture_and_fat() -> None:
    texture = np.random.default_rng(3).normal(0, 4 / WINDOW_WIDTH_HU, (3, 80, 80)) * (disc() > 0)
    image = (disc() + texture).astype(np.float32)
    image[:, 40:44, 40:44] = (115 - 90) / WINDOW_WIDTH_HU
    seen = varied(image, contrast_hu=20)
    moved = (seen - image)[image > 0.5] * WINDOW_WIDTH_HU
    assert 0.5 < abs(moved.mean()) <= 20
    assert moved.std() < 0.1
    np.testing.assert_allclose(seen[:, 40:44, 40:44], image[:, 40:44, 40:44], atol=1e-6)


def test_sharpness_leaves_flat_tissue_alone_up_to_the_outline() -> None:
    np.testing.assert_allclose(varied(disc(), blur=1), disc(), atol=1e-6)


def test_blur_takes_fine_detail_away() -> None:
    rng = np.random.default_rng(0)
    image = (disc() + 0.05 * rng.standard_normal((3, 80, 80)) * (disc() > 0)).astype(np.float32)
    spread = [
        vary_scanner(image, SamplingConfig(blur=1), generator(1, 1, 0, 0, n))[image > 0].std()
        for n in range(20)
    ]
    assert min(spread) < 0.7 * image[image > 0].std()
    assert max(spread) > 1.05 * image[image > 0].std()


def test_crop_and_symmetry_do_not_depend_on_the_scanner() -> None:
    image = np.random.default_rng(0).uniform(0.3, 0.9, (3, 112, 112)).astype(np.float32)
    plain = augment(image, SamplingConfig(), generator(1, 1, 0, 0, 3))
    shifted = augment(image, SamplingConfig(contrast_hu=1e-9), generator(1, 1, 0, 0, 3))
    np.testing.assert_allclose(plain, shifted, atol=1e-6)


def test_slices_are_seen_from_the_head_or_from_the_feet() -> None:
    image = np.arange(3, dtype=np.float32)[:, None, None] * np.ones((1, 112, 112), np.float32)
    settings = SamplingConfig(flip_slices=True)
    firsts = {augment(image, settings, generator(1, 1, 0, 0, n))[0, 0, 0] for n in range(20)}
    middles = {augment(image, settings, generator(1, 1, 0, 0, n))[1, 0, 0] for n in range(20)}
    assert firsts == {0, 2}
    assert middles == {1}
