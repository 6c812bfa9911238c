import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.polygons import fill_polygons, mask_from_polygons
from dlcs_core.imaging.study import Grid

SHAPE = (40, 50)
GRID = Grid(
    size=(3, *SHAPE),
    spacing_mm=(5.0, 0.8, 0.8),
    origin_mm=(0.0, 0.0, 0.0),
    column_direction=(1.0, 0.0, 0.0),
    row_direction=(0.0, 1.0, 0.0),
    normal=(0.0, 0.0, 1.0),
    slice_positions_mm=(0.0, 5.0, 10.0),
)


def rectangle(top: float, left: float, bottom: float, right: float) -> np.ndarray:
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]], dtype=float)


def circle(center: tuple[float, float], radius: float, n_vertices: int = 180) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, n_vertices, endpoint=False)
    return np.stack(
        [center[0] + radius * np.sin(angle), center[1] + radius * np.cos(angle)], axis=1
    )


def shoelace_area(ring: np.ndarray) -> float:
    row, column = ring.T
    return 0.5 * abs(np.dot(row, np.roll(column, 1)) - np.dot(column, np.roll(row, 1)))


def even_odd_by_definition(rings: list[np.ndarray], row: int, column: int) -> bool:
    """Crossing number of the ray towards lower columns, one pixel and one edge at a time."""
    crossings = 0
    for ring in rings:
        for (row0, column0), (row1, column1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if (row0 <= row) != (row1 <= row):
                crossings += column0 + (row - row0) * (column1 - column0) / (row1 - row0) <= column
    return crossings % 2 == 1


def test_rectangle_between_pixel_centres_holds_the_centres_inside():
    plane = fill_polygons([rectangle(2.5, 3.5, 5.5, 9.5)], SHAPE)
    expected = np.zeros(SHAPE, dtype=bool)
    expected[3:6, 4:10] = True
    np.testing.assert_array_equal(plane, expected)


def test_centre_on_an_outline_is_inside_on_the_low_side_only():
    plane = fill_polygons([rectangle(2, 3, 5, 9)], SHAPE)
    expected = np.zeros(SHAPE, dtype=bool)
    expected[2:5, 3:9] = True
    np.testing.assert_array_equal(plane, expected)


def test_centre_on_an_outline_up_to_decimal_rounding_counts_as_on_it():
    jitter = np.array([[3e-7, -4e-7], [-2e-7, 3e-7], [1e-7, 4e-7], [-3e-7, 2e-7]])
    np.testing.assert_array_equal(
        fill_polygons([rectangle(2, 3, 5, 9) + jitter], SHAPE),
        fill_polygons([rectangle(2, 3, 5, 9)], SHAPE),
    )


def test_polygons_that_share_an_edge_share_no_pixel_and_leave_none_out():
    left, right = rectangle(4, 4, 20, 12), rectangle(4, 12, 20, 30)
    both = fill_polygons([left], SHAPE).astype(int) + fill_polygons([right], SHAPE)
    np.testing.assert_array_equal(both, fill_polygons([rectangle(4, 4, 20, 30)], SHAPE))


def test_inner_polygon_is_a_hole_in_either_direction_of_drawing():
    outer, inner = circle((20, 25), 15), circle((20, 25), 7)
    expected = fill_polygons([outer], SHAPE) & ~fill_polygons([inner], SHAPE)
    for hole in (inner, inner[::-1]):
        np.testing.assert_array_equal(fill_polygons([outer, hole], SHAPE), expected)


def test_island_within_a_hole_is_filled():
    rings = [circle((20, 25), 15), circle((20, 25), 10), circle((20, 25), 4)]
    plane = fill_polygons(rings, SHAPE)
    assert plane[20, 25]
    assert not plane[20, 32]
    assert plane[20, 37]


def test_keyhole_contour_keeps_its_hole():
    outer, inner = rectangle(2.5, 2.5, 30.5, 40.5), rectangle(10.5, 10.5, 20.5, 20.5)
    keyhole = np.vstack([outer, outer[:1], inner[::-1][-1:], inner[::-1], outer[:1]])
    np.testing.assert_array_equal(
        fill_polygons([keyhole], SHAPE), fill_polygons([outer, inner], SHAPE)
    )


def test_explicitly_closed_polygon_equals_the_open_one():
    ring = circle((18.3, 22.1), 9.7)
    np.testing.assert_array_equal(
        fill_polygons([np.vstack([ring, ring[:1]])], SHAPE), fill_polygons([ring], SHAPE)
    )


@pytest.mark.parametrize("shift", [(-15, 0), (15, 0), (0, -20), (0, 20), (-15, -20), (60, 60)])
def test_polygon_over_the_border_is_cut_there(shift):
    ring = circle((20, 25), 12) + shift
    padded = fill_polygons([ring + 100], (SHAPE[0] + 200, SHAPE[1] + 200))
    np.testing.assert_array_equal(fill_polygons([ring], SHAPE), padded[100:140, 100:150])


def test_polygon_around_the_slice_fills_it():
    assert fill_polygons([rectangle(-1e12, -1e12, 1e12, 1e12)], SHAPE).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(-8, 88), st.integers(-8, 108)).map(
                lambda point: (point[0] / 2, point[1] / 2)
            ),
            min_size=3,
            max_size=9,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_fill_equals_the_crossing_number_of_every_pixel(vertices):
    rings = [np.array(ring, dtype=float) for ring in vertices]
    small = (18, 22)
    expected = [
        [even_odd_by_definition(rings, row, column) for column in range(small[1])]
        for row in range(small[0])
    ]
    np.testing.assert_array_equal(fill_polygons(rings, small), expected)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(15, 25),
    st.floats(18, 30),
    st.floats(3, 14),
    st.lists(st.floats(0.7, 1), min_size=5, max_size=40),
)
def test_pixel_count_is_the_area_within_the_outline_length(row, column, radius, spokes):
    angle = np.linspace(0, 2 * np.pi, len(spokes), endpoint=False)
    reach = radius * np.array(spokes)
    ring = np.stack([row + reach * np.sin(angle), column + reach * np.cos(angle)], axis=1)
    outline = np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1).sum()
    count = int(fill_polygons([ring], SHAPE).sum())
    assert abs(count - shoelace_area(ring)) <= outline


