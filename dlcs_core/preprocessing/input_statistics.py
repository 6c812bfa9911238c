"""What the pixels inside the outline look like to the network, in a few numbers.

They are computed from the model input, so that training cohort and served case are measured
alike, whatever the file format.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

LOW_PERCENT, HIGH_PERCENT = 10.0, 90.0


@dataclass(frozen=True)
class InputStatistics:
    """Statistics inside the outline, in HU of the window.

    Attributes
    ----------
    input_median_hu, input_low_hu, input_high_hu : float
        Median, 10th and 90th percentile on the key slice.
    input_noise_hu : float
        Robust standard deviation of a pixel about the mean of its four neighbours.
    input_slice_change_hu : float
        Robust standard deviation of the difference to the neighbouring slices, smoothed over
        5 x 5 pixels: what is real continues in the next slice.
    """

    input_median_hu: float
    input_low_hu: float
    input_high_hu: float
    input_noise_hu: float
    input_slice_change_hu: float


INPUT_STATISTICS = tuple(one.name for one in fields(InputStatistics))
"""Names, as in the manifest's trained ranges."""

_NORMAL_MAD = 1.4826
"""From the median absolute deviation to a normal law's standard deviation."""


def input_statistics(
    image: NDArray[np.float32], mask: NDArray[np.uint8], window_hu: tuple[float, float]
) -> InputStatistics:
    """Measure a model input.

    Parameters
    ----------
    image : float32 array (3, rows, columns)
        Windowed intensity in [0, 1]; the key slice is the middle one.
    mask : uint8 or bool array, same shape
        Outline of each slice; that of the key slice is used.
    window_hu : tuple of float
        HU of 0 and of 1.

    Returns
    -------
    InputStatistics
        Of the whole frame where the outline misses it.
    """
    low, high = window_hu
    hu = low + (high - low) * image.astype(np.float64)
    inside = mask[1].astype(bool)
    inside = inside if inside.any() else np.ones_like(inside)
    values = hu[1][inside]
    percentiles = np.percentile(values, [50.0, LOW_PERCENT, HIGH_PERCENT])
    fine = hu[1] - _neighbor_mean(hu[1])
    smooth = np.stack([_box_mean(plane) for plane in hu])
    change = np.concatenate([(smooth[k] - smooth[1])[inside] for k in (0, 2)])
    median, low_end, high_end = (float(found) for found in percentiles)
    return InputStatistics(median, low_end, high_end, _spread(fine[inside]), _spread(change))


def _spread(values: NDArray[np.float64]) -> float:
    return _NORMAL_MAD * float(np.median(np.abs(values - np.median(values))))


def _neighbor_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(plane, 1, mode="edge")
    around = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return np.asarray(around / 4)


def _box_mean(plane: NDArray[np.float64], half: int = 2) -> NDArray[np.float64]:
    """Mean over a square, by sums of sums."""
    size = 2 * half + 1
    padded = np.pad(plane, ((half + 1, half), (half + 1, half)), mode="edge")
    sums = padded.cumsum(axis=0).cumsum(axis=1)
    whole = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(whole / size**2)
