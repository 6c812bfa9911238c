"""Table, skin, fat and the muscles of the trunk."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.plane import WHOLE, Plane, Window
from dlcs_core.synthetic.shapes import super_ellipse

FloatArray = NDArray[np.float32]

SKIN_WARP_SHARE = 0.4
"""Share of the warp that reaches the skin: all of it would look like jelly."""


def paint_table(plane: Plane) -> None:
    """Paint a curved couch: foam mattress, two shells of the carbon top."""
    sag = plane.y_mm - (plane.anatomy.table_y_mm - 0.0009 * plane.x_mm**2)
    if sag.max() < -12:
        return
    across = np.abs(plane.x_mm)
    foam = np.maximum(np.maximum(-sag - 9, sag), across - 205)
    top = np.maximum(np.maximum(-sag, sag - 34 + 0.00035 * plane.x_mm**2), across - 215)
    plane.paint(foam, -930 + 10 * plane.fine_texture, edge_mm=1.2)
    plane.paint(np.abs(foam + 0.3) - 0.3, -480.0, edge_mm=1.0)
    plane.paint(top, -960 + 8 * plane.fine_texture, edge_mm=1.2)
    # A shell thinner than 3 mm vanishes by partial volume.
    plane.paint(np.abs(top + 1.6) - 1.7, -25.0, edge_mm=1.2)


def paint_trunk(plane: Plane) -> FloatArray:
    """Paint skin, fat and the muscular wall; return the distance to the abdominal cavity."""
    skin = _skin_distance(plane)
    plane.paint(skin, 35.0, edge_mm=1.3 * plane.edge_mm)
    coarse, fine = plane.coarse_texture, plane.fine_texture
    plane.paint(skin + 1.9, -106 + 5 * coarse + 4 * fine)
    septa = np.abs(plane.grain((0.35, 0.35, 0.2))) - 0.035
    plane.hu += np.where(skin < -3, 45 * np.clip(0.5 - septa * 20, 0, 1), 0)
    x, y = _toward_warped(plane, 0.65)
    return _paint_wall(plane, x, y)


def _skin_distance(plane: Plane) -> FloatArray:
    """Return a trunk that is flatter behind, with a groove along the spine."""
    anatomy = plane.anatomy
    x, y = _toward_warped(plane, SKIN_WARP_SHARE)
    behind = y > 0
    groove = 7 * np.exp(-((x / 14) ** 2))
    depth = np.where(behind, y * 1.08 + groove, y)
    return super_ellipse(x, depth, anatomy.half_width_mm, anatomy.half_depth_mm, 2.35)


def _toward_warped(plane: Plane, share: float) -> tuple[FloatArray, FloatArray]:
    return plane.x_mm + share * plane.shift[0], plane.y_mm + share * plane.shift[1]


def _paint_wall(plane: Plane, x: FloatArray, y: FloatArray) -> FloatArray:
    """Paint the muscle layers and the fat of the cavity."""
    anatomy, coarse, fine = plane.anatomy, plane.coarse_texture, plane.fine_texture
    width, depth = anatomy.cavity_half_width_mm, anatomy.cavity_half_depth_mm
    wall = super_ellipse(x, y, width + 10, depth + 10, 2.25)
    plane.paint(wall, 58 + 7 * fine + 2 * coarse)
    layers = np.abs(wall + 5.2 + 0.8 * coarse) - 0.45
    lateral = (wall < 0) & (wall > -10) & (np.abs(plane.warped[0]) > 0.42 * width)
    lateral &= plane.warped[1] < 0.55 * depth
    plane.hu -= np.where(lateral, 95 * np.clip(0.5 - layers / 1.2, 0, 1), 0)
    cavity = super_ellipse(x, y, width, depth, 2.2)
    plane.paint(cavity, -103 + 4 * coarse + 3 * fine)
    strands = np.abs(plane.grain((0.5, 0.5, 0.5)) + 0.25 * coarse) - 0.03
    strand_hu = 55 * np.clip(0.5 - strands * 10, 0, 1) * np.clip(coarse + 0.3, 0, 1)
    plane.hu += np.where(cavity < -1, strand_hu, 0)
    return cavity


def paint_back_muscles(plane: Plane) -> None:
    """Paint the erector spinae, the psoas and the crura of the diaphragm."""
    spine_y = 0.62 * plane.anatomy.cavity_half_depth_mm

    def marbled(window: Window) -> FloatArray:
        coarse, fine = plane.coarse_texture[window], plane.fine_texture[window]
        bundles = np.abs(_muscle_texture(plane, window))
        clefts = 75 * np.clip(1 - bundles * 10, 0, 1) * (coarse > -0.4)
        streaks = 40 * np.clip((fine - 1.4) * 2, 0, 1)
        hu: FloatArray = 57 + 5 * fine - clefts - streaks
        return hu

    def plain(window: Window) -> FloatArray:
        return 60 + 4 * plane.fine_texture[window]

    for side in (-1, 1):
        erector = (34 * side, spine_y + 34, plane.z_mm)
        plane.paint_ellipsoid(erector, (31, 21, 400), marbled, -0.35 * side)
        plane.paint_ellipsoid((37 * side, spine_y + 6, -85), (15, 18, 92), plain)
        crus = (17 * side, spine_y - 24, 0.6 * plane.z_mm)
        plane.paint_ellipsoid(crus, (6, 13, 120), 62.0, 0.3 * side)


def _muscle_texture(plane: Plane, window: Window = WHOLE) -> FloatArray:
    rows, columns = window
    field = plane.anatomy.muscle_texture
    return field.on_grid(plane.column_mm[columns], plane.row_mm[rows], 0.3 * plane.z_mm)
