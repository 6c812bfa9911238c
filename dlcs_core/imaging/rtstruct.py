"""RTSTRUCT contours to masks: matched to slices by position, filled by the even-odd rule."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.dicom import refused_as
from dlcs_core.imaging.polygons import fill_polygons
from dlcs_core.imaging.regions import References, Region
from dlcs_core.imaging.study import Grid, Mask

SAME_PLANE_MM = 0.01
"""Contours whose planes are closer than this lie in one plane."""

FARTHEST_MM = 1e6
"""Coordinates beyond this (or not a number) are no position in a scanner."""

LONGEST_NUMBER = 64
"""Characters of a number in a contour; the standard allows 16, writers exceed it."""

CONTOUR_DATA = 0x30060050

Points = NDArray[np.float64]


@dataclass(frozen=True)
class StructureSet:
    """An RTSTRUCT file.

    Attributes
    ----------
    regions : tuple of Region
        The ROIs by ROI number.
    dataset : pydicom Dataset
        The file; contours are parsed when a region is drawn.
    """

    dataset: Dataset
    regions: tuple[Region, ...]
    mask_format: str = field(default="rtstruct", init=False)

    def references(self, region: Region) -> References:
        """Return the image that the ROI refers to (frame of reference, series, instances)."""
        with refused_as("rtstruct_malformed"):
            roi = _item(self.dataset.get("StructureSetROISequence"), "ROINumber", region.number)
            frame = _uid(roi, "ReferencedFrameOfReferenceUID") or _uid(
                self.dataset, "FrameOfReferenceUID"
            )
            images = [
                item
                for item in self.dataset.get("ReferencedFrameOfReferenceSequence") or ()
                if frame is None or _uid(item, "FrameOfReferenceUID") in (None, frame)
            ]
            return _references(frame, images, _contours(self.dataset, region.number))

    def draw(self, region: Region, grid: Grid) -> tuple[Mask, tuple[Notice, ...]]:
        """Fill the ROI's closed contours on the slices they lie on.

        Raises
        ------
        ImagingError
            ``rtstruct_contour_malformed``, ``mask_region_is_open`` (nothing closed),
            ``contours_not_parallel`` or ``mask_outside_image``.
        """
        with refused_as("rtstruct_contour_malformed"):
            closed, notices = _closed_contours(_contours(self.dataset, region.number))
        by_slice, matching = _contours_by_slice(closed, grid)
        planes = {k: fill_polygons(rings, grid.size[1:]) for k, rings in by_slice.items()}
        planes = {k: plane for k, plane in planes.items() if plane.any()}
        if not planes:
            raise ImagingError("mask_outside_image")
        return Mask(grid.size, planes), (*notices, *matching)


def open_structure_set(dataset: Dataset) -> StructureSet:
    """Read the ROI list of an RTSTRUCT dataset.

    Raises
    ------
    ImagingError
        ``rtstruct_malformed`` where ROI numbers are missing or not unique.
    """
    drawn = {
        _number(item, "ReferencedROINumber")
        for item in dataset.get("ROIContourSequence") or ()
        if item.get("ContourSequence")
    }
    regions = []
    for item in dataset.get("StructureSetROISequence") or ():
        number = _number(item, "ROINumber")
        name = str(item.get("ROIName") or "") or None
        regions.append(Region(number, name, is_drawn=number in drawn))
    if len({region.number for region in regions}) != len(regions):
        raise ImagingError("rtstruct_malformed")
    return StructureSet(dataset, tuple(regions))


def _number(item: Dataset, keyword: str) -> int:
    value = item.get(keyword)
    if value is None:
        raise ImagingError("rtstruct_malformed")
    return int(value)


def _item(sequence: Sequence[Dataset] | None, keyword: str, number: int) -> Dataset:
    """Return the sequence's item of that number, an empty one where there is none."""
    for item in sequence or ():
        if _number(item, keyword) == number:
            return item
    return Dataset()


def _uid(item: Dataset, keyword: str) -> str | None:
    value = item.get(keyword)
    return str(value) or None if value else None


def _contours(dataset: Dataset, number: int) -> Sequence[Dataset]:
    """Return the contours of an ROI."""
    item = _item(dataset.get("ROIContourSequence"), "ReferencedROINumber", number)
    contours: Sequence[Dataset] = item.get("ContourSequence") or ()
    return contours


def _references(
    frame: str | None, images: Sequence[Dataset], contours: Sequence[Dataset]
) -> References:
    """Collect the UIDs of an ROI's frame of reference, of its series and of its contours."""
    frames = {_uid(item, "FrameOfReferenceUID") for item in images} | {frame}
    series = [
        one
        for item in images
        for study in item.get("RTReferencedStudySequence") or ()
        for one in study.get("RTReferencedSeriesSequence") or ()
    ]
    instances = [image for one in series for image in one.get("ContourImageSequence") or ()]
    instances += [image for one in contours for image in one.get("ContourImageSequence") or ()]
    return References(
        frozenset(filter(None, frames)),
        frozenset(filter(None, (_uid(one, "SeriesInstanceUID") for one in series))),
        frozenset(filter(None, (_uid(one, "ReferencedSOPInstanceUID") for one in instances))),
    )


