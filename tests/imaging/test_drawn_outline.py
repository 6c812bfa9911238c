"""A drawing is taken only as what it says it is, pixel by pixel."""

import json

import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.drawn_outline import drawing_of, mask_from_drawing
from dlcs_core.imaging.polygons import mask_from_polygons
from dlcs_core.imaging.study import Grid, Mask

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture
def grid():
    positions = tuple(5.0 * i for i in range(6))
    return Grid((6, 40, 50), (5.0, 0.8, 0.8), (0.0, 0.0, 0.0), *AXES, positions)


def test_painted_pixels_come_back_as_they_were(grid):
    rng = np.random.default_rng(4)
    planes = {k: rng.random((40, 50)) < 0.3 for k in (0, 3, 5)}
    planes[3][-1, -1] = planes[3][0, 0] = True
    sent = json.loads(json.dumps(drawing_of(Mask(grid.size, planes))))
    taken = mask_from_drawing(grid, sent)
    assert sorted(taken.planes) == [0, 3, 5]
    assert all(np.array_equal(taken.plane(k), plane) for k, plane in planes.items())


def test_polygons_are_filled_as_everywhere_else(grid):
    ring = [3.2, 4.1, 30.77, 8.5, 20.0, 44.25]
    expected = mask_from_polygons(grid, {2: [np.reshape(ring, (-1, 2))]})
    count = int(expected.pixel_counts()[2])
    taken = mask_from_drawing(grid, {"2": {"rings": [ring], "count": count}})
    assert np.array_equal(taken.plane(2), expected.plane(2))


def test_a_browser_that_filled_another_number_of_pixels_is_not_believed(grid):
    ring = [3.0, 4.0, 30.0, 8.0, 20.0, 44.0]
    with pytest.raises(ImagingError) as refusal:
        mask_from_drawing(grid, {"2": {"rings": [ring], "count": 1}})
    assert refusal.value.code == "outline_fill_differs"


def test_nothing_drawn_is_an_empty_mask(grid):
    assert mask_from_drawing(grid, {}).planes == {}


RING = [1.0, 1.0, 9.0, 1.0, 9.0, 9.0]


@pytest.mark.parametrize(
    "drawing",
    [
        None,
        [],
        "12",
        {"6": {"runs": [0, 1], "count": 1}},
        {"-1": {"runs": [0, 1], "count": 1}},
        {"٣": {"runs": [0, 1], "count": 1}},
        {"1": None},
        {"1": {"count": 0}},
        {"1": {"rings": [RING], "runs": [0, 1], "count": 1}},
        {"1": {"runs": [0], "count": 0}},
        {"1": {"runs": [1999, 2], "count": 1}},
        {"1": {"runs": [-1, 2], "count": 1}},
        {"1": {"runs": [0.5, 2], "count": 2}},
        {"1": {"runs": [True, 2], "count": 2}},
        {"1": {"runs": "ab", "count": 2}},
        {"1": {"rings": "ab", "count": 2}},
        {"1": {"rings": [RING[:5]], "count": 2}},
        {"1": {"rings": [RING[:4]], "count": 2}},
        {"1": {"rings": [[*RING[:5], float("nan")]], "count": 2}},
        {"1": {"rings": [[*RING[:5], "9"]], "count": 2}},
        {"1": {"rings": [[*RING[:5], 10**400]], "count": 2}},
    ],
    ids=str,
)
def test_what_is_no_drawing_of_this_image_is_refused(grid, drawing):
    with pytest.raises(ImagingError) as refusal:
        mask_from_drawing(grid, drawing)
    assert refusal.value.code in ("polygon_malformed", "outline_fill_differs")
