"""From an anatomy to CT slices and the reader's outline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dlcs_core.synthetic import body, bowel, organs, skeleton, stomach, vessels
from dlcs_core.synthetic.anatomy import Anatomy
from dlcs_core.synthetic.noise import make_noise_model
from dlcs_core.synthetic.plane import Plane, Window
from dlcs_core.synthetic.scanner import FIELD_PX, Acquisition, widened, within

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

PLANE_PITCH_MM = 1.7
"""Planes averaged into one slice lie about this far apart: partial volume along z."""
BLUR_REACH_PX = 6
CONTOUR_SMOOTHING_MM = 1.2
SMALLEST_PART = 0.1
"""Islands of the outline below this share of its largest part are dropped."""
WINDOW_MM = 150.0
WINDOW_MARGIN_MM = 25.0
AIR_HU, AIR_BELOW_HU, HIGHEST_HU = -1000, -930, 3071
_FIRST_NUMBER = 100_000
"""Slice numbers may be negative, seeds may not."""


FULL_FIELD: Window = (slice(0, FIELD_PX), slice(0, FIELD_PX))


@dataclass(frozen=True)
class Phantom:
    """One patient ready to be scanned.

    Attributes
    ----------
    anatomy : Anatomy
        The body.
    acquisition : Acquisition
        The scan.
    """

    anatomy: Anatomy
    acquisition: Acquisition

    @cached_property
    def outlines(self) -> dict[int, BoolArray]:
        """The reader's outline by slice number, on the full field; only slices that carry it."""
        tumor, slice_mm = self.anatomy.tumor, self.acquisition.scanner.slice_mm
        middle = (float(tumor.center_mm[2]) - self.acquisition.slice_offset_mm) / slice_mm
        reach = (0.5 * tumor.diameter_mm + 12) / slice_mm
        numbers = range(int(np.floor(middle - reach)), int(np.ceil(middle + reach)) + 1)
        drawn = {number: self._draw_outline(number) for number in numbers}
        return {number: plane for number, plane in drawn.items() if plane.any()}

    @cached_property
    def key_slice_number(self) -> int:
        """The slice with the largest outline, the lowest on a tie."""
        areas = {number: int(np.count_nonzero(plane)) for number, plane in self.outlines.items()}
        return max(areas, key=lambda number: (areas[number], -number))

    def outline(self, slice_number: int) -> BoolArray:
        """Return one slice's outline on the full field, all False where there is none."""
        empty = np.zeros((FIELD_PX, FIELD_PX), dtype=bool)
        return self.outlines.get(slice_number, empty)

    def tumor_window(self) -> Window:
        """Return the part of the field that shows the tumour with its surroundings."""
        any_slice = np.any(list(self.outlines.values()), axis=0)
        pixel_mm = self.acquisition.pixel_mm
        rows, columns = (
            _widened(np.flatnonzero(any_slice.any(axis=axis)), pixel_mm) for axis in (1, 0)
        )
        return rows, columns

    def plane(self, window: Window, z_mm: float) -> Plane:
        """Return an unpainted plane on a part of the field."""
        scan = self.acquisition
        rows, columns = window
        return Plane(self.anatomy, scan.x_mm[columns], scan.y_mm[rows], z_mm, scan.pixel_mm)

    def _draw_outline(self, slice_number: int) -> BoolArray:
        scan, tumor = self.acquisition, self.anatomy.tumor
        reach = 0.6 * tumor.diameter_mm + 20
        x, y = float(tumor.center_mm[0]), float(tumor.center_mm[1])
        window = (_indices(scan.y_mm, y, reach), _indices(scan.x_mm, x, reach))
        drawn = stomach.outline(self.plane(window, scan.z_mm(slice_number)))
        sigma = CONTOUR_SMOOTHING_MM / scan.pixel_mm
        smooth = ndimage.gaussian_filter(drawn.astype(np.float32), sigma)
        full = np.zeros((FIELD_PX, FIELD_PX), dtype=bool)
        full[window] = _largest_parts(smooth > 0.5)
        return full


def _indices(positions_mm: FloatArray, center_mm: float, reach_mm: float) -> slice:
    first, last = np.searchsorted(positions_mm, [center_mm - reach_mm, center_mm + reach_mm])
    return slice(int(first), int(last))


