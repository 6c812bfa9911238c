"""DICOM Segmentation objects: BINARY, FRACTIONAL and LABELMAP frames to masks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.dicom import refused_as
from dlcs_core.imaging.label_values import distinct_values
from dlcs_core.imaging.mask_placement import GRID_TOLERANCE, place_mask
from dlcs_core.imaging.regions import References, Region
from dlcs_core.imaging.seg_frames import FramePlane, frame_planes, frame_values
from dlcs_core.imaging.study import Grid, Mask

FRACTION_THRESHOLD = 0.5
"""A pixel of a FRACTIONAL segment belongs to the mask from this share on."""

SAME_PLANE_MM = 0.01
"""Frames whose positions are closer than this show the same slice."""

BACKGROUND_SEGMENT = 0
"""Segment number that LABELMAP objects use for what is no segment."""


@dataclass(frozen=True)
class Segmentation:
    """A DICOM SEG file.

    Attributes
    ----------
    dataset : pydicom Dataset
        The file; frames are decoded when needed.
    segment_names : mapping of int to str or None
        Segment number to label.
    kind : str
        ``"BINARY"``, ``"FRACTIONAL"`` or ``"LABELMAP"``.
    frames : tuple of FramePlane
        Where each frame lies and which segment it shows.
    full_value : int
        Stored value that means the whole of a pixel; FRACTIONAL only.
    """

    dataset: Dataset
    segment_names: dict[int, str | None]
    kind: str
    frames: tuple[FramePlane, ...]
    full_value: int
    mask_format: str = field(default="seg", init=False)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """Return the segments; those without a pixel are not drawn."""
        present = self._present_segments()
        names = self.segment_names
        return tuple(Region(number, names[number], number in present) for number in names)

    def _present_segments(self) -> set[int]:
        """Return the segments with a pixel; a segment's frames are decoded up to its first one."""
        present: set[int] = set()
        for frame in self.frames:
            if frame.segment is None:
                present.update(distinct_values(frame_values(self.dataset, frame.index)))
            elif frame.segment not in present and self._plane(frame, frame.segment).any():
                present.add(frame.segment)
        return present

    def references(self, region: Region) -> References:
        """Return the image that the object refers to; the same for every segment."""
        del region
        with refused_as("seg_malformed"):
            studies = self.dataset.get("StudiesContainingOtherReferencedInstancesSequence") or ()
            series = [
                one
                for item in (self.dataset, *studies)
                for one in item.get("ReferencedSeriesSequence") or ()
            ]
            instances = [
                image for one in series for image in one.get("ReferencedInstanceSequence") or ()
            ]
            sources = [uid for frame in self.frames for uid in frame.source_uids]
            return References(
                _uids([self.dataset], "FrameOfReferenceUID"),
                _uids(series, "SeriesInstanceUID"),
                _uids(instances, "ReferencedSOPInstanceUID") | frozenset(sources),
            )

    def draw(self, region: Region, grid: Grid) -> tuple[Mask, tuple[Notice, ...]]:
        """Carry a segment over to the image's grid.

        Raises
        ------
        ImagingError
            ``seg_malformed`` (frames broken or in several orientations), ``mask_is_empty`` or
            ``mask_outside_image``.
        """
        frames = [f for f in self.frames if f.segment in (None, region.number)]
        source, index_of = _stack_grid(frames, self.frames, grid)
        planes: dict[int, NDArray[np.bool_]] = {}
        for frame in frames:
            plane = self._plane(frame, region.number)
            at = index_of[frame.index]
            planes[at] = planes[at] | plane if at in planes else plane
        mask, notices = place_mask(source, planes, grid)
        if self.kind == "FRACTIONAL":
            notices = (*notices, Notice("mask_fractional", {"threshold": FRACTION_THRESHOLD}))
        return mask, notices

    def _plane(self, frame: FramePlane, segment: int) -> NDArray[np.bool_]:
        """Return the segment's pixels of a frame."""
        values = frame_values(self.dataset, frame.index)
        if self.kind == "LABELMAP":
            return np.asarray(values == segment)
        if self.kind == "FRACTIONAL":
            return np.asarray(values, dtype=np.float64) >= FRACTION_THRESHOLD * self.full_value
        return np.asarray(values != 0)


