"""Outlines as other readers might have drawn them: the same tumour, larger, smaller, bumpier.

Each variant is a level set of the outline's signed distance (mm, negative inside) plus a smooth
random field: the field bends the contour as a second hand would, the level is chosen so that the
key slice has exactly the area asked for. The other slices of the outline move by the same
millimetres.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.imaging.study import Mask
from dlcs_core.preprocessing.slices import key_slice_index

N_VARIANTS = 16
SMALLEST_AREA, LARGEST_AREA = 0.70, 1.40
"""Area of a variant against the outline's own: the spread of two readers of gastric tumours."""

ROUGHNESS_MM = 1.5
"""Standard deviation of the contour's random displacement."""
CORRELATION_MM = 12.0
"""Length over which the displacement stays alike."""

_MARGIN_MM = 25.0
_N_WAVES = 48


@dataclass(frozen=True, eq=False)
class OutlineVariant:
    """One redrawn outline.

    Attributes
    ----------
    mask : Mask
        The outline.
    area_ratio : float
        Area on the key slice against the original's.
    dice : float
        Overlap with the original over all slices, in [0, 1].
    """

    mask: Mask
    area_ratio: float
    dice: float


def outline_variants(
    mask: Mask, spacing_mm: tuple[float, float], *, n: int = N_VARIANTS, seed: int = 0
) -> Iterator[OutlineVariant]:
    """Redraw an outline, from the smallest area to the largest.

    Parameters
    ----------
    mask : Mask
        Not empty.
    spacing_mm : tuple of float
        Row and column spacing.
    n : int
        Number of variants; their areas are evenly spaced in the logarithm.
    seed : int
        Of the random fields: the same outline gives the same variants.

    Yields
    ------
    OutlineVariant
        Variants in order of area.
    """
    key = key_slice_index(mask.pixel_counts())
    distances = {index: signed_distance_mm(p, spacing_mm) for index, p in mask.planes.items()}
    area = int(np.count_nonzero(mask.planes[key]))
    for place, ratio in enumerate(np.geomspace(SMALLEST_AREA, LARGEST_AREA, n)):
        rng = np.random.default_rng([seed, place])
        field = smooth_field(mask.size[1:], spacing_mm, rng)
        level = _level_of_area(distances[key] + field, max(round(ratio * area), 1))
        planes = {index: distance + field <= level for index, distance in distances.items()}
        drawn = Mask(mask.size, {index: p for index, p in planes.items() if p.any()})
        reached = np.count_nonzero(drawn.plane(key)) / area
        yield OutlineVariant(drawn, float(reached), dice(mask, drawn))


def signed_distance_mm(
    plane: NDArray[np.bool_], spacing_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Distance of every pixel centre to the outline, negative inside; far away it is infinite.

    Parameters
    ----------
    plane : bool array (rows, columns)
        One slice's mask.
    spacing_mm : tuple of float
        Row and column spacing.

    Returns
    -------
    float64 array (rows, columns)
        Measured within 25 mm around the mask; beyond that, or without a mask, infinity.
    """
    from scipy.ndimage import distance_transform_edt

    distance = np.full(plane.shape, np.inf)
    if not plane.any():
        return distance
    window = _window_around(plane, spacing_mm)
    inside = plane[window]
    outer = distance_transform_edt(~inside, sampling=spacing_mm)
    inner = distance_transform_edt(inside, sampling=spacing_mm)
    half = min(spacing_mm) / 2
    distance[window] = np.where(inside, half - inner, outer - half)
    return distance


def _window_around(
    plane: NDArray[np.bool_], spacing_mm: tuple[float, float]
) -> tuple[slice, slice]:
    """Return the mask's box with a margin: a whole slice's distances are never needed."""
    spans = []
    for axis, spacing in enumerate(spacing_mm):
        filled = np.flatnonzero(plane.any(axis=1 - axis))
        margin = int(np.ceil(_MARGIN_MM / spacing))
        spans.append(slice(max(int(filled[0]) - margin, 0), int(filled[-1]) + margin + 1))
    return spans[0], spans[1]


def smooth_field(
    shape: tuple[int, int], spacing_mm: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a Gaussian field with a Gaussian correlation, as a sum of plane waves.

    Parameters
    ----------
    shape : tuple of int
        Rows, columns.
    spacing_mm : tuple of float
        Row and column spacing.
    rng : Generator
        Source of the draw.

    Returns
    -------
    float64 array (rows, columns)
        Displacement in mm, standard deviation ``ROUGHNESS_MM``.
    """
    waves = rng.normal(scale=1.0 / CORRELATION_MM, size=(_N_WAVES, 2))
    phases = rng.uniform(0.0, 2 * np.pi, size=_N_WAVES)
    rows, columns = (np.arange(n) * s for n, s in zip(shape, spacing_mm, strict=True))
    # cos(a + b) split into a product of rows and columns: one small matrix product per field.
    by_row = np.exp(1j * (np.outer(rows, waves[:, 0]) + phases))
    by_column = np.exp(1j * np.outer(waves[:, 1], columns))
    scale = ROUGHNESS_MM * np.sqrt(2.0 / _N_WAVES)
    return np.asarray(scale * (by_row @ by_column).real)


def _level_of_area(values: NDArray[np.float64], n_pixels: int) -> float:
    """Return the level at or below which so many pixels lie, as far as the window reaches."""
    finite = np.sort(values[np.isfinite(values)], axis=None)
    return float(finite[min(n_pixels, finite.size) - 1])


def dice(a: Mask, b: Mask) -> float:
    """Overlap of two outlines on one grid over all slices: 2 |A and B| / (|A| + |B|).

    Parameters
    ----------
    a, b : Mask
        Not both empty, of the same size.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If the grids differ or both are empty.
    """
    total = int(a.pixel_counts().sum() + b.pixel_counts().sum())
    if a.size != b.size or total == 0:
        raise ValueError("outlines of one grid, not both empty, can be compared")
    both = sum(int(np.count_nonzero(p & b.plane(index))) for index, p in a.planes.items())
    return 2.0 * both / total