def test_mean_pixel_count_of_shifted_circles_is_the_area():
    generator = np.random.default_rng(7)
    ring = circle((20, 25), 9.3)
    counts = [
        fill_polygons([ring + generator.uniform(-0.5, 0.5, 2)], SHAPE).sum() for _ in range(300)
    ]
    assert np.mean(counts) == pytest.approx(shoelace_area(ring), rel=2e-3)


def test_mask_from_polygons_keeps_only_slices_with_pixels():
    mask = mask_from_polygons(GRID, {0: [circle((20, 25), 5)], 2: [circle((90, 90), 5)]})
    assert list(mask.planes) == [0]
    assert mask.size == GRID.size


def test_mask_from_polygons_without_a_pixel_is_refused():
    with pytest.raises(ImagingError) as refusal:
        mask_from_polygons(GRID, {1: [rectangle(3.1, 3.1, 3.2, 3.2)]})
    assert refusal.value.code == "mask_is_empty"


@pytest.mark.parametrize(
    "polygons",
    [
        {3: [rectangle(1, 1, 5, 5)]},
        {-1: [rectangle(1, 1, 5, 5)]},
        {0: [np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, 4.0]])]},
        {0: [np.array([[1.0, 2.0], [np.inf, 3.0], [4.0, 4.0]])]},
        {0: [np.zeros((4, 3))]},
        {0: [np.zeros(4)]},
    ],
)
def test_malformed_polygons_are_refused(polygons):
    with pytest.raises(ImagingError) as refusal:
        mask_from_polygons(GRID, polygons)
    assert refusal.value.code == "polygon_malformed"
