"""One infinitely thin axial plane of the phantom while it is being painted."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.anatomy import Anatomy
from dlcs_core.synthetic.shapes import Coordinates, Point, ellipsoid

FloatArray = NDArray[np.float32]
Window = tuple[slice, slice]
Paint = float | FloatArray | Callable[[Window], FloatArray]

WHOLE: Window = (slice(None), slice(None))
WARP_REACH_MM = 9.0
"""How far the warp may carry an organ beyond its nominal box."""

AIR_HU = -1000.0


class Plane:
    """The grid of one plane, its warped coordinates and the Hounsfield units painted so far.

    Parameters
    ----------
    anatomy : Anatomy
        Whose fields bend and texture the plane.
    x_mm, y_mm : float32 arrays (columns,), (rows,)
        Positions of the pixel centres; x grows to the patient's left, y to the back.
    z_mm : float
        Height; grows to the head.
    edge_mm : float
        Width of a painted edge, about one pixel.
    """

    def __init__(
        self, anatomy: Anatomy, x_mm: FloatArray, y_mm: FloatArray, z_mm: float, edge_mm: float
    ) -> None:
        self.anatomy = anatomy
        self.column_mm, self.row_mm, self.z_mm = x_mm, y_mm, float(z_mm)
        self.edge_mm = edge_mm
        self.x_mm, self.y_mm = x_mm[None, :], y_mm[:, None]
        self.hu = np.full((len(y_mm), len(x_mm)), AIR_HU, np.float32)
        self.shift = anatomy.warp.on_grid(x_mm, y_mm, z_mm)
        shift_x, shift_y, shift_z = self.shift
        self.warped: Coordinates = (
            self.x_mm + shift_x,
            self.y_mm + shift_y,
            self.z_mm + shift_z,
        )

    @cached_property
    def coarse_texture(self) -> FloatArray:
        """Organ mottle of 6 to 30 mm."""
        return self.anatomy.coarse_texture.on_grid(self.column_mm, self.row_mm, self.z_mm)

    @cached_property
    def fine_texture(self) -> FloatArray:
        """Organ mottle of 3 to 12 mm."""
        return self.anatomy.fine_texture.on_grid(self.column_mm, self.row_mm, self.z_mm)

    def grain(self, zoom: tuple[float, float, float], window: Window = WHOLE) -> FloatArray:
        """Return the finest texture, stretched by ``zoom``, within a window."""
        rows, columns = window
        return self.anatomy.grain.on_grid(
            self.column_mm[columns], self.row_mm[rows], self.z_mm, zoom
        )

    def at(self, window: Window = WHOLE) -> Coordinates:
        """Return the warped coordinates within a window."""
        x, y, z = self.warped
        return x[window], y[window], z[window]

    def window(self, center: Point, reach_mm: float) -> Window | None:
        """Return the pixels that a body may touch; None where it misses the plane."""
        reach = reach_mm + WARP_REACH_MM
        if abs(self.z_mm - center[2]) > reach:
            return None
        rows = _span(self.row_mm, center[1], reach)
        columns = _span(self.column_mm, center[0], reach)
        return None if rows is None or columns is None else (rows, columns)

    def paint(
        self,
        distance: FloatArray,
        hu: float | FloatArray,
        window: Window = WHOLE,
        edge_mm: float | None = None,
    ) -> None:
        """Cover what lies inside a body; the edge is one pixel wide unless told otherwise."""
        cover = np.clip(0.5 - distance * (1 / (edge_mm or self.edge_mm)), 0, 1)
        self.hu[window] += (hu - self.hu[window]) * cover

    def paint_ellipsoid(
        self,
        center: Point,
        radii_mm: Point,
        hu: Paint,
        rotation_rad: float = 0.0,
        edge_mm: float | None = None,
    ) -> None:
        """Paint an ellipsoid where it meets the plane; ``hu`` may be a function of the window."""
        if abs(self.z_mm - center[2]) > radii_mm[2] + WARP_REACH_MM:
            return
        window = self.window((center[0], center[1], self.z_mm), max(radii_mm[0], radii_mm[1]))
        if window is None:
            return
        value = hu(window) if callable(hu) else hu
        distance = ellipsoid(self.at(window), center, radii_mm, rotation_rad)
        self.paint(distance, value, window, edge_mm)


def _span(positions_mm: FloatArray, center_mm: float, reach_mm: float) -> slice | None:
    """Return the indices of sorted positions within reach of a centre."""
    first, last = np.searchsorted(positions_mm, [center_mm - reach_mm, center_mm + reach_mm])
    return slice(int(first), int(last)) if last > first else None
