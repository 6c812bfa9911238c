import numpy as np
import pytest

from dlcs_core.synthetic.contours import outline_polygons


def filled(polygons, shape):
    """Even-odd filling by crossing numbers at pixel centres."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    inside = np.zeros(shape, dtype=bool)
    for polygon in polygons:
        for (r0, c0), (r1, c1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if c0 == c1:
                inside ^= (columns > c0) & (np.minimum(r0, r1) < rows) & (rows < np.maximum(r0, r1))
    return inside


@pytest.mark.parametrize("seed", range(4))
def test_even_odd_filling_gives_back_any_mask(seed):
    mask = np.random.default_rng(seed).random((17, 23)) < 0.5
    np.testing.assert_array_equal(filled(outline_polygons(mask), mask.shape), mask)


def test_hole_is_a_polygon_of_its_own():
    mask = np.ones((7, 7), dtype=bool)
    mask[3, 3] = False
    assert sorted(len(polygon) for polygon in outline_polygons(mask)) == [4, 4]


def test_empty_mask_has_no_outline():
    assert outline_polygons(np.zeros((4, 4), dtype=bool)) == []


def test_mask_at_the_border_is_closed_outside_the_image():
    polygon = outline_polygons(np.ones((2, 3), dtype=bool))[0]
    assert polygon.min() == -0.5
    assert polygon.max(axis=0).tolist() == [1.5, 2.5]
