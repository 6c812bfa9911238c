"""Great vessels, portal system, vessels in liver and fat."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.organs import pancreas_axis
from dlcs_core.synthetic.plane import Plane, Window
from dlcs_core.synthetic.shapes import capsule
from dlcs_core.synthetic.vessel_trees import Tubes

FloatArray = NDArray[np.float32]
Vector = tuple[float, float, float]

AORTA_HU, CAVA_HU, PORTAL_HU, ARTERY_HU = 150.0, 138.0, 152.0, 148.0
LIVER_VESSEL_HU, FAT_VESSEL_HU = 158.0, 115.0
SOFT_EDGE = 1.2
"""Edge of a vessel in pixels: small ones would look like beads with a sharper one."""


def paint_liver_vessels(plane: Plane, liver: FloatArray) -> None:
    """Paint portal and hepatic veins where they run inside the liver."""
    hu = LIVER_VESSEL_HU * plane.anatomy.iodine_gain
    for window, distance in _tubes(plane, plane.anatomy.liver_vessels, 0.85):
        inside = np.maximum(distance, liver[window] + 2)
        plane.paint(inside, hu, window, 1.3 * plane.edge_mm)


def paint_fat_vessels(plane: Plane) -> None:
    """Paint mesenteric and omental vessels, only where there is fat."""
    hu = FAT_VESSEL_HU * plane.anatomy.iodine_gain
    for window, distance in _tubes(plane, plane.anatomy.fat_vessels, 0.8):
        below = plane.hu[window]
        cover = np.clip(0.5 - distance / (SOFT_EDGE * plane.edge_mm), 0, 1) * (below < -20)
        plane.hu[window] += (hu - below) * cover


def _tubes(plane: Plane, tubes: Tubes, taper: float) -> list[tuple[Window, FloatArray]]:
    """Return window and distance of every tube that meets the plane."""
    ranges = (
        (float(plane.column_mm[0]), float(plane.column_mm[-1])),
        (float(plane.row_mm[0]), float(plane.row_mm[-1])),
    )
    found = []
    for k in tubes.meeting(plane.z_mm, *ranges):
        start, end, radius = tubes.starts_mm[k], tubes.ends_mm[k], float(tubes.radii_mm[k])
        window = _tube_window(plane, start, end, radius)
        if window is not None:
            distance = capsule(
                plane.at(window), start.tolist(), end.tolist(), radius, taper * radius
            )
            found.append((window, distance))
    return found


def _tube_window(
    plane: Plane, start: NDArray[np.float64], end: NDArray[np.float64], radius: float
) -> Window | None:
    center = (start + end) / 2
    reach = float(np.abs(end - start)[:2].max()) / 2 + radius
    return plane.window((float(center[0]), float(center[1]), plane.z_mm), reach)


def paint_great_vessels(plane: Plane) -> None:
    """Paint the aorta with a calcified plaque, and the vena cava with mixed enhancement."""
    y, gain = 0.62 * plane.anatomy.cavity_half_depth_mm, plane.anatomy.iodine_gain
    coarse = plane.coarse_texture
    z = plane.z_mm
    plane.paint_ellipsoid((9, y - 29, z), (10.5, 10, 400), 48.0)
    plane.paint_ellipsoid(
        (9, y - 29, z), (9.2, 8.8, 400), lambda window: AORTA_HU * gain + 1.5 * coarse[window]
    )
    plane.paint_ellipsoid((16, y - 34, z), (1.8, 1.1, 3.5), 480.0)
    plane.paint_ellipsoid(
        (-26, y - 27, z), (11.5, 8.5, 400), lambda window: CAVA_HU * gain + 6 * coarse[window]
    )


def paint_portal_system(plane: Plane) -> None:
    """Paint splenic vein, superior mesenteric vessels, coeliac trunk and portal vein."""
    width = plane.anatomy.cavity_half_width_mm
    depth = plane.anatomy.cavity_half_depth_mm
    body = pancreas_axis(plane)
    behind: tuple[tuple[Vector, Vector, float, float], ...] = (
        (_shifted(body[1], 0, 13, 4), _shifted(body[2], 0, 11, 2), 4.6, PORTAL_HU),
        (_shifted(body[2], 0, 11, 2), _shifted(body[3], 0, 9, 2), 4.2, PORTAL_HU),
        (_shifted(body[3], 0, 9, 2), _shifted(body[4], 4, 4, 2), 3.8, PORTAL_HU),
        ((-3, 0.06 * depth, -20), (-8, -0.02 * depth, -130), 6.2, PORTAL_HU),
        ((10, 0.22 * depth, -22), (9, 0.05 * depth, -130), 4.0, ARTERY_HU),
        ((8, 0.30 * depth, 15), (9, 0.12 * depth, 10), 4.2, ARTERY_HU),
        ((-10, 0.05 * depth, -15), (-0.3 * width, 0.03 * depth, 22), 6.5, PORTAL_HU),
    )
    for start, end, radius, hu in behind:
        _paint_tube(plane, start, end, radius, hu * plane.anatomy.iodine_gain)


def _shifted(point: Vector, x: float, y: float, z: float) -> Vector:
    return point[0] + x, point[1] + y, point[2] + z


def _paint_tube(plane: Plane, start: Vector, end: Vector, radius: float, hu: float) -> None:
    low, high = sorted((start[2], end[2]))
    if not low - radius - 9 < plane.z_mm < high + radius + 9:
        return
    window = _tube_window(plane, np.array(start), np.array(end), radius)
    if window is not None:
        distance = capsule(plane.at(window), start, end, radius, radius)
        plane.paint(distance, hu, window, SOFT_EDGE * plane.edge_mm)
