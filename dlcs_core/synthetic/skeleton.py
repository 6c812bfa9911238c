"""Ribs and spine."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.plane import Plane, Window
from dlcs_core.synthetic.shapes import capsule

FloatArray = NDArray[np.float32]

RIBS_PER_SIDE = 8
VERTEBRA_PITCH_MM = 34.0
BONE_EDGE_MM = 1.6


def paint_ribs(plane: Plane) -> None:
    """Paint rib sections, cut obliquely and therefore elongated along the wall."""
    for side in (-1, 1):
        for k in range(RIBS_PER_SIDE):
            phase = plane.anatomy.rib_phase
            presence = float(np.sin(plane.z_mm / 9 + 2.1 * k + 9 * phase))
            if presence >= -0.45:
                angle = -0.35 + 0.34 * k + 0.05 * np.sin(3 * k + 6 * phase) - plane.z_mm / 260
                _paint_rib(plane, side, float(angle), presence)


def _paint_rib(plane: Plane, side: int, angle: float, presence: float) -> None:
    width = plane.anatomy.cavity_half_width_mm + 5
    depth = plane.anatomy.cavity_half_depth_mm + 5
    x, y = side * width * np.cos(angle), depth * np.sin(angle)
    onto_wall = ((abs(x) / width) ** 2.25 + (abs(y) / depth) ** 2.25) ** (-1 / 2.25)
    center = (float(x * onto_wall), float(y * onto_wall), plane.z_mm)
    tangent = float(np.arctan2(depth * np.cos(angle), -side * width * np.sin(angle)))
    length = 10 + 5 * presence
    is_cartilage = angle < -0.1
    shell_hu = 150.0 if is_cartilage else 620.0
    plane.paint_ellipsoid(center, (length, 4.3, 30), shell_hu, tangent, 1.4)
    if not is_cartilage:
        marrow = (length - 2, 2.5, 30)
        plane.paint_ellipsoid(center, marrow, _Marrow(plane, 170, 45), tangent, BONE_EDGE_MM)


class _Marrow:
    """Mottled marrow as a paint."""

    def __init__(self, plane: Plane, mean_hu: float, spread_hu: float) -> None:
        self.plane, self.mean_hu, self.spread_hu = plane, mean_hu, spread_hu

    def __call__(self, window: Window) -> FloatArray:
        return self.mean_hu + self.spread_hu * self.plane.fine_texture[window]


def paint_spine(plane: Plane) -> None:
    """Paint vertebra or disc, canal and processes."""
    y = 0.62 * plane.anatomy.cavity_half_depth_mm
    in_pitch = (plane.z_mm + plane.anatomy.disc_phase_mm) % VERTEBRA_PITCH_MM
    is_disc = abs(in_pitch - VERTEBRA_PITCH_MM / 2) > 13.5
    z = plane.z_mm
    plane.paint_ellipsoid((0, y - 4, z), (22, 16.5, 400), 95.0 if is_disc else 430.0, 0, 1.6)
    if not is_disc:
        plane.paint_ellipsoid((0, y - 4, z), (20.6, 15.1, 400), _Trabeculae(plane), 0, 1.8)
    plane.paint_ellipsoid((0, y + 19, z), (15, 11, 400), 480.0, 0, BONE_EDGE_MM)
    plane.paint_ellipsoid((0, y + 20, z), (9.5, 8, 400), 22.0, 0, BONE_EDGE_MM)
    plane.paint_ellipsoid((0, y + 20, z), (5.5, 4.8, 400), 42.0, 0, BONE_EDGE_MM)
    for side in (-1, 1):
        tip = (side * (20 if is_disc else 36), y + 25, z)
        _paint_process(plane, (side * 11, y + 20, z), tip, (4.5, 3.4), (500.0, 210.0))
    _paint_process(plane, (0, y + 30, z), (0, y + 52, z), (3.6, 4.6), (470.0, 190.0))


class _Trabeculae:
    """Spongy bone with fine vertical trabeculae as a paint."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane

    def __call__(self, window: Window) -> FloatArray:
        fine = self.plane.fine_texture[window]
        return 182 + 15 * fine + 20 * self.plane.grain((1, 1, 1), window)


def _paint_process(
    plane: Plane,
    root: tuple[float, float, float],
    tip: tuple[float, float, float],
    radii_mm: tuple[float, float],
    hu: tuple[float, float],
) -> None:
    """Paint a bony process with cortex and marrow, the same at every height."""
    middle = ((root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2, plane.z_mm)
    window = plane.window(middle, 18)
    if window is None:
        return
    x, y, z = plane.at(window)
    level = np.zeros_like(z)
    distance = capsule((x, y, level), (*root[:2], 0), (*tip[:2], 0), *radii_mm)
    plane.paint(distance, hu[0], window, BONE_EDGE_MM)
    plane.paint(distance + BONE_EDGE_MM, hu[1], window, BONE_EDGE_MM)
