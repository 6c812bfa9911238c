"""Hounsfield units to [0, 1]."""

import numpy as np
from numpy.typing import NDArray


def window(image_hu: NDArray[np.float32], window_hu: tuple[float, float]) -> NDArray[np.float32]:
    """Map a window linearly to [0, 1] and clip what lies outside.

    Parameters
    ----------
    image_hu : float32 array
        Hounsfield units.
    window_hu : tuple of float
        Intensity that becomes 0 and intensity that becomes 1.

    Returns
    -------
    float32 array, same shape, in [0, 1]

    Examples
    --------
    >>> window(np.array([-1000, -115, 60, 235, 900], dtype=np.float32), (-115.0, 235.0))
    array([0. , 0. , 0.5, 1. , 1. ], dtype=float32)
    """
    low, high = window_hu
    scaled: NDArray[np.float32] = (image_hu - np.float32(low)) / np.float32(high - low)
    return scaled.clip(0, 1)
