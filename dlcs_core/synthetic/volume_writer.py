"""Write a phantom as NIfTI: a window around the tumour, at least five slices."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.plane import Window
from dlcs_core.synthetic.rendering import Phantom, render_slices

SLICES_BESIDE_KEY = 2
REACH_MM = 7.5
"""Half the height of three slabs of 5 mm: thin slices must fill them."""


def write_nifti_case(
    phantom: Phantom, noise_seed: Sequence[int], directory: Path
) -> tuple[Path, Path]:
    """Write image and mask of one patient.

    Parameters
    ----------
    phantom : Phantom
        Patient and scan.
    noise_seed : sequence of int
        Seed of the noise.
    directory : Path
        Existing folder.

    Returns
    -------
    image, mask : Path
        ``image.nii.gz`` (int16 HU) and ``mask.nii.gz`` (uint8): the key slice and two on each
        side, more where slices are thin, on the same grid.
    """
    key, slice_mm = phantom.key_slice_number, phantom.acquisition.scanner.slice_mm
    beside = max(SLICES_BESIDE_KEY, ceil(REACH_MM / slice_mm - 0.5))
    numbers = range(key - beside, key + beside + 1)
    window = phantom.tumor_window()
    slices = np.stack(list(render_slices(phantom, window, numbers, noise_seed)))
    outlines = np.stack([phantom.outline(number)[window] for number in numbers])
    image, mask = directory / "image.nii.gz", directory / "mask.nii.gz"
    write_volume(image, slices, phantom, window, numbers)
    write_volume(mask, outlines.astype(np.uint8), phantom, window, numbers)
    return image, mask


def write_volume(
    path: Path,
    slices: NDArray[np.int16] | NDArray[np.uint8],
    phantom: Phantom,
    window: Window,
    numbers: Sequence[int],
) -> None:
    """Write an array (slice, row, column) with its place in patient space."""
    import SimpleITK as sitk

    scan = phantom.acquisition
    volume: Any = sitk.GetImageFromArray(np.ascontiguousarray(slices))
    volume.SetSpacing((scan.pixel_mm, scan.pixel_mm, scan.scanner.slice_mm))
    first_x, first_y = float(scan.x_mm[window[1]][0]), float(scan.y_mm[window[0]][0])
    volume.SetOrigin((first_x, first_y, scan.z_mm(numbers[0])))
    sitk.WriteImage(volume, str(path), useCompression=True)
