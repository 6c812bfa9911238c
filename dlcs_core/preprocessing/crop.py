"""Where the input frame lies, and what of it belongs to the tumour and its rim."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import Notice
from dlcs_core.preprocessing.model_input import InputFrame
from dlcs_core.preprocessing.settings import PreprocessingSettings


@dataclass(frozen=True)
class CropBox:
    """Outer edges of a mask in in-plane mm from the centre of native pixel (0, 0).

    Attributes
    ----------
    low_mm, high_mm : tuple of float
        Row and column edges.
    """

    low_mm: tuple[float, float]
    high_mm: tuple[float, float]

    @property
    def size_mm(self) -> tuple[float, float]:
        """Rows and columns covered."""
        return self.high_mm[0] - self.low_mm[0], self.high_mm[1] - self.low_mm[1]

    @property
    def center_mm(self) -> tuple[float, float]:
        """Middle of the box."""
        return (
            (self.low_mm[0] + self.high_mm[0]) / 2,
            (self.low_mm[1] + self.high_mm[1]) / 2,
        )


def bounding_box(mask: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> CropBox:
    """Return the box around the outer pixel edges of a non-empty mask (rows, columns)."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return CropBox(
        low_mm=((rows[0] - 0.5) * spacing_mm[0], (columns[0] - 0.5) * spacing_mm[1]),
        high_mm=((rows[-1] + 0.5) * spacing_mm[0], (columns[-1] + 0.5) * spacing_mm[1]),
    )


def place_frame(box: CropBox, settings: PreprocessingSettings) -> InputFrame:
    """Centre the frame on the box.

    The frame follows the box continuously rather than a fixed 1 mm lattice, so that the input
    does not depend on how much of the slice the file holds.
    """
    half_mm = (settings.size_px - 1) / 2 * settings.spacing_mm
    row, column = box.center_mm
    return InputFrame(origin_mm=(row - half_mm, column - half_mm), spacing_mm=settings.spacing_mm)


def oversize_warnings(box: CropBox, settings: PreprocessingSettings) -> tuple[Notice, ...]:
    """Warn when tumour and margin do not fit the frame: what lies beyond is cut off."""
    needed_mm = max(box.size_mm) + 2 * settings.margin_mm
    frame_mm = settings.size_px * settings.spacing_mm
    if needed_mm <= frame_mm:
        return ()
    values = {"needed_mm": round(needed_mm, 1), "frame_mm": round(frame_mm, 1)}
    return (Notice("tumor_exceeds_frame", values),)


def expand(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Expand a mask in all directions: pixels whose centre is within ``radius_px`` of one of it.

    Parameters
    ----------
    mask : bool array (rows, columns)
    radius_px : float
        Radius of the disc in pixels.

    Returns
    -------
    bool array, same shape
    """
    reach = int(np.floor(radius_px))
    padded = np.pad(mask, reach)
    rows, columns = mask.shape
    expanded = np.zeros_like(mask)
    for row in range(-reach, reach + 1):
        half = int(np.floor(np.sqrt(radius_px**2 - row**2)))
        band = padded[reach + row : reach + row + rows]
        expanded |= _spread_along_columns(band, half)[:, reach : reach + columns]
    return expanded


def _spread_along_columns(band: NDArray[np.bool_], half: int) -> NDArray[np.bool_]:
    """Mark each pixel with a set pixel at most ``half`` columns away, by a running sum."""
    padded = np.pad(band, ((0, 0), (half + 1, half)))
    sums = np.cumsum(padded, axis=1, dtype=np.int32)
    spread: NDArray[np.bool_] = (sums[:, 2 * half + 1 :] - sums[:, : -(2 * half + 1)]) > 0
    return spread
