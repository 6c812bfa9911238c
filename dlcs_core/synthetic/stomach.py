"""Stomach wall, its content, and the tumour in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.anatomy import LUMEN_BLEND_MM, Anatomy
from dlcs_core.synthetic.plane import AIR_HU, WARP_REACH_MM, Plane, Window
from dlcs_core.synthetic.shapes import bent_tube, ellipsoid, smooth_union

FloatArray = NDArray[np.float32]

FAR_MM = 60.0
OUTLINE_SHARE = 0.40
"""Share of the full growth at which the tumour's outline is drawn: there it is as wide as its
stated diameter."""
TISSUE_SHARE = 0.28
"""Below this share of growth the wall looks normal; in between the two blend."""
INWARD_SHARE = 0.40
NECROSIS_DEPTH_HU = 32.0
CONTOUR_ERROR_MM = 0.3
"""Standard deviation of the slowly varying error of the reader's outline."""


@dataclass(frozen=True)
class StomachWall:
    """Distances in one window: ``inner`` to the lumen's surface, ``outer`` to the serosa (mm)."""

    window: Window
    inner: FloatArray
    outer: FloatArray
    growth: FloatArray
    irregularity: FloatArray


def lumen_distance(plane: Plane) -> FloatArray:
    """Return the distance to the lumen without tumour, whole plane; ``FAR_MM`` well outside."""
    distance = np.full(plane.hu.shape, FAR_MM, np.float32)
    window = _stomach_window(plane)
    if window is not None:
        stomach = plane.anatomy.stomach
        distance[window] = bent_tube(
            plane.at(window), stomach.centerline_mm, stomach.radii_mm, LUMEN_BLEND_MM
        )
    return distance


def _stomach_window(plane: Plane) -> Window | None:
    nodes = plane.anatomy.stomach.centerline_mm
    center = (nodes.min(axis=0) + nodes.max(axis=0)) / 2
    reach = float(np.abs(nodes - center).max()) + FAR_MM
    return plane.window((float(center[0]), float(center[1]), plane.z_mm), reach)


def tumor_window(plane: Plane) -> Window | None:
    """Return the pixels that the tumour may touch."""
    tumor = plane.anatomy.tumor
    reach = 0.6 * tumor.diameter_mm + 4
    return plane.window(tumor.center_mm.tolist(), reach)


def wall_at(plane: Plane, lumen: FloatArray, window: Window) -> StomachWall:
    """Return the wall's geometry, tumour included, within a window."""
    anatomy = plane.anatomy
    stomach, tumor = anatomy.stomach, anatomy.tumor
    at = plane.at(window)
    growth = _growth(anatomy, at)
    irregularity = _field(plane, "irregularity", window)
    rows, columns = window
    rugae = stomach.rugae.on_grid(plane.column_mm[columns], plane.row_mm[rows], plane.z_mm)
    bulge = INWARD_SHARE * tumor.growth_mm * growth * (1 + 0.25 * irregularity)
    inner: FloatArray = lumen[window] + 1.3 * rugae * (1 - growth) + bulge
    if tumor.ulcerated:
        inner = smooth_union(inner, _crater(anatomy, at) + 1.5 * irregularity, 3.0)
    outer: FloatArray = inner - stomach.wall_mm
    outer -= tumor.growth_mm * growth * (1 + 0.22 * irregularity)
    return StomachWall(window, inner, outer, growth, irregularity)


