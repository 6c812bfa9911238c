"""Small bowel, and colon with haustra, stool and gas."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.anatomy import Loop
from dlcs_core.synthetic.plane import AIR_HU, Plane
from dlcs_core.synthetic.shapes import ellipsoid

FloatArray = NDArray[np.float32]

SMALL_BOWEL_HU, COLON_WALL_HU = 98.0, 82.0


def paint_bowel(plane: Plane) -> None:
    """Paint every loop that meets the plane."""
    for loop in plane.anatomy.bowel:
        if loop.gas_share is None:
            _paint_small_bowel(plane, loop)
        else:
            _paint_colon(plane, loop, loop.gas_share)


def _paint_small_bowel(plane: Plane, loop: Loop) -> None:
    window = plane.window(loop.center_mm, 1.5 * loop.radius_mm)
    if window is None:
        return
    radius, turn = loop.radius_mm, 0.03 * loop.center_mm[0]
    radii = (1.3 * radius, radius, 1.2 * radius)
    distance = ellipsoid(plane.at(window), loop.center_mm, radii, turn)
    fine = plane.fine_texture[window]
    plane.paint(distance, SMALL_BOWEL_HU * plane.anatomy.iodine_gain + 5 * fine, window)
    plane.paint(distance + 2.4 + 0.6 * fine, 22 + 12 * fine, window)


def _paint_colon(plane: Plane, loop: Loop, gas_share: float) -> None:
    window = plane.window(loop.center_mm, 1.3 * loop.radius_mm)
    if window is None:
        return
    radius = loop.radius_mm
    radii = (1.25 * radius, 0.9 * radius, 1.2 * radius)
    rows, columns = window
    haustra = plane.anatomy.lobules.on_grid(
        plane.column_mm[columns], plane.row_mm[rows], plane.z_mm, (0.7, 0.7, 0.7)
    )
    distance = ellipsoid(plane.at(window), loop.center_mm, radii, loop.center_mm[1]) + 2.2 * haustra
    plane.paint(distance, COLON_WALL_HU * plane.anatomy.iodine_gain, window)
    bubbles = 240 * np.clip((plane.grain((1, 1, 1), window) - 1.1) * 2, 0, 1)
    stool = 45 + 38 * plane.fine_texture[window] - bubbles
    above = (plane.y_mm[rows] - loop.center_mm[1]) / radius < 0.5 * gas_share
    content = np.where(above, np.float32(AIR_HU + 10), stool)
    plane.paint(distance + 2, content, window)
