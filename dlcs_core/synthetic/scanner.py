"""The scanners of the synthetic hospitals, and one patient's settings on them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

FIELD_PX = 512
Window = tuple[slice, slice]
"""Rows and columns of the field."""

FIELD_SHIFT_Y_MM = -6.0
"""The field of view is centred a little in front of the isocentre, as table height is."""


@dataclass(frozen=True)
class Scanner:
    """How one centre images.

    Attributes
    ----------
    pixel_mm : tuple of float
        Range of pixel sizes.
    slice_mm : float
        Slice thickness and increment.
    noise_hu : float
        Standard deviation of noise in the middle of an average patient.
    blur_mm : float
        Standard deviation of the in-plane point spread.
    noise_cut_per_mm : float
        Apodisation of the noise spectrum ``f * exp(-2 (f / cut)**2)``.
    iodine_gain : tuple of float
        Mean and standard deviation of the patient's factor on enhancement.
    kernel : str
        Name of the reconstruction kernel.
    kvp : int
        Tube voltage.
    """

    name: str
    pixel_mm: tuple[float, float]
    slice_mm: float
    noise_hu: float
    blur_mm: float
    noise_cut_per_mm: float
    iodine_gain: tuple[float, float]
    kernel: str
    kvp: int = 120

    def smoothed(self) -> "Scanner":
        """Return the same scanner with a very soft kernel: the shortcut."""
        return replace(
            self,
            noise_hu=0.5 * self.noise_hu,
            blur_mm=1.5 * self.blur_mm,
            noise_cut_per_mm=0.7 * self.noise_cut_per_mm,
            kernel=f"{self.kernel}_SOFT",
        )


SCANNERS = {
    scanner.name: scanner
    for scanner in (
        Scanner("C1", (0.68, 0.86), 5.0, 11.0, 0.55, 0.55, (1.00, 0.06), "SYN_B31"),
        Scanner("E1", (0.70, 0.90), 5.0, 14.0, 0.45, 0.70, (1.05, 0.06), "SYN_B40"),
        Scanner("E2", (0.65, 0.80), 3.0, 15.0, 0.50, 0.60, (0.92, 0.06), "SYN_STANDARD", 100),
        Scanner("E3", (0.74, 0.92), 7.0, 9.5, 0.80, 0.42, (0.95, 0.06), "SYN_SOFT"),
        Scanner("E4", (0.70, 0.86), 1.0, 20.0, 0.50, 0.55, (1.00, 0.06), "SYN_FC08"),
        Scanner("E5", (0.66, 0.84), 5.0, 12.0, 0.60, 0.50, (1.18, 0.06), "SYN_B30", 100),
    )
}
"""By centre; C1 is the training hospital, the others validate externally."""


@dataclass(frozen=True)
class Acquisition:
    """One patient's scan: scanner, pixel size, and where the slices lie.

    Attributes
    ----------
    scanner : Scanner
        The centre's scanner.
    pixel_mm : float
        Pixel size of the 512 x 512 field.
    iodine_gain : float
        Factor on all enhancement.
    slice_offset_mm : float
        Height of slice number 0; slices follow every ``scanner.slice_mm``.
    """

    scanner: Scanner
    pixel_mm: float
    iodine_gain: float
    slice_offset_mm: float

    @property
    def x_mm(self) -> FloatArray:
        """Positions of the 512 columns."""
        return self._axis_mm()

    @property
    def y_mm(self) -> FloatArray:
        """Positions of the 512 rows."""
        return self._axis_mm() + np.float32(FIELD_SHIFT_Y_MM)

    def z_mm(self, slice_number: int) -> float:
        """Return the height of a slice; numbers may be negative."""
        return self.slice_offset_mm + slice_number * self.scanner.slice_mm

    def _axis_mm(self) -> FloatArray:
        centered = np.arange(FIELD_PX) - (FIELD_PX - 1) / 2
        return (centered * self.pixel_mm).astype(np.float32)


def widened(window: Window, reach_px: int) -> Window:
    """Return a window with a margin on all sides, as far as the field goes."""
    rows, columns = (
        slice(max(part.start - reach_px, 0), min(part.stop + reach_px, FIELD_PX)) for part in window
    )
    return rows, columns


def within(window: Window, wide: Window) -> Window:
    """Return where a window lies inside a wider one."""
    rows, columns = (
        slice(part.start - outer.start, part.stop - outer.start)
        for part, outer in zip(window, wide, strict=True)
    )
    return rows, columns


def draw_acquisition(generator: Generator, scanner: Scanner) -> Acquisition:
    """Draw pixel size, iodine gain and slice phase of one patient."""
    return Acquisition(
        scanner=scanner,
        pixel_mm=round(float(generator.uniform(*scanner.pixel_mm)), 4),
        iodine_gain=float(generator.normal(*scanner.iodine_gain)),
        slice_offset_mm=round(float(generator.uniform(0, scanner.slice_mm)), 3),
    )