def _growth(anatomy: Anatomy, at: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
    """Return the share of full growth: 1 at the centre, ``OUTLINE_SHARE`` at the outline."""
    tumor = anatomy.tumor
    x, y, z = (axis - float(center) for axis, center in zip(at, tumor.center_mm, strict=True))
    relative = (x * x + y * y + z * z) * (4 / tumor.diameter_mm**2)
    return np.exp(relative * relative * float(np.log(OUTLINE_SHARE)))


def _crater(anatomy: Anatomy, at: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
    tumor = anatomy.tumor
    center = tumor.center_mm - tumor.outward * tumor.growth_mm * 0.30
    radius = 0.11 * tumor.diameter_mm + 2
    return ellipsoid(at, center.tolist(), (radius, radius, radius))


def _field(plane: Plane, name: str, window: Window) -> FloatArray:
    rows, columns = window
    field = getattr(plane.anatomy.tumor, name)
    values: FloatArray = field.on_grid(plane.column_mm[columns], plane.row_mm[rows], plane.z_mm)
    return values


def outline(plane: Plane) -> NDArray[np.bool_]:
    """Return the reader's outline of the tumour on this plane, before smoothing."""
    drawn = np.zeros(plane.hu.shape, dtype=bool)
    window = tumor_window(plane)
    if window is not None:
        wall = wall_at(plane, lumen_distance(plane), window)
        error = CONTOUR_ERROR_MM * _field(plane, "contour_error", window)
        within = (wall.inner > error) & (wall.outer < error)
        drawn[window] = within & (wall.growth > OUTLINE_SHARE)
    return drawn


def paint_stomach(plane: Plane, lumen: FloatArray) -> None:
    """Paint wall, tumour and content."""
    window = _stomach_window(plane)
    if window is None:
        return
    wall = wall_at(plane, lumen, window)
    _paint_stranding(plane, wall)
    plane.paint(wall.outer, _healthy_hu(plane, wall), window)
    _paint_tumor(plane, lumen)
    _paint_content(plane, wall)


def _paint_stranding(plane: Plane, wall: StomachWall) -> None:
    """Paint the hazy fat outside a tumour that has grown through the wall."""
    near = (wall.growth > 0.25) & (wall.outer > 0) & (wall.outer < WARP_REACH_MM)
    below = plane.hu[wall.window]
    haze = np.clip(0.7 * plane.fine_texture[wall.window] + 0.2, 0, 1)
    haze *= 60 * np.clip(1 - wall.outer / WARP_REACH_MM, 0, 1) * wall.growth
    plane.hu[wall.window] = np.where(near & (below < -40), below + haze, below)


def _healthy_hu(plane: Plane, wall: StomachWall) -> FloatArray:
    """Return the layered wall: bright mucosa, darker submucosa."""
    mucosa = 30 * np.clip(1 - np.abs(wall.inner - 1.3) / 1.8, 0, 1)
    middle = 0.55 * plane.anatomy.stomach.wall_mm
    submucosa = 34 * np.clip(1 - np.abs(wall.inner - middle) / 1.3, 0, 1) * (1 - wall.growth)
    layered = (76 + mucosa - submucosa) * plane.anatomy.iodine_gain
    hu: FloatArray = layered + 3 * plane.fine_texture[wall.window]
    return hu


def _paint_tumor(plane: Plane, lumen: FloatArray) -> None:
    window = tumor_window(plane)
    if window is None:
        return
    wall = wall_at(plane, lumen, window)
    share = np.clip((wall.growth - TISSUE_SHARE) / (OUTLINE_SHARE - TISSUE_SHARE), 0, 1)
    within = (wall.inner > -0.3) & (wall.outer < 0.5 * plane.edge_mm)
    cover = np.clip(0.5 - wall.outer / plane.edge_mm, 0, 1) * share * within
    plane.hu[window] += (_tumor_hu(plane, wall) - plane.hu[window]) * cover


def _tumor_hu(plane: Plane, wall: StomachWall) -> FloatArray:
    """Return the planted look: mean, texture, necrotic pockets and mucosal rim."""
    signal, gain = plane.anatomy.tumor.signal, plane.anatomy.iodine_gain
    texture = signal.texture_hu * _field(plane, "texture", wall.window)
    above = _field(plane, "necrosis", wall.window) - signal.necrosis_threshold
    necrosis = NECROSIS_DEPTH_HU * np.clip(above / 0.35, 0, 1)
    rim = signal.rim_hu * gain * np.clip(1 - np.abs(wall.inner - 1.8) / 2.4, 0, 1)
    hu: FloatArray = signal.mean_hu * gain + texture - necrosis + rim
    return hu


def _paint_content(plane: Plane, wall: StomachWall) -> None:
    """Paint fluid with the gas in front of it (the patient lies on the back)."""
    stomach, rows = plane.anatomy.stomach, wall.window[0]
    meniscus = 1.2 * np.exp(-np.abs(wall.inner) / 2.5)
    gas = np.clip(0.5 - (plane.y_mm[rows] - stomach.gas_level_mm - meniscus) / 0.9, 0, 1)
    debris = 25 * np.clip(plane.grain((1, 1, 1), wall.window) - 1.5, 0, 1)
    fluid = stomach.fluid_hu + 3 * plane.fine_texture[wall.window] + debris
    plane.paint(wall.inner, (AIR_HU + 10) * gas + fluid * (1 - gas), wall.window)


def paint_nodes(plane: Plane) -> None:
    """Paint the enlarged lymph nodes."""
    hu = 82 * plane.anatomy.iodine_gain
    for center, radius in plane.anatomy.tumor.nodes:
        plane.paint_ellipsoid(
            center.tolist(),
            (1.25 * radius, radius, radius),
            lambda window: hu + 4 * plane.fine_texture[window],
            float(center[0]),
        )