def open_segmentation(dataset: Dataset) -> Segmentation:
    """Read segments and frame positions of a SEG dataset.

    Raises
    ------
    ImagingError
        ``seg_malformed`` where the type, the segments or the frames' geometry are missing,
        contradict each other or are not finite. Values of a wrong kind raise what pydicom
        raises: call this under :func:`refused_as`.
    """
    kind = str(dataset.get("SegmentationType") or "").strip().upper()
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise ImagingError("seg_malformed")
    names: dict[int, str | None] = {}
    for item in dataset.get("SegmentSequence") or ():
        number = item.get("SegmentNumber")
        if number is None or int(number) in names:
            raise ImagingError("seg_malformed")
        names[int(number)] = str(item.get("SegmentLabel") or "") or None
    names.pop(BACKGROUND_SEGMENT, None)
    if not names:
        raise ImagingError("mask_is_empty")
    frames = frame_planes(dataset, is_labelmap=kind == "LABELMAP")
    full_value = int(dataset.get("MaximumFractionalValue") or 255)
    return Segmentation(dataset, names, kind, frames, full_value)


def _uids(items: Sequence[Dataset], keyword: str) -> frozenset[str]:
    return frozenset(filter(None, (str(item.get(keyword) or "") for item in items)))


def _stack_grid(
    frames: Sequence[FramePlane], all_frames: Sequence[FramePlane], grid: Grid
) -> tuple[Grid, dict[int, int]]:
    """Return the frames' own grid and which of its slices each frame is."""
    first = frames[0]
    across, down = np.asarray(first.column_direction), np.asarray(first.row_direction)
    normal = np.cross(across, down)
    origins = np.array([frame.origin_mm for frame in frames])
    _check_one_stack(frames, origins, normal)
    along = origins @ normal
    positions, slice_of = _distinct(along)
    spacing_mm = _slice_spacing_mm(all_frames, normal, grid)
    lowest = origins[int(along.argmin())]
    source = Grid(
        size=(len(positions), *first.size),
        spacing_mm=(spacing_mm, *first.spacing_mm),
        origin_mm=(float(lowest[0]), float(lowest[1]), float(lowest[2])),
        column_direction=first.column_direction,
        row_direction=first.row_direction,
        normal=(float(normal[0]), float(normal[1]), float(normal[2])),
        slice_positions_mm=tuple(positions),
    )
    return source, {frame.index: int(k) for frame, k in zip(frames, slice_of, strict=True)}


def _check_one_stack(
    frames: Sequence[FramePlane], origins: NDArray[np.float64], normal: NDArray[np.float64]
) -> None:
    """Refuse frames that are no stack of parallel slices, one straight above the other."""
    first = frames[0]
    for frame in frames:
        if not first.is_parallel_to(frame):
            raise ImagingError("seg_malformed")
    relative = origins - origins[0]
    sideways = relative - np.outer(relative @ normal, normal)
    if np.abs(sideways).max() > GRID_TOLERANCE * min(first.spacing_mm):
        raise ImagingError("seg_malformed")


def _distinct(along_mm: NDArray[np.float64]) -> tuple[list[float], NDArray[np.int64]]:
    """Return the distinct positions, increasing, and which of them each value is."""
    order = np.argsort(along_mm, kind="stable")
    starts = np.diff(along_mm[order], prepend=-np.inf) > SAME_PLANE_MM
    slice_of = np.empty(along_mm.size, dtype=np.int64)
    slice_of[order] = np.cumsum(starts) - 1
    return along_mm[order][starts].tolist(), slice_of


def _slice_spacing_mm(
    frames: Sequence[FramePlane], normal: NDArray[np.float64], grid: Grid
) -> float:
    """Return how far apart the object's slices are.

    Frames without a pixel may be left out, so that an interval can be several slices: the
    smallest of the intervals and the stated distance counts (the thickness where none is
    stated). A single slice without a stated distance is taken to be one of the image.
    """
    positions, _ = _distinct(np.array([frame.origin_mm for frame in frames]) @ normal)
    intervals = np.diff(positions).tolist()
    stated = [frame.slice_spacing_mm for frame in frames if frame.slice_spacing_mm]
    if intervals and not stated:
        stated = [frame.thickness_mm for frame in frames if frame.thickness_mm]
    return float(min([*stated, *intervals], default=grid.spacing_mm[0]))
