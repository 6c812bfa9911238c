"""Redrawn outlines: areas as asked, overlaps of two readers, the same for the same outline."""

import numpy as np
import pytest

from dlcs_core.imaging.study import Mask
from dlcs_core.preprocessing.outline_variants import (
    CORRELATION_MM,
    LARGEST_AREA,
    N_VARIANTS,
    ROUGHNESS_MM,
    SMALLEST_AREA,
    dice,
    outline_variants,
    signed_distance_mm,
    smooth_field,
)

SPACING_MM = (0.8, 0.8)


def disc(size, center, radius_px):
    rows, columns = np.indices(size)
    return (rows - center[0]) ** 2 + (columns - center[1]) ** 2 < radius_px**2


@pytest.fixture
def mask():
    size = (5, 128, 128)
    planes = {1: disc(size[1:], (60, 64), 20), 2: disc(size[1:], (61, 64), 25)}
    return Mask(size, planes | {3: disc(size[1:], (62, 64), 18)})


def test_areas_span_the_range_evenly_in_the_logarithm(mask):
    ratios = [variant.area_ratio for variant in outline_variants(mask, SPACING_MM)]
    expected = np.geomspace(SMALLEST_AREA, LARGEST_AREA, N_VARIANTS)
    assert ratios == pytest.approx(list(expected), abs=0.002)


def test_overlap_is_that_of_two_readers_and_best_near_the_same_area(mask):
    found = list(outline_variants(mask, SPACING_MM))
    overlaps = [variant.dice for variant in found]
    assert 0.65 < min(overlaps) < 0.85
    assert max(overlaps) < 0.99
    best = found[int(np.argmax(overlaps))]
    assert 0.85 < best.area_ratio < 1.15


def test_every_slice_of_the_outline_moves_along(mask):
    smallest, *_, largest = outline_variants(mask, SPACING_MM)
    for index, plane in mask.planes.items():
        assert smallest.mask.plane(index).sum() < plane.sum() < largest.mask.plane(index).sum()


def test_the_same_outline_gives_the_same_variants(mask):
    first, second = (list(outline_variants(mask, SPACING_MM)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert dice(a.mask, b.mask) == 1.0


def test_signed_distance_is_that_of_a_disc():
    plane = disc((128, 128), (64, 64), 25)
    distance = signed_distance_mm(plane, SPACING_MM)
    radius_mm = 0.8 * np.hypot(*(np.indices(plane.shape) - 64))
    near = np.abs(radius_mm - 20) < 12
    assert np.abs(distance - (radius_mm - 20))[near].max() < 0.8
    assert ((distance < 0) == plane).all()


def test_a_slice_without_mask_is_infinitely_far():
    assert np.isinf(signed_distance_mm(np.zeros((4, 4), dtype=bool), SPACING_MM)).all()


def test_the_field_has_its_spread_and_its_length():
    rng = np.random.default_rng(1)
    fields = np.stack([smooth_field((64, 64), (1.0, 1.0), rng) for _ in range(150)])
    assert fields.std() == pytest.approx(ROUGHNESS_MM, rel=0.08)
    lag = 12
    correlation = (fields[:, 0, 0] * fields[:, 0, lag]).mean() / (fields**2).mean()
    assert correlation == pytest.approx(np.exp(-(lag**2) / (2 * CORRELATION_MM**2)), abs=0.15)


def test_dice_is_counted_over_all_slices():
    a = Mask((2, 2, 2), {0: np.array([[True, True], [False, False]])})
    b = Mask((2, 2, 2), {0: np.array([[True, False], [False, False]]), 1: np.eye(2, dtype=bool)})
    assert dice(a, b) == pytest.approx(2 * 1 / (2 + 3))


def test_outlines_of_two_grids_are_not_compared():
    with pytest.raises(ValueError, match="one grid"):
        dice(Mask((1, 2, 2), {}), Mask((1, 2, 3), {}))