def _widened(occupied: NDArray[np.intp], pixel_mm: float) -> slice:
    """Return at least ``WINDOW_MM`` around occupied indices, with the margin on both sides."""
    margin = int(np.ceil(WINDOW_MARGIN_MM / pixel_mm))
    first, last = int(occupied[0]) - margin, int(occupied[-1]) + 1 + margin
    missing = max(0, int(np.ceil(WINDOW_MM / pixel_mm)) - (last - first))
    first, last = first - missing // 2, last + missing - missing // 2
    return slice(max(first, 0), min(last, FIELD_PX))


def _largest_parts(mask: BoolArray) -> BoolArray:
    """Drop islands that no reader would outline."""
    parts, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    kept: BoolArray = (sizes >= SMALLEST_PART * sizes.max())[parts]
    return kept & mask


def paint_plane(plane: Plane) -> FloatArray:
    """Paint everything, from the table to the tumour; return the plane's HU."""
    body.paint_table(plane)
    cavity = body.paint_trunk(plane)
    body.paint_back_muscles(plane)
    skeleton.paint_ribs(plane)
    skeleton.paint_spine(plane)
    lumen = stomach.lumen_distance(plane)
    liver = organs.paint_liver(plane, cavity, lumen)
    vessels.paint_liver_vessels(plane, liver)
    organs.paint_gallbladder(plane, liver)
    organs.paint_spleen(plane, cavity, lumen)
    organs.paint_kidneys(plane)
    vessels.paint_great_vessels(plane)
    organs.paint_pancreas(plane, lumen)
    vessels.paint_portal_system(plane)
    organs.paint_lung(plane, cavity)
    bowel.paint_bowel(plane)
    vessels.paint_fat_vessels(plane)
    stomach.paint_nodes(plane)
    stomach.paint_stomach(plane, lumen)
    return plane.hu


def render_slices(
    phantom: Phantom, window: Window, slice_numbers: Sequence[int], noise_seed: Sequence[int]
) -> Iterator[NDArray[np.int16]]:
    """Yield the CT slices, in HU.

    Parameters
    ----------
    phantom : Phantom
        Patient and scan.
    window : Window
        Rows and columns of the 512 x 512 field.
    slice_numbers : sequence of int
        Which slices, in the order wanted.
    noise_seed : sequence of int
        Seed of the noise; each slice has its own, whatever window and slices are rendered.

    Yields
    ------
    int16 array (rows, columns)
        Hounsfield units, -1000 to 3071. Air is flat, as scanners pad their field: a series
        compresses to half the size.
    """
    scan = phantom.acquisition
    noise = make_noise_model(phantom.anatomy, scan, window)
    for number in slice_numbers:
        blurred = _blurred_slice(phantom, window, scan.z_mm(number))
        generator = np.random.default_rng([*noise_seed, _FIRST_NUMBER + number])
        noisy = np.rint(blurred + noise.draw(generator))
        yield np.where(noisy < AIR_BELOW_HU, AIR_HU, np.minimum(noisy, HIGHEST_HU)).astype(np.int16)


def _blurred_slice(phantom: Phantom, window: Window, z_mm: float) -> FloatArray:
    """Return a slice without noise, its border blurred with what lies beyond."""
    scan = phantom.acquisition
    wide = widened(window, BLUR_REACH_PX)
    clean = _partial_volume_slice(phantom, wide, z_mm)
    blurred = ndimage.gaussian_filter(clean, scan.scanner.blur_mm / scan.pixel_mm)
    return np.asarray(blurred[within(window, wide)], dtype=np.float32)


def _partial_volume_slice(phantom: Phantom, window: Window, z_mm: float) -> FloatArray:
    """Return the mean of the thin planes within one slice."""
    thickness = phantom.acquisition.scanner.slice_mm
    n_planes = max(1, round(thickness / PLANE_PITCH_MM))
    total = np.zeros((), np.float32)
    for share in (np.arange(n_planes) + 0.5) / n_planes - 0.5:
        hu = paint_plane(phantom.plane(window, z_mm + float(share) * thickness))
        total = total + hu
    return total * np.float32(1 / n_planes)
