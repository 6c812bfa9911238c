"""The activation map of the logit, from its 7 x 7 cells to input pixels and CT slices.

The map says which cells raised the logit of good response. A cell is 16 mm wide at 1 mm pixels:
nothing finer can be read from it, whatever the smooth colours suggest. It is kept raw, because
a map stretched to its own maximum always shows something, also where there is nothing to show.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.network.architecture import INPUT_SIZE_PX, MAP_SIZE
from dlcs_core.preprocessing.model_input import InputFrame

CELL_PX = INPUT_SIZE_PX // MAP_SIZE
"""Input pixels per cell and direction. Cell ``i`` is centred at pixel ``16 (i + 0.5) - 0.5``."""


@dataclass(frozen=True)
class ActivationMap:
    """Grad-CAM of the logit of good response on the input grid.

    Attributes
    ----------
    cells : float64 array (7, 7)
        As the network gave it: non-negative, in logit units per cell.
    pixels : float64 array (112, 112)
        Bilinear between the cells' centres, constant beyond the outermost.
    share_inside_mask : float or None
        Part of the map's sum that lies on the tumour outline, in [0, 1]; None where the map is
        zero everywhere, i.e. nothing speaks for good response.
    """

    cells: NDArray[np.float64]
    pixels: NDArray[np.float64]
    share_inside_mask: float | None

    @property
    def peak(self) -> float:
        """Largest value of the pixels, in logit units."""
        return float(self.pixels.max())

    @property
    def relative(self) -> NDArray[np.float64]:
        """Pixels divided by their peak, in [0, 1]; zero where the map is zero."""
        return self.pixels / self.peak if self.peak > 0 else np.zeros_like(self.pixels)


def make_activation_map(cam: NDArray[np.floating], mask: NDArray[np.uint8]) -> ActivationMap:
    """Bring a map to the input grid and see how much of it lies on the tumour.

    Parameters
    ----------
    cam : float array (7, 7)
        Non-negative map, e.g. ``ViewedOutput.cam``.
    mask : uint8 array (112, 112)
        Outline on the key slice, on the input's pixels.

    Returns
    -------
    ActivationMap
        Raw; scaled views are its properties.
    """
    cells = np.asarray(cam, np.float64)
    pixels = cells_to_pixels(cells)
    total = float(pixels.sum())
    share = float(pixels[mask > 0].sum()) / total if total > 0 else None
    return ActivationMap(cells, pixels, share)


def cells_to_pixels(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate a map between the centres of its cells.

    Parameters
    ----------
    cells : float64 array (7, 7)
        Map of the network.

    Returns
    -------
    float64 array (112, 112)
        As torch's bilinear ``interpolate`` with ``align_corners=False``.
    """
    position = (np.arange(INPUT_SIZE_PX) + 0.5) / CELL_PX - 0.5
    weights = _linear_weights(np.clip(position, 0, MAP_SIZE - 1), MAP_SIZE)
    return weights @ cells @ weights.T


def pixels_to_slice(
    pixels: NDArray[np.float64],
    frame: InputFrame,
    shape: tuple[int, int],
    pixel_spacing_mm: tuple[float, float],
) -> NDArray[np.float64]:
    """Lay a map over the native CT slice from which the input was cut.

    Parameters
    ----------
    pixels : float64 array (112, 112)
        Map on the input grid.
    frame : InputFrame
        Where the input lies on the slice.
    shape : tuple of int
        Rows and columns of the slice.
    pixel_spacing_mm : tuple of float
        Row and column spacing of the slice.

    Returns
    -------
    float64 array (rows, columns)
        Bilinear inside the frame; zero outside, where the network saw nothing.
    """
    rows, columns = (
        _sampling_weights(size, spacing, origin, frame.spacing_mm)
        for size, spacing, origin in zip(shape, pixel_spacing_mm, frame.origin_mm, strict=True)
    )
    return rows @ pixels @ columns.T


def _sampling_weights(
    size: int, spacing_mm: float, origin_mm: float, input_spacing_mm: float
) -> NDArray[np.float64]:
    """Weights (size, 112) that read input pixels at the centres of native pixels."""
    position = (np.arange(size) * spacing_mm - origin_mm) / input_spacing_mm
    inside = (position >= -0.5) & (position < INPUT_SIZE_PX - 0.5)
    weights = _linear_weights(np.clip(position, 0, INPUT_SIZE_PX - 1), INPUT_SIZE_PX)
    return weights * inside[:, np.newaxis]


def _linear_weights(position: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Weights (n, size) of linear interpolation at positions in [0, size - 1]."""
    distance = np.abs(position[:, np.newaxis] - np.arange(size))
    return np.maximum(1.0 - distance, 0.0)
