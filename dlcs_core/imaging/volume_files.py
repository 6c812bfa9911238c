"""NIfTI, NRRD and MHA files to a Volume."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.dicom_pixels import AIR_HU
from dlcs_core.imaging.geometry import check_orthogonal, stack_grid
from dlcs_core.imaging.metaimage import is_metaimage, read_metaimage
from dlcs_core.imaging.nifti import is_nifti, peek_gzip, read_nifti
from dlcs_core.imaging.nrrd import is_nrrd, read_nrrd
from dlcs_core.imaging.sources import FileSource
from dlcs_core.imaging.study import Volume
from dlcs_core.imaging.voxel_file import VoxelFile

VOLUME_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".seg.nrrd", ".mha", ".mhd")
MIN_SPACING_MM = 1e-3
MAX_SPACING_MM = 1e3


def is_volume_file(source: FileSource, head: bytes) -> bool:
    """Return whether a file is a volume file, by its first bytes or, where damaged, its name."""
    unpacked = peek_gzip(head) if head[:2] == b"\x1f\x8b" else head
    if is_nifti(unpacked) or is_nrrd(head) or is_metaimage(head):
        return True
    return source.suffix in VOLUME_SUFFIXES and source.size > 0


def read_voxel_file(source: FileSource) -> VoxelFile:
    """Read a NIfTI, NRRD or MHA file as stored; for images and label maps alike.

    Raises
    ------
    ImagingError
        If the file is none of these, broken, cut, detached or not one volume.
    """
    if source.size == 0:
        raise ImagingError("file_empty")
    with source.open() as stream:
        head = stream.read(4096)
    if is_nrrd(head):
        return read_nrrd(source)
    if is_metaimage(head):
        return read_metaimage(source)
    if head[:2] == b"\x1f\x8b" or is_nifti(head):
        return read_nifti(source)
    raise ImagingError("volume_header")


@dataclass(frozen=True)
class VoxelSlices:
    """Slices of a volume file in Hounsfield units, on the canonical axes."""

    stored: NDArray[np.generic]
    slope: float
    intercept: float

    def __call__(self, slice_index: int) -> NDArray[np.float32]:
        """Return one canonical slice in Hounsfield units, shape (rows, columns)."""
        values = self.stored[slice_index].astype(np.float64) * self.slope + self.intercept
        if not np.isfinite(values).all():
            raise ImagingError("values_not_finite")
        return np.ascontiguousarray(np.maximum(values, AIR_HU), dtype=np.float32)


def read_volume_file(source: FileSource) -> Volume:
    """Read a NIfTI, NRRD or MHA file as a CT volume.

    Returns
    -------
    Volume
        Its values are taken as Hounsfield units; a warning says where they do not look so.

    Raises
    ------
    ImagingError
        As :func:`read_voxel_file`, or if the grid is sheared or not finite.
    """
    return volume_of(read_voxel_file(source))


def volume_of(voxel_file: VoxelFile) -> Volume:
    """Make a volume of stored voxels; see :func:`read_volume_file`."""
    directions, spacing = directions_and_spacing(voxel_file.affine_lps)
    stored = voxel_file.voxels.transpose(2, 1, 0)
    steps = np.arange(stored.shape[0])[:, None] * voxel_file.affine_lps[:3, 2]
    grid, axes = stack_grid(
        voxel_file.affine_lps[:3, 3] + steps,
        directions[::-1],
        (stored.shape[1], stored.shape[2]),
        (float(spacing[2]), float(spacing[1]), float(spacing[0])),
    )
    slices = VoxelSlices(axes.volume(stored), voxel_file.slope, voxel_file.intercept)
    single = (Notice("single_slice"),) if grid.size[0] == 1 else ()
    return Volume(
        grid=grid,
        read_slice_hu=slices,
        source_format=voxel_file.source_format,
        sop_instance_uids=(None,) * grid.size[0],
        warnings=(*voxel_file.warnings, *single, *_value_warnings(slices, grid.size[0])),
    )


def directions_and_spacing(
    affine_lps: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vectors (one per row) and spacing in mm of index axes i, j, k.

    Raises
    ------
    ImagingError
        If the affine is not finite, singular, sheared or of impossible scale.
    """
    if not np.isfinite(affine_lps).all():
        raise ImagingError("geometry_not_finite")
    spacing = np.linalg.norm(affine_lps[:3, :3], axis=0)
    if spacing.min() < MIN_SPACING_MM or spacing.max() > MAX_SPACING_MM:
        raise ImagingError("geometry_not_finite")
    directions = (affine_lps[:3, :3] / spacing).T
    check_orthogonal(directions)
    return directions, spacing


def _value_warnings(slices: VoxelSlices, n_slices: int) -> tuple[Notice, ...]:
    """Warn where three slices have no negative value: CT numbers of a body always do."""
    sampled = {n_slices // 4, n_slices // 2, 3 * n_slices // 4}
    lowest = min(float(slices(index).min()) for index in sampled)
    return (Notice("values_not_hu"),) if lowest >= 0 else ()
