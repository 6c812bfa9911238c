"""A training image as another scanner would have shown it: sharper, noisier, other contrast.

Each change is drawn from what differs between hospitals: reconstruction kernel (sharpness, and
the spectrum of the noise), dose (amount of noise), contrast medium and tube voltage (level of
enhanced tissue). Slice thickness is not here: thin slices are averaged to slabs before the
network sees them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from trainer.config import SamplingConfig

FloatArray = NDArray[np.float32]

WINDOW_WIDTH_HU = 350.0
WATER = 115.0 / WINDOW_WIDTH_HU
"""Windowed intensity of 0 HU: tissue that takes up contrast medium lies above it."""

FULL_UPTAKE = 60.0 / WINDOW_WIDTH_HU
"""Above 60 HU tissue shifts with the contrast medium as a whole, so that its texture stays."""

KERNEL_PX = 0.8
"""Standard deviation of the Gaussian that sharpness is a difference to, at 1 mm pixels."""

MOST_SHARPENED = 0.6
NOISE_CUTS_PER_MM = (0.40, 0.72)
"""Apodisation of filtered back-projection from a very soft to a sharp body kernel."""


def vary_scanner(
    image: FloatArray, sampling: SamplingConfig, rng: np.random.Generator
) -> FloatArray:
    """Change kernel, noise and contrast of one image where it is not 0.

    Parameters
    ----------
    image : float32 array, shape (3, rows, columns)
        Windowed intensity in [0, 1], 0 beyond the outline.
    sampling : SamplingConfig
        The largest changes.
    rng : Generator
        Source of the draw.

    Returns
    -------
    float32 array, same shape
        In [0, 1]; what was 0 stays 0.
    """
    shown = image > 0
    sharpness = rng.uniform(-sampling.blur, sampling.blur * MOST_SHARPENED)
    noise_hu = rng.uniform(0, 1) ** 0.5 * sampling.noise_hu
    cut, offset_hu = rng.uniform(*NOISE_CUTS_PER_MM), rng.uniform(-1, 1) * sampling.contrast_hu
    seen = image + np.float32(sharpness) * (image - _smoothed(image, shown))
    seen = seen + np.float32(offset_hu / WINDOW_WIDTH_HU) * _uptake(seen)
    seen += np.float32(noise_hu / WINDOW_WIDTH_HU) * ct_noise(image.shape, cut, rng)
    return np.where(shown, np.clip(seen, 0, 1), np.float32(0)).astype(np.float32)


def ct_noise(shape: tuple[int, ...], cut_per_mm: float, rng: np.random.Generator) -> FloatArray:
    """Draw noise of filtered back-projection at 1 mm pixels, variance 1.

    The spectrum is ``f * exp(-2 (f / cut)**2)``: a ramp under the kernel's apodisation.
    """
    rows, columns = shape[-2:]
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None, :])
    power = frequency * np.exp(-2 * (frequency / cut_per_mm) ** 2)
    copies = np.full(power.shape[1], 2.0)
    copies[0] = 1.0
    copies[-1] = 1.0 if columns % 2 == 0 else 2.0
    power *= rows * columns / np.sum(power * copies)
    white = fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    noise: FloatArray = fft.irfft2(white * np.sqrt(power).astype(np.float32), s=(rows, columns))
    return noise


def _smoothed(image: FloatArray, shown: NDArray[np.bool_]) -> FloatArray:
    """Return the weighted Gaussian mean over the pixels that are shown."""
    sigma = (0, KERNEL_PX, KERNEL_PX)
    weight = ndimage.gaussian_filter(shown.astype(np.float32), sigma, mode="constant", truncate=3)
    total = ndimage.gaussian_filter(image, sigma, mode="constant", truncate=3)
    mean: FloatArray = np.divide(total, weight, out=image.copy(), where=shown)
    return mean


def _uptake(image: FloatArray) -> FloatArray:
    """Return 0 for water and less, 1 for tissue at full uptake, linear between."""
    share: FloatArray = np.clip((image - np.float32(WATER)) / np.float32(FULL_UPTAKE), 0, 1)
    return share
