"""Signed distances of simple bodies: negative inside, about a millimetre per unit near the edge."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Coordinates = tuple[FloatArray, FloatArray, FloatArray]
Point = Sequence[float]


def ellipsoid(
    at: Coordinates, center: Point, radii_mm: Point, rotation_rad: float = 0.0
) -> FloatArray:
    """Return the approximate distance to an ellipsoid, turned about the z axis."""
    x, y, z = at[0] - float(center[0]), at[1] - float(center[1]), at[2] - float(center[2])
    if rotation_rad:
        cosine, sine = float(np.cos(rotation_rad)), float(np.sin(rotation_rad))
        x, y = cosine * x + sine * y, -sine * x + cosine * y
    a, b, c = (1.0 / float(radius) for radius in radii_mm)
    x, y, z = x * a, y * b, z * c
    level = np.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
    x, y, z = x * a, y * b, z * c
    slope = np.sqrt(x * x + y * y + z * z) + np.float32(1e-9)
    distance: FloatArray = level * (level - 1) / slope
    return distance


def super_ellipse(
    x: FloatArray, y: FloatArray, half_width_mm: float, half_depth_mm: float, exponent: float
) -> FloatArray:
    """Return the approximate distance to a super-ellipse (exponent 2 is an ellipse)."""
    level = np.abs(x / half_width_mm) ** exponent + np.abs(y / half_depth_mm) ** exponent
    distance: FloatArray = (level ** (1 / exponent) - 1) * min(half_width_mm, half_depth_mm)
    return distance


def capsule(
    at: Coordinates, start: Point, end: Point, start_radius_mm: float, end_radius_mm: float
) -> FloatArray:
    """Return the distance to a round-ended cone between two points."""
    axis = [float(q) - float(p) for p, q in zip(start, end, strict=True)]
    length_squared = sum(component * component for component in axis) + 1e-9
    x, y, z = (axis_at - float(p) for axis_at, p in zip(at, start, strict=True))
    along = (x * axis[0] + y * axis[1] + z * axis[2]) * (1 / length_squared)
    along = np.clip(along, 0, 1)
    x, y, z = x - along * axis[0], y - along * axis[1], z - along * axis[2]
    radius = start_radius_mm + (end_radius_mm - start_radius_mm) * along
    distance: FloatArray = np.sqrt(x * x + y * y + z * z) - radius
    return distance


def smooth_union(first: FloatArray, second: FloatArray, blend_mm: float) -> FloatArray:
    """Return the union of two bodies with the seam rounded over ``blend_mm``."""
    share = np.clip(0.5 + (second - first) * (0.5 / blend_mm), 0, 1)
    united: FloatArray = second + (first - second) * share - blend_mm * share * (1 - share)
    return united


def bent_tube(
    at: Coordinates, nodes: NDArray[np.float64], radii_mm: NDArray[np.float64], blend_mm: float
) -> FloatArray:
    """Return the distance to capsules strung along nodes, blended into one tube."""
    distance: FloatArray | None = None
    for k in range(len(nodes) - 1):
        part = capsule(at, nodes[k], nodes[k + 1], float(radii_mm[k]), float(radii_mm[k + 1]))
        distance = part if distance is None else smooth_union(distance, part, blend_mm)
    if distance is None:
        raise ValueError("a tube needs at least two nodes")
    return distance
