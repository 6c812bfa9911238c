"""What the native slices tell of modality and contrast phase, without any header.

The slices are cut into squares of about 5 mm. A square whose pixels hardly differ lies within one
tissue; its mean then says which. Portal venous CT shows organs of 85 to 230 HU and no vessel
above; in the arterial phase the aorta is far brighter, without contrast medium nothing is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.preprocessing.slices import SelectedSlices

SQUARE_MM = 5.0

HOMOGENEOUS_HU = 45.0
"""Largest standard deviation within a square of one tissue: noise, but no edge."""

SOFT_TISSUE_HU = (0.0, 230.0)
ENHANCED_HU = (85.0, 230.0)
ARTERIAL_HU = (260.0, 600.0)
FAT_HU = (-160.0, -30.0)


@dataclass(frozen=True)
class ImageClues:
    """Shares and areas over the three slices.

    Attributes
    ----------
    fat_cm2, soft_tissue_cm2, enhanced_cm2 : float
        Mean area per slice of squares of one tissue within each range of HU.
    arterial_cm2 : float
        Largest such area of one slice within the range of arterial vessels.
    outline_soft_share : float
        Share of the outline's pixels, over the three slices, between -30 and 300 HU.
    """

    fat_cm2: float
    soft_tissue_cm2: float
    enhanced_cm2: float
    arterial_cm2: float
    outline_soft_share: float


def image_clues(selected: SelectedSlices) -> ImageClues:
    """Measure the three native slices.

    Parameters
    ----------
    selected : SelectedSlices
        Slices and outline.
    """
    means, spreads, square_cm2 = _squares(selected.image_hu, selected.spacing_mm)
    single = spreads <= HOMOGENEOUS_HU

    def areas(limits: tuple[float, float]) -> NDArray[np.float64]:
        low, high = limits
        return np.asarray((single & (means >= low) & (means < high)).sum((1, 2)) * square_cm2)

    outlined = selected.image_hu[selected.mask]
    return ImageClues(
        fat_cm2=float(areas(FAT_HU).mean()),
        soft_tissue_cm2=float(areas(SOFT_TISSUE_HU).mean()),
        enhanced_cm2=float(areas(ENHANCED_HU).mean()),
        arterial_cm2=float(areas(ARTERIAL_HU).max()),
        outline_soft_share=float(((outlined > -30.0) & (outlined < 300.0)).mean()),
    )


def _squares(
    image_hu: NDArray[np.float32], spacing_mm: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return mean and standard deviation of each square, and its area in cm2."""
    rows, columns = (max(1, round(SQUARE_MM / spacing)) for spacing in spacing_mm)
    n_rows, n_columns = image_hu.shape[1] // rows, image_hu.shape[2] // columns
    cut = image_hu[:, : n_rows * rows, : n_columns * columns].astype(np.float64)
    squares = cut.reshape(len(cut), n_rows, rows, n_columns, columns)
    area_cm2 = rows * columns * spacing_mm[0] * spacing_mm[1] / 100
    return squares.mean((2, 4)), squares.std((2, 4)), area_cm2
