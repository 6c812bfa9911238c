"""Liver, spleen, kidneys, adrenals, pancreas, gallbladder and the lung recess."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.plane import WHOLE, Plane, Window
from dlcs_core.synthetic.shapes import capsule, ellipsoid, smooth_union

FloatArray = NDArray[np.float32]

LIVER_HU, SPLEEN_HU, PANCREAS_HU, ADRENAL_HU = 106.0, 118.0, 92.0, 80.0
KIDNEY_CORTEX_HU, KIDNEY_MEDULLA_HU = 185.0, 160.0


def paint_liver(plane: Plane, cavity: FloatArray, lumen: FloatArray) -> FloatArray:
    """Paint both lobes, kept off the wall, the spine and the stomach; return the distance."""
    anatomy = plane.anatomy
    width, depth = anatomy.cavity_half_width_mm, anatomy.cavity_half_depth_mm
    at = plane.warped
    right = ellipsoid(
        at, (-0.50 * width, -0.02 * depth, 25), (0.52 * width, 0.92 * depth, 115), 0.12
    )
    left = ellipsoid(at, (-0.12 * width, -0.62 * depth, 30), (0.36 * width, 0.34 * depth, 75), 0.15)
    behind = ellipsoid(at, (-0.02 * width, 0.55 * depth, 20), (0.33 * width, 0.55 * depth, 300))
    liver: FloatArray = np.maximum(smooth_union(right, left, 14.0), cavity + 3)
    liver = np.maximum(liver, 3 - behind)
    liver = np.maximum(liver, 9 + 0.35 * anatomy.tumor.growth_mm - lumen)
    mottle = 2.5 * (plane.coarse_texture + plane.fine_texture)
    plane.paint(liver, LIVER_HU * anatomy.iodine_gain + mottle)
    return liver


def paint_gallbladder(plane: Plane, liver: FloatArray) -> None:
    """Paint the gallbladder and the falciform fissure."""
    width = plane.anatomy.cavity_half_width_mm
    depth = plane.anatomy.cavity_half_depth_mm
    plane.paint_ellipsoid(
        (-0.42 * width, -0.42 * depth, -45),
        (13, 17, 30),
        lambda window: 9 + 1.5 * plane.coarse_texture[window],
    )
    window = plane.window((-0.23 * width, -0.59 * depth, plane.z_mm), 0.2 * depth + 5)
    if window is not None:
        x, y, z = plane.at(window)
        fissure = capsule(
            (x, y, np.zeros_like(z)),
            (-0.20 * width, -0.78 * depth, 0),
            (-0.26 * width, -0.40 * depth, 0),
            2.2,
            1.0,
        )
        plane.paint(np.maximum(fissure, liver[window]), -85.0, window, 1.8)


def paint_spleen(plane: Plane, cavity: FloatArray, lumen: FloatArray) -> None:
    """Paint the spleen, hollowed towards the hilum."""
    width = plane.anatomy.cavity_half_width_mm
    depth = plane.anatomy.cavity_half_depth_mm
    window = plane.window((0.78 * width, 0.42 * depth, 25), 70)
    if window is None:
        return
    at = plane.at(window)
    spleen = ellipsoid(
        at, (0.78 * width, 0.42 * depth, 25), (0.24 * width, 0.50 * depth, 62), -0.55
    )
    hilum = ellipsoid(at, (0.50 * width, 0.30 * depth, 20), (0.24 * width, 0.30 * depth, 60))
    spleen = np.maximum(np.maximum(spleen, cavity[window] + 3), -hilum)
    spleen = np.maximum(spleen, 7 - lumen[window])
    mottle: FloatArray = 1.8 * plane.coarse_texture[window] + 1.5 * plane.fine_texture[window]
    plane.paint(spleen, SPLEEN_HU * plane.anatomy.iodine_gain + mottle, window)


def paint_kidneys(plane: Plane) -> None:
    """Paint cortex, medulla and sinus fat of both kidneys, and the adrenals."""
    gain, fine = plane.anatomy.iodine_gain, plane.fine_texture
    width = plane.anatomy.cavity_half_width_mm
    depth = plane.anatomy.cavity_half_depth_mm

    def cortex(window: Window) -> FloatArray:
        return KIDNEY_CORTEX_HU * gain + 4 * fine[window]

    def medulla(window: Window) -> FloatArray:
        return KIDNEY_MEDULLA_HU * gain + 18 * fine[window]

    for side, height in ((-1, -60.0), (1, -45.0)):
        x, y, turn = side * 0.50 * width, 0.50 * depth, 0.5 * side
        plane.paint_ellipsoid((x, y, height), (30, 27, 58), cortex, turn)
        plane.paint_ellipsoid((x + side, y, height), (19, 15, 46), medulla, turn)
        plane.paint_ellipsoid((x - 13 * side, y - 6, height), (13, 8, 24), -75.0, turn)
        _paint_adrenal(plane, side)


def _paint_adrenal(plane: Plane, side: int) -> None:
    """Paint the inverted V of an adrenal."""
    depth = plane.anatomy.cavity_half_depth_mm
    window = plane.window((31 * side, 0.34 * depth, 5), 22)
    if window is None or not -25 < plane.z_mm < 38:
        return
    x, y, z = plane.at(window)
    apex = (28 * side, 0.27 * depth, 0)
    at = (x, y, 0.3 * z)
    lateral = capsule(at, apex, (38 * side, 0.45 * depth, 0), 2.0, 1.5)
    medial = capsule(at, apex, (27 * side, 0.45 * depth, 0), 2.0, 1.4)
    hu = ADRENAL_HU * plane.anatomy.iodine_gain
    plane.paint(np.minimum(lateral, medial), hu, window, 1.2 * plane.edge_mm)


def pancreas_axis(plane: Plane) -> list[tuple[float, float, float]]:
    """Return the points from head to tail along which the pancreas lies."""
    width = plane.anatomy.cavity_half_width_mm
    depth = plane.anatomy.cavity_half_depth_mm
    return [
        (-0.22 * width, 0.02 * depth, -38),
        (-0.05 * width, -0.03 * depth, -28),
        (0.14 * width, -0.02 * depth, -14),
        (0.34 * width, 0.12 * depth, -2),
        (0.56 * width, 0.27 * depth, 12),
    ]


def paint_pancreas(plane: Plane, lumen: FloatArray) -> None:
    """Paint a lobulated pancreas with fat between the lobules."""
    points = pancreas_axis(plane)
    width = plane.anatomy.cavity_half_width_mm
    window = plane.window((0.17 * width, points[2][1], -13), 0.4 * width + 14)
    if window is None or not -62 < plane.z_mm < 30:
        return
    at = plane.at(window)
    radii = ((13, 9), (9, 8.5), (8.5, 8), (8, 7))
    parts = [capsule(at, points[k], points[k + 1], *radii[k]) for k in range(len(radii))]
    gland = parts[0]
    for part in parts[1:]:
        gland = smooth_union(gland, part, 5.0)
    rows, columns = window
    surface = plane.anatomy.stomach.rugae.on_grid(
        plane.column_mm[columns], plane.row_mm[rows], plane.z_mm
    )
    gland = np.maximum(gland + 1.6 * surface, 7 - lumen[window])
    lobule: FloatArray = np.clip((np.abs(plane.fine_texture[window]) - 0.12) / 0.12, 0, 1)
    tissue_hu = PANCREAS_HU * plane.anatomy.iodine_gain
    # Between lobules: a quarter of the tissue, the rest fat.
    fat_hu = 0.25 * tissue_hu - 44
    plane.paint(gland, fat_hu + lobule * (tissue_hu - fat_hu), window)


def paint_lung(plane: Plane, cavity: FloatArray) -> None:
    """Paint the posterior lung recess below the dome of the diaphragm."""
    width = plane.anatomy.cavity_half_width_mm
    depth = plane.anatomy.cavity_half_depth_mm
    x, y, z = plane.warped
    outward = np.clip(1 + cavity / min(width, depth), 0, 1.05)
    dome = 112 - 116 * outward**6 * np.clip(0.45 + 0.75 * y / depth, 0, 1.1)
    recess = np.maximum(dome - z, cavity + 1.5)
    if recess.min() > 2:
        return
    mediastinum = ellipsoid((x, y, z), (0, 0.85 * depth, 40), (56, 0.75 * depth, 300))
    vessels = 260 * np.clip(plane.grain((0.8, 0.8, 0.8), WHOLE) - 1.7, 0, 1.5)
    hu = -865 + 70 * np.clip(plane.fine_texture, -1, 1) + vessels
    plane.paint(np.maximum(recess, -mediastinum), hu, edge_mm=2.0)