def _closed_contours(contours: Sequence[Dataset]) -> tuple[list[Points], tuple[Notice, ...]]:
    """Return the closed contours' points, each once; count what was left out."""
    closed: dict[bytes, Points] = {}
    n_open, n_twice = 0, 0
    for contour in contours:
        points = _points(contour)
        if not _is_closed(contour) or len(points) < 3:
            n_open += 1
        elif points.tobytes() in closed:
            # Under the even-odd rule a contour exported twice would undo itself.
            n_twice += 1
        else:
            closed[points.tobytes()] = points
    if not closed:
        raise ImagingError("mask_region_is_open")
    notices = [Notice("contours_not_closed", {"count": n_open})] if n_open else []
    if n_twice:
        notices.append(Notice("contours_repeated", {"count": n_twice}))
    return list(closed.values()), tuple(notices)


def _is_closed(contour: Dataset) -> bool:
    kind = str(contour.get("ContourGeometricType") or "").strip().upper()
    return kind in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


def _points(contour: Dataset) -> Points:
    """Return a contour's points in patient space, shape (points, 3), mm."""
    if CONTOUR_DATA not in contour:
        return np.zeros((0, 3))
    # The raw bytes: pydicom's decimal strings, one object per number, are 20 times slower.
    values = _numbers(contour.get_item(CONTOUR_DATA).value)
    stated = contour.get("NumberOfContourPoints")
    if values.size % 3 or (stated is not None and int(stated) * 3 != values.size):
        raise ImagingError("rtstruct_contour_malformed")
    if values.size and not np.abs(values).max() < FARTHEST_MM:
        raise ImagingError("rtstruct_contour_malformed")
    return values.reshape(-1, 3)


def _numbers(raw: object) -> Points:
    """Return backslash-separated decimals as floats; ValueError where one is not a number."""
    if isinstance(raw, bytes):
        words = raw.rstrip(b" \x00").split(b"\\") if raw.rstrip(b" \x00") else []
        if any(len(word) > LONGEST_NUMBER for word in words):
            raise ImagingError("rtstruct_contour_malformed")
        return np.array(words, dtype=np.bytes_).astype(np.float64)
    return np.array([] if raw is None else raw, dtype=np.float64).ravel()


def _contours_by_slice(
    contours: Sequence[Points], grid: Grid
) -> tuple[dict[int, list[Points]], tuple[Notice, ...]]:
    """Return each slice's contours in (row, column), and what found no slice.

    A contour belongs to the nearest slice within half a slice spacing. Where contours of
    several planes fall on one slice, those of the nearest plane count: filling planes together
    by the even-odd rule would cancel them.
    """
    parallel, n_tilted = _parallel_contours(contours, grid)
    positions = np.asarray(grid.slice_positions_mm)
    reach_mm = grid.spacing_mm[0] / 2 * (1 + 1e-6) + SAME_PLANE_MM / 10
    by_slice: dict[int, list[tuple[float, Points]]] = defaultdict(list)
    n_missing = 0
    for position, points in parallel:
        slice_index = int(np.abs(positions - position).argmin())
        if abs(positions[slice_index] - position) > reach_mm:
            n_missing += 1
        else:
            by_slice[slice_index].append((position - positions[slice_index], points))
    nearest = {k: list(_nearest_plane(found)) for k, found in by_slice.items()}
    n_between = sum(len(found) for found in by_slice.values()) - sum(map(len, nearest.values()))
    if not nearest:
        raise ImagingError("mask_outside_image")
    n_skipped = max(nearest) - min(nearest) + 1 - len(nearest)
    counts = {
        "contours_skip_slices": n_skipped,
        "contours_not_parallel_ignored": n_tilted,
        "contours_without_slice": n_missing,
        "contours_between_slices": n_between,
    }
    notices = tuple(Notice(code, {"count": count}) for code, count in counts.items() if count)
    return {k: [_in_plane(points, grid) for points in rings] for k, rings in nearest.items()}, (
        notices
    )


def _parallel_contours(
    contours: Sequence[Points], grid: Grid
) -> tuple[list[tuple[float, Points]], int]:
    """Return the contours parallel to the slices with their position along the normal."""
    parallel = []
    for points in contours:
        along_mm = points @ np.asarray(grid.normal)
        if np.ptp(along_mm) <= grid.spacing_mm[0] / 2:
            parallel.append((float(np.median(along_mm)), points))
    if not parallel:
        raise ImagingError("contours_not_parallel")
    return parallel, len(contours) - len(parallel)


def _nearest_plane(found: Sequence[tuple[float, Points]]) -> Iterator[Points]:
    """Yield the contours of the plane closest to the slice."""
    closest = min((distance for distance, _ in found), key=lambda d: (abs(d), d))
    for distance, points in found:
        if abs(distance - closest) <= SAME_PLANE_MM:
            yield points


def _in_plane(points: Points, grid: Grid) -> Points:
    """Return patient positions as (row, column) on the grid."""
    relative = points - np.asarray(grid.origin_mm)
    row = relative @ np.asarray(grid.row_direction) / grid.spacing_mm[1]
    column = relative @ np.asarray(grid.column_direction) / grid.spacing_mm[2]
    return np.stack([row, column], axis=1)
