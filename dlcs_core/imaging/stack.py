"""DICOM frames to a Volume: sorted by position, checked, on the canonical axes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.dicom_frames import Frame
from dlcs_core.imaging.dicom_pixels import read_frame_hu, read_frame_stored
from dlcs_core.imaging.dicom_values import text
from dlcs_core.imaging.geometry import AxisMap, FloatArray, check_orthogonal, stack_grid
from dlcs_core.imaging.study import Grid

MAX_DRIFT_DEGREES = 0.5
"""Angle between the line of slice positions and the slice normal; more is a gantry tilt."""

MIN_DRIFT_MM = 0.2
"""Drift off the normal over the whole stack that is put down to rounding of positions."""

SAME_POSITION_MM = 0.01
"""Slices nearer than this lie at one position."""

GAP_RATIO = 1.5
"""An interval above this multiple of the usual one is a gap: a slice is missing."""

UNEVEN_RATIO = 0.1
"""Relative deviation of an interval from the usual one above which spacing is called uneven."""

SPACING_TOLERANCE = 1e-3
ORIENTATION_TOLERANCE = 2e-3
"""Relative difference of pixel spacing, and difference of direction cosines, within a series."""


@dataclass(frozen=True)
class Stack:
    """Sorted frames on their canonical grid.

    Attributes
    ----------
    grid, axes
        The canonical grid and the way to it from (frame, row, column).
    frames : tuple of Frame
        In order of increasing position along the normal of their own orientation.
    gaps : tuple of int
        Canonical index of the slice below each gap.
    warnings : tuple of Notice
        What had to be accepted.
    """

    grid: Grid
    axes: AxisMap
    frames: tuple[Frame, ...]
    gaps: tuple[int, ...]
    warnings: tuple[Notice, ...]

    def read_slice_hu(self, slice_index: int) -> NDArray[np.float32]:
        """Return one canonical slice in Hounsfield units, shape (rows, columns)."""
        frame = self.frames[self.axes.stored_slice(slice_index, len(self.frames))]
        return np.ascontiguousarray(self.axes.plane(read_frame_hu(frame)), dtype=np.float32)

    def reader(self) -> Callable[[int], NDArray[np.float32]]:
        """Return how slices are read: one frame each, or the whole stack where axes change."""
        return self.read_slice_hu if self.axes.keeps_slices else ReslicedStack(self)

    def sop_instance_uids(self) -> tuple[str | None, ...]:
        """Return each canonical slice's UID; None where it has none or crosses all frames."""
        n_slices = self.grid.size[0]
        if not self.axes.keeps_slices:
            return (None,) * n_slices
        ordered = [self.axes.stored_slice(index, n_slices) for index in range(n_slices)]
        return tuple(self.frames[index].sop_instance_uid or None for index in ordered)


