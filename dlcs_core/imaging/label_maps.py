"""NIfTI, NRRD, Slicer ``.seg.nrrd`` and MHA label maps to masks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.label_values import LabelPlanes, label_planes
from dlcs_core.imaging.mask_placement import place_mask
from dlcs_core.imaging.nrrd import is_nrrd, nrrd_affine, read_nrrd_array
from dlcs_core.imaging.regions import References, Region
from dlcs_core.imaging.sources import FileSource
from dlcs_core.imaging.study import Grid, Mask
from dlcs_core.imaging.volume_files import directions_and_spacing, read_voxel_file
from dlcs_core.imaging.voxel_file import VoxelFile


@dataclass(frozen=True)
class LabelMap:
    """A label map, or several that overlap (layers of a Slicer segmentation).

    Attributes
    ----------
    mask_format : str
        ``"nifti"``, ``"nrrd"`` or ``"mha"``.
    regions : tuple of Region
        Labels and, where the header names them, segments; ``number`` is the label value.
    grid : Grid
        The file's own grid; axes in stored order and direction.
    layers : tuple of LabelPlanes
        One per layer.
    layer_of : mapping of Region to int
        Where each region lies.
    """

    mask_format: str
    regions: tuple[Region, ...]
    grid: Grid
    layers: tuple[LabelPlanes, ...]
    layer_of: Mapping[Region, int]
    warnings: tuple[Notice, ...] = ()

    def references(self, region: Region) -> References | None:
        """Return None: these formats cannot say which image they belong to."""
        del region
        return None

    def draw(self, region: Region, grid: Grid) -> tuple[Mask, tuple[Notice, ...]]:
        """Carry a label over to the image's grid; see :func:`place_mask`."""
        layer = self.layers[self.layer_of[region]]
        planes = {index: values == region.number for index, values in layer.planes.items()}
        mask, notices = place_mask(self.grid, planes, grid)
        return mask, (*self.warnings, *layer.warnings, *notices)


def open_label_map(source: FileSource) -> LabelMap:
    """Read a label map.

    Raises
    ------
    ImagingError
        If the file is broken, cut or without geometry, ``mask_is_an_image`` (CT numbers instead
        of labels) or ``mask_values_not_labels``.
    """
    voxel_files = _read_layers(source)
    first = voxel_files[0]
    layers = tuple(label_planes(one.voxels, one.slope, one.intercept) for one in voxel_files)
    layer_of = _regions(first.header_fields, layers)
    return LabelMap(
        mask_format=first.source_format,
        regions=tuple(layer_of),
        grid=_stored_grid(first),
        layers=layers,
        layer_of=layer_of,
        warnings=first.warnings,
    )


def _read_layers(source: FileSource) -> tuple[VoxelFile, ...]:
    """Read the file; a four-dimensional NRRD is one label map per step of its list axis."""
    with source.open() as stream:
        head = stream.read(16)
    if not is_nrrd(head):
        return (read_voxel_file(source),)
    voxels, fields = read_nrrd_array(source)
    affine = nrrd_affine(fields)
    if voxels.ndim == 3:
        return (VoxelFile(voxels, affine, "nrrd", header_fields=fields),)
    axes = re.findall(r"none|\([^()]*\)", fields.get("space directions", ""))
    if voxels.ndim != 4 or axes.count("none") != 1 or len(axes) != 4:
        raise ImagingError("volume_not_3d", found=" x ".join(map(str, voxels.shape)))
    stacked = np.moveaxis(voxels, axes.index("none"), 0)
    return tuple(VoxelFile(layer, affine, "nrrd", header_fields=fields) for layer in stacked)


def _stored_grid(voxel_file: VoxelFile) -> Grid:
    """Return the grid of the stored axes: slices along k, rows along j, columns along i."""
    (i, j, k), spacing_mm = directions_and_spacing(voxel_file.affine_lps)
    origin = voxel_file.affine_lps[:3, 3]
    n_columns, n_rows, n_slices = voxel_file.voxels.shape
    positions = origin @ k + np.arange(n_slices) * spacing_mm[2]
    return Grid(
        size=(n_slices, n_rows, n_columns),
        spacing_mm=(float(spacing_mm[2]), float(spacing_mm[1]), float(spacing_mm[0])),
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        column_direction=(float(i[0]), float(i[1]), float(i[2])),
        row_direction=(float(j[0]), float(j[1]), float(j[2])),
        normal=(float(k[0]), float(k[1]), float(k[2])),
        slice_positions_mm=tuple(positions.tolist()),
    )


def _regions(fields: Mapping[str, str], layers: tuple[LabelPlanes, ...]) -> dict[Region, int]:
    """Return the header's segments and the labels without one, each with its layer."""
    layer_of: dict[Region, int] = {}
    named: set[tuple[int, int]] = set()
    for number, layer, name in _header_segments(fields, len(layers)):
        if layer >= len(layers):
            raise ImagingError("volume_header")
        layer_of[Region(number, name, is_drawn=number in layers[layer].labels)] = layer
        named.add((layer, number))
    for index, layer_planes in enumerate(layers):
        for number in sorted(layer_planes.labels):
            if (index, number) not in named:
                layer_of[Region(number, None)] = index
    return layer_of


def _header_segments(
    fields: Mapping[str, str], n_layers: int
) -> Iterable[tuple[int, int, str | None]]:
    """Yield label value, layer and name of each segment that 3D Slicer wrote into the header."""
    for place in range(len(fields)):
        name = fields.get(f"Segment{place}_Name") or fields.get(f"Segment{place}_ID")
        value = fields.get(f"Segment{place}_LabelValue", "1" if name else None)
        # Before label values were written, each segment had a layer of its own.
        layer = fields.get(f"Segment{place}_Layer", "0" if n_layers == 1 else str(place))
        if value is None:
            return
        if not (value.strip().isdecimal() and layer.strip().isdecimal()) or len(value) > 9:
            raise ImagingError("volume_header")
        yield int(value), int(layer), name or None
