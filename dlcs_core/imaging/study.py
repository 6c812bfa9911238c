"""What an image is here: a stack of parallel slices on a known grid, and a tumour mask on it.

Axes are always ``(slice, row, column)``. Whatever the file's order, a :class:`Volume` runs with
increasing column towards the patient's left, increasing row towards the back and increasing
slice towards the head (the nearest permutation and flip of the stored axes; nothing is
resampled). Positions are millimetres in DICOM patient space (LPS).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import Notice

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Grid:
    """Geometry of a stack of parallel slices in patient space (LPS, mm).

    Attributes
    ----------
    size : tuple of int
        Slices, rows, columns.
    spacing_mm : tuple of float
        Slice, row, column. The slice spacing is the median distance of neighbouring slice
        positions, not SliceThickness.
    origin_mm : tuple of float
        Patient position of the centre of voxel (0, 0, 0).
    column_direction, row_direction, normal : tuple of float
        Unit vectors along which column index, row index and slice index increase.
    slice_positions_mm : tuple of float
        Coordinate of each slice along ``normal`` (dot product of its patient position with the
        normal), increasing; not assumed to be evenly spaced.
    """

    size: tuple[int, int, int]
    spacing_mm: Vector
    origin_mm: Vector
    column_direction: Vector
    row_direction: Vector
    normal: Vector
    slice_positions_mm: tuple[float, ...]

    def patient_position_mm(
        self, slice_index: int, row: float, column: float
    ) -> NDArray[np.float64]:
        """Return the patient position (x, y, z in mm) of a point given in index coordinates.

        Integers are pixel centres; the slice's own position is used, not a multiple of spacing.
        """
        along_normal = self.slice_positions_mm[slice_index] - self.slice_positions_mm[0]
        return (
            np.asarray(self.origin_mm)
            + along_normal * np.asarray(self.normal)
            + row * self.spacing_mm[1] * np.asarray(self.row_direction)
            + column * self.spacing_mm[2] * np.asarray(self.column_direction)
        )


@dataclass(frozen=True)
class SeriesHeader:
    """What the header tells about the acquisition; every field may be unknown (None).

    Patient text is kept only as far as the form check needs it and is never logged or shown as
    markup.

    Attributes
    ----------
    patient_id, patient_sex, patient_age_years, study_date
        For comparison with the clinical form only.
    slice_thickness_mm, kvp, kernel, contrast_agent, body_part, series_description, manufacturer
        As in the header.
    """

    patient_id: str | None = None
    patient_sex: str | None = None
    patient_age_years: float | None = None
    study_date: str | None = None
    slice_thickness_mm: float | None = None
    kvp: float | None = None
    kernel: str | None = None
    contrast_agent: str | None = None
    body_part: str | None = None
    series_description: str | None = None
    manufacturer: str | None = None


@dataclass(frozen=True)
class Volume:
    """A CT volume: geometry now, pixels slice by slice on demand.

    Attributes
    ----------
    grid : Grid
        Geometry.
    read_slice_hu : callable
        ``read_slice_hu(slice_index) -> float32 array (rows, columns)`` in Hounsfield units,
        already flipped to the axes of ``grid``. Raises ImagingError where the pixels are broken.
    source_format : str
        ``"dicom"``, ``"nifti"``, ``"nrrd"`` or ``"mha"``.
    modality : str or None
        ``"CT"`` for DICOM; None where the format does not tell.
    header : SeriesHeader
        Acquisition facts.
    sop_instance_uids : tuple of (str or None)
        One per slice in grid order; None for formats without them or where empty.
    series_instance_uid, frame_of_reference_uid : str or None
        DICOM only.
    gaps : tuple of int
        Where slices are missing: a gap at ``i`` lies between slices ``i`` and ``i + 1``.
    warnings : tuple of Notice
        What reading had to accept.
    """

    grid: Grid
    read_slice_hu: Callable[[int], NDArray[np.float32]]
    source_format: str
    modality: str | None = None
    header: SeriesHeader = field(default_factory=SeriesHeader)
    sop_instance_uids: tuple[str | None, ...] = ()
    series_instance_uid: str | None = None
    frame_of_reference_uid: str | None = None
    gaps: tuple[int, ...] = ()
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Mask:
    """A tumour delineation on a volume's grid; only slices that carry it are stored.

    Attributes
    ----------
    size : tuple of int
        Slices, rows, columns of the grid.
    planes : mapping of int to bool array (rows, columns)
        Slice index to that slice's mask; a slice that is not a key is empty.
    """

    size: tuple[int, int, int]
    planes: Mapping[int, NDArray[np.bool_]]

    def plane(self, slice_index: int) -> NDArray[np.bool_]:
        """Return the mask of one slice, shape (rows, columns)."""
        found = self.planes.get(slice_index)
        return np.zeros(self.size[1:], dtype=bool) if found is None else found

    def pixel_counts(self) -> NDArray[np.int64]:
        """Return the number of mask pixels of every slice, shape (slices,)."""
        counts = np.zeros(self.size[0], dtype=np.int64)
        for slice_index, plane in self.planes.items():
            counts[slice_index] = np.count_nonzero(plane)
        return counts


@dataclass(frozen=True)
class Study:
    """A pretreatment portal-venous CT volume and its tumour mask on one grid.

    Attributes
    ----------
    volume : Volume
        The image.
    mask : Mask
        Not empty, on the volume's grid.
    region_name : str or None
        Name or label of the chosen region, where the mask file has one. Untrusted text.
    mask_format : str
        ``"rtstruct"``, ``"seg"``, ``"nifti"``, ``"nrrd"``, ``"mha"`` or ``"polygons"``.
    warnings : tuple of Notice
        The volume's and the mask's.
    """

    volume: Volume
    mask: Mask
    region_name: str | None
    mask_format: str
    warnings: tuple[Notice, ...] = ()
