"""From stored array axes to the canonical grid: slice to Head, row to Posterior, column to Left.

Nothing is resampled: the stored axes are permuted and flipped to the nearest patient axes.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.study import Grid, Vector

FloatArray = NDArray[np.float64]

CANONICAL_DIRECTIONS = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Head, posterior and left in LPS: where slice, row and column run."""

ORTHOGONALITY_TOLERANCE = 2e-3
"""Largest cosine between two axes of a grid (0.1 degrees); more is a sheared grid."""


@dataclass(frozen=True)
class AxisMap:
    """How stored axes become canonical ones.

    Attributes
    ----------
    order : tuple of int
        Stored axis that becomes the canonical slice, row and column axis.
    flipped : tuple of bool
        Whether the canonical slice, row and column axis runs against the stored one.
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    @property
    def keeps_slices(self) -> bool:
        """Whether a stored slice (axis 0) is a canonical slice."""
        return self.order[0] == 0

    def stored_slice(self, slice_index: int, n_slices: int) -> int:
        """Return the stored index of a canonical slice; only where slices are kept."""
        return n_slices - 1 - slice_index if self.flipped[0] else slice_index

    def volume(self, stored: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return a view of a stored array (3-D) on the canonical axes."""
        view = stored.transpose(self.order)
        return view[tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)]

    def plane(self, stored: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return a view of one stored slice (2-D) on the canonical axes."""
        view = stored if self.order[1] == 1 else stored.T
        return view[tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped[1:])]


def axis_map(directions: FloatArray) -> AxisMap:
    """Return the permutation and flips nearest to the canonical directions.

    Parameters
    ----------
    directions : array, shape (3, 3)
        Unit vectors in LPS along which the stored axes 0, 1, 2 increase, one per row.
    """
    cosines = CANONICAL_DIRECTIONS @ directions.T
    order = max(
        permutations(range(3)), key=lambda axes: sum(abs(cosines[i, axes[i]]) for i in range(3))
    )
    flipped = tuple(bool(cosines[i, order[i]] < 0) for i in range(3))
    return AxisMap((order[0], order[1], order[2]), (flipped[0], flipped[1], flipped[2]))


def check_orthogonal(directions: FloatArray) -> None:
    """Refuse a grid whose axes are not at right angles.

    Raises
    ------
    ImagingError
        If two axes enclose a cosine above ``ORTHOGONALITY_TOLERANCE``.
    """
    cosines = directions @ directions.T - np.eye(len(directions))
    if not np.isfinite(cosines).all() or np.abs(cosines).max() > ORTHOGONALITY_TOLERANCE:
        raise ImagingError("grid_not_orthogonal")


def stack_grid(
    positions_mm: FloatArray,
    directions: FloatArray,
    in_plane_size: tuple[int, int],
    spacing_mm: Vector,
) -> tuple[Grid, AxisMap]:
    """Make the canonical grid of a stack of parallel slices.

    Parameters
    ----------
    positions_mm : array, shape (n, 3)
        Centre of the first pixel of each stored slice, in order along ``directions[0]``.
    directions : array, shape (3, 3)
        Unit vectors of the stored slice, row and column axis.
    in_plane_size : tuple of int
        Stored rows and columns.
    spacing_mm : tuple of float
        Of the stored slice, row and column axis.

    Returns
    -------
    Grid, AxisMap
        The canonical grid, and the way from the stored axes to it.
    """
    axes = axis_map(directions)
    size = (len(positions_mm), *in_plane_size)
    corner = _corner(positions_mm, directions, in_plane_size, spacing_mm, axes)
    signs = np.where(axes.flipped, -1.0, 1.0)
    turned = directions[list(axes.order)] * signs[:, None]
    canonical_spacing = tuple(spacing_mm[axis] for axis in axes.order)
    grid = Grid(
        size=(size[axes.order[0]], size[axes.order[1]], size[axes.order[2]]),
        spacing_mm=(canonical_spacing[0], canonical_spacing[1], canonical_spacing[2]),
        origin_mm=_vector(corner),
        column_direction=_vector(turned[2]),
        row_direction=_vector(turned[1]),
        normal=_vector(turned[0]),
        slice_positions_mm=_slice_positions(
            positions_mm, corner, turned[0], axes, size, spacing_mm
        ),
    )
    return grid, axes


def _corner(
    positions_mm: FloatArray,
    directions: FloatArray,
    in_plane_size: tuple[int, int],
    spacing_mm: Vector,
    axes: AxisMap,
) -> FloatArray:
    """Return the patient position of canonical voxel (0, 0, 0)."""
    flipped = {axes.order[i]: axes.flipped[i] for i in range(3)}
    corner: FloatArray = positions_mm[-1 if flipped[0] else 0].astype(np.float64)
    for axis in (1, 2):
        if flipped[axis]:
            last = in_plane_size[axis - 1] - 1
            corner = corner + last * spacing_mm[axis] * directions[axis]
    return corner


def _slice_positions(
    positions_mm: FloatArray,
    corner: FloatArray,
    normal: FloatArray,
    axes: AxisMap,
    size: tuple[int, ...],
    spacing_mm: Vector,
) -> tuple[float, ...]:
    """Return the coordinate of each canonical slice along the normal, increasing."""
    if axes.keeps_slices:
        return tuple(sorted(float(value) for value in positions_mm @ normal))
    stored = axes.order[0]
    steps = np.arange(size[stored]) * spacing_mm[stored]
    return tuple(float(value) for value in corner @ normal + steps)


def _vector(values: FloatArray) -> Vector:
    """Return three floats; -0.0 becomes 0.0."""
    x, y, z = (float(value) + 0.0 for value in values)
    return (x, y, z)
