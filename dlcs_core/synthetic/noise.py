"""CT noise: the spectrum of filtered back-projection, stronger where the rays crossed more body.

Noise of a projection angle lives in one direction of the frequency plane and has, at each pixel,
the variance ``exp(p)`` of the ray through it (``p`` is the attenuation along the ray). A few
angular sectors, each filtered from its own white noise and weighted by its own rays, give
non-stationary, slightly streaky noise for a handful of Fourier transforms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft

from dlcs_core.synthetic.anatomy import Anatomy
from dlcs_core.synthetic.scanner import FIELD_PX, Acquisition, Window, widened, within

FloatArray = NDArray[np.float32]

N_SECTORS = 8
FILTER_REACH_PX = 32
WATER_PER_MM = 0.0195
BONE_EXCESS_PER_MM = 0.014
SPINE_RADII_MM = (21.0, 16.0)
REFERENCE_ATTENUATION = WATER_PER_MM * 2 * np.sqrt(150 * 105) + BONE_EXCESS_PER_MM * 36
"""Of the average patient, for whom a scanner's ``noise_hu`` is stated."""


@dataclass(frozen=True)
class NoiseModel:
    """Filters and weights of one patient's noise on a part of the field.

    Attributes
    ----------
    window : Window
        Rows and columns of the field that are wanted.
    padded : Window
        What is filtered: wider by the reach of the filters, as far as the field goes.
    filters : float32 array (n_sectors, fft rows, fft columns // 2 + 1)
        Amplitude of each sector on the frequency grid.
    weights_hu : float32 array (n_sectors, rows, columns)
        Standard deviation that each sector's rays carry to each wanted pixel.
    """

    window: Window
    padded: Window
    filters: FloatArray
    weights_hu: FloatArray

    def draw(self, generator: Generator) -> FloatArray:
        """Draw one slice of noise in HU, float32 (rows, columns).

        The white noise is that of the whole field, so a part shows (to a fraction of an HU)
        what the whole slice shows there.
        """
        white = generator.standard_normal((FIELD_PX, FIELD_PX), dtype=np.float32)
        shape = (self.filters.shape[1], 2 * (self.filters.shape[2] - 1))
        spectrum = fft.rfft2(white[self.padded], s=shape)
        wanted = within(self.window, self.padded)
        total = np.zeros(self.weights_hu.shape[1:], np.float32)
        for amplitude, weight in zip(self.filters, self.weights_hu, strict=True):
            total += weight * fft.irfft2(spectrum * amplitude, s=shape)[wanted]
        return total


def make_noise_model(anatomy: Anatomy, acquisition: Acquisition, window: Window) -> NoiseModel:
    """Prepare the noise of one patient on rows and columns of the field."""
    rows, columns = padded = widened(window, FILTER_REACH_PX)
    angles = (np.arange(N_SECTORS) + 0.5) * np.pi / N_SECTORS
    shape = tuple(
        2 * fft.next_fast_len((part.stop - part.start + 1) // 2) for part in (rows, columns)
    )
    filters = _sector_filters(shape, acquisition, angles)
    x_mm, y_mm = acquisition.x_mm[window[1]], acquisition.y_mm[window[0]]
    weights = np.stack([_ray_weights(anatomy, x_mm, y_mm, float(angle)) for angle in angles])
    weights_hu = (weights * acquisition.scanner.noise_hu).astype(np.float32)
    return NoiseModel(window, padded, filters, weights_hu)


def _sector_filters(
    shape: tuple[int, ...], acquisition: Acquisition, angles: NDArray[np.float64]
) -> FloatArray:
    """Return amplitudes whose squares sum to the kernel's spectrum, unit variance in total."""
    fy = fft.fftfreq(shape[0], acquisition.pixel_mm)[:, None]
    fx = fft.rfftfreq(shape[1], acquisition.pixel_mm)[None, :]
    frequency = np.hypot(fy, fx)
    cut = acquisition.scanner.noise_cut_per_mm
    power = frequency * np.exp(-2 * (frequency / cut) ** 2)
    copies = np.where((fx == 0) | (fx == fx.max()), 1.0, 2.0)
    power /= np.sum(power * copies) / (shape[0] * shape[1])
    direction = np.arctan2(fy, fx)
    width = np.pi / len(angles)
    away = (direction - angles[:, None, None] + np.pi / 2) % np.pi - np.pi / 2
    share = np.where(np.abs(away) < width, np.cos(np.pi * away / (2 * width)), 0)
    amplitude: FloatArray = (np.sqrt(power) * share).astype(np.float32)
    return amplitude


def _ray_weights(
    anatomy: Anatomy, x_mm: FloatArray, y_mm: FloatArray, angle: float
) -> NDArray[np.float64]:
    """Return sqrt(exp(p) / exp(p_reference)) of the ray of one angle through each pixel."""
    cosine, sine = np.cos(angle), np.sin(angle)
    offset = x_mm[None, :] * cosine + y_mm[:, None] * sine
    spine_y = 0.6 * anatomy.cavity_half_depth_mm
    body = _chord(offset, angle, anatomy.half_width_mm, anatomy.half_depth_mm)
    spine = _chord(offset - spine_y * sine, angle, *SPINE_RADII_MM)
    attenuation = WATER_PER_MM * body + BONE_EXCESS_PER_MM * spine
    weights: NDArray[np.float64] = np.exp((attenuation - REFERENCE_ATTENUATION) / 2)
    return weights


def _chord(
    offset: NDArray[np.float64], angle: float, half_width: float, half_depth: float
) -> NDArray[np.float64]:
    """Return the length of a ray inside an ellipse, by its distance from the centre."""
    reach = (half_width * np.cos(angle)) ** 2 + (half_depth * np.sin(angle)) ** 2
    inside = np.sqrt(np.maximum(reach - offset**2, 0))
    chord: NDArray[np.float64] = 2 * half_width * half_depth * inside / reach
    return chord