class ReslicedStack:
    """Slices of a sagittal or coronal stack, cut across all of its frames (read once)."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._volume: NDArray[np.float32] | None = None

    def __call__(self, slice_index: int) -> NDArray[np.float32]:
        """Return one canonical slice in Hounsfield units, shape (rows, columns)."""
        if self._volume is None:
            stored = np.stack([read_frame_hu(frame) for frame in self._stack.frames])
            self._volume = self._stack.axes.volume(stored).astype(np.float32, copy=False)
        return np.ascontiguousarray(self._volume[slice_index])


def make_stack(frames: Sequence[Frame]) -> Stack:
    """Sort and check the frames of one series.

    Raises
    ------
    ImagingError
        If the frames are not one stack of parallel, aligned, equally sized slices at different
        positions.
    """
    _check_uniform(frames)
    directions = _directions(frames[0])
    frames, warnings = _without_copies(frames)
    along = np.array([frame.position_mm for frame in frames]) @ directions[0]
    frames = tuple(frames[index] for index in np.argsort(along, kind="stable"))
    positions = np.array([frame.position_mm for frame in frames])
    intervals = np.diff(positions @ directions[0])
    _check_positions(positions, directions[0], intervals)
    _check_declared_tilt(frames[0])
    spacing = _slice_spacing(frames, intervals)
    grid, axes = stack_grid(
        positions,
        directions,
        (frames[0].rows, frames[0].columns),
        (spacing, frames[0].spacing_mm[0], frames[0].spacing_mm[1]),
    )
    gaps, gap_warnings = _gaps(intervals, axes)
    return Stack(grid, axes, frames, gaps, (*warnings, *gap_warnings))


def _check_uniform(frames: Sequence[Frame]) -> None:
    """Refuse slices of different size, pixel spacing or orientation."""
    first = frames[0]
    for frame in frames[1:]:
        if (frame.rows, frame.columns) != (first.rows, first.columns):
            raise ImagingError("series_sizes_differ")
        if not np.allclose(frame.spacing_mm, first.spacing_mm, rtol=SPACING_TOLERANCE):
            raise ImagingError("series_spacings_differ")
        if not np.allclose(frame.orientation, first.orientation, atol=ORIENTATION_TOLERANCE):
            raise ImagingError("series_orientations_differ")


def _directions(frame: Frame) -> FloatArray:
    """Return the unit vectors of slice, row and column of a frame."""
    column, row = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
    lengths = np.linalg.norm(column), np.linalg.norm(row)
    if not np.allclose(lengths, 1.0, atol=1e-2):
        raise ImagingError("geometry_not_finite")
    column, row = column / lengths[0], row / lengths[1]
    check_orthogonal(np.array([row, column]))
    normal = np.cross(column, row)
    return np.array([normal / np.linalg.norm(normal), row, column])


def _without_copies(frames: Sequence[Frame]) -> tuple[tuple[Frame, ...], tuple[Notice, ...]]:
    """Drop second copies of one instance (same UID, place and pixels) with a warning."""
    named: dict[tuple[str, int], Frame] = {}
    kept: list[Frame] = []
    n_copies, n_repeated = 0, 0
    for frame in frames:
        key = (frame.sop_instance_uid, frame.number)
        if not frame.sop_instance_uid or key not in named:
            named[key] = frame
        elif _is_copy(frame, named[key]):
            n_copies += 1
            continue
        else:
            n_repeated += 1
        kept.append(frame)
    copies = (Notice("slice_copies_dropped", {"count": n_copies}),) if n_copies else ()
    repeated = (Notice("sop_instance_uid_repeated"),) if n_repeated else ()
    return tuple(kept), (*copies, *repeated)


def _is_copy(frame: Frame, other: Frame) -> bool:
    """Return whether two frames with one UID are the same slice."""
    distance = np.linalg.norm(np.subtract(frame.position_mm, other.position_mm))
    if distance > SAME_POSITION_MM:
        return False
    return np.array_equal(read_frame_stored(frame), read_frame_stored(other))


def _check_positions(positions: FloatArray, normal: FloatArray, intervals: FloatArray) -> None:
    """Refuse two slices at one place and positions that drift off the normal (gantry tilt)."""
    if len(intervals) and intervals.min() < SAME_POSITION_MM:
        raise ImagingError("duplicate_positions")
    offsets = positions - positions[0]
    along = offsets @ normal
    drift = np.linalg.norm(offsets - along[:, None] * normal, axis=1)
    allowed = np.maximum(MIN_DRIFT_MM, along * np.tan(np.radians(MAX_DRIFT_DEGREES)))
    if (drift > allowed).any():
        degrees = float(np.degrees(np.arctan2(drift.max(), along[-1])))
        raise ImagingError("gantry_tilt", degrees=round(degrees, 1))


def _check_declared_tilt(frame: Frame) -> None:
    """Refuse a tilt that the header declares although positions do not show it."""
    try:
        degrees = float(text(frame.dataset, "GantryDetectorTilt") or 0.0)
    except ValueError:
        return
    if abs(degrees) > MAX_DRIFT_DEGREES:
        raise ImagingError("gantry_tilt", degrees=round(degrees, 1))


def _slice_spacing(frames: Sequence[Frame], intervals: FloatArray) -> float:
    """Return the median interval; for one slice its thickness, or 1 mm where unknown."""
    if len(intervals):
        return float(np.median(intervals))
    try:
        thickness = float(text(frames[0].dataset, "SliceThickness") or 1.0)
    except ValueError:
        return 1.0
    return thickness if np.isfinite(thickness) and thickness > 0 else 1.0


def _gaps(intervals: FloatArray, axes: AxisMap) -> tuple[tuple[int, ...], tuple[Notice, ...]]:
    """Find missing slices; a stack that is cut across its slices must have none."""
    if not len(intervals):
        return (), (Notice("single_slice"),)
    usual = median_low(intervals.tolist())
    below = np.flatnonzero(intervals > GAP_RATIO * usual)
    uneven = bool((np.abs(intervals - usual) > UNEVEN_RATIO * usual).any())
    if uneven and not axes.keeps_slices:
        raise ImagingError("resliced_stack_uneven")
    if not len(below):
        return (), (Notice("uneven_slices"),) if uneven else ()
    last = len(intervals) - 1
    indices = sorted(int(last - index if axes.flipped[0] else index) for index in below)
    return tuple(indices), (Notice("slices_missing", {"count": len(indices)}),)
