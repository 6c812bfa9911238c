import base64
import zlib

import numpy as np
import pytest

from dlcs_core.figures.ct_overlay import CtSlice, ct_slice_figure, heat_rgba, outlines_mm, windowed
from dlcs_core.figures.png import data_png


@pytest.fixture
def shown():
    """A slice of 20 x 30 pixels with a tumour of 4 x 6 pixels."""
    image_hu = np.full((20, 30), 60, np.float32)
    mask = np.zeros((20, 30), bool)
    mask[8:12, 10:16] = True
    heat = np.where(mask, 1.0, 0.0)
    return CtSlice(4, True, image_hu, mask, heat, (1.0, 0.5))


def area_mm2(outline):
    """Area inside a closed outline (shoelace)."""
    x, y = outline
    return abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def test_the_outline_runs_along_pixel_edges(shown):
    (outline,) = outlines_mm(shown.mask, shown.spacing_mm)
    x, y = outline
    assert (x.min(), x.max()) == (9.5 * 0.5, 15.5 * 0.5)
    assert (y.min(), y.max()) == (7.5, 11.5)
    assert area_mm2(outline) == pytest.approx(shown.mask.sum() * 0.5)


def test_a_hole_has_an_outline_of_its_own():
    mask = np.ones((6, 6), bool)
    mask[2:4, 2:4] = False
    areas = sorted(area_mm2(outline) for outline in outlines_mm(mask, (1.0, 1.0)))
    assert areas == [4, 36]


def test_regions_that_touch_at_a_corner_are_closed_and_complete():
    mask = np.array([[True, False], [False, True]])
    outlines = outlines_mm(mask, (1.0, 1.0))
    assert all(x[0] == x[-1] and y[0] == y[-1] for x, y in outlines)
    assert sum(area_mm2(outline) for outline in outlines) == pytest.approx(2)


def test_outlines_hold_the_area_of_any_mask():
    mask = np.random.default_rng(2).random((12, 12)) > 0.5
    signed = sum(
        np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2 for x, y in outlines_mm(mask, (1.0, 1.0))
    )
    assert abs(signed) == pytest.approx(mask.sum())


def test_an_empty_mask_has_no_outline():
    assert outlines_mm(np.zeros((3, 3), bool), (1.0, 1.0)) == []


def test_heat_lies_over_the_outline_and_can_be_left_out(shown, names):
    assert names(ct_slice_figure(shown, opacity=0.5)) == ["Tumour outline", "Heat map"]
    assert names(ct_slice_figure(shown, opacity=0.0)) == ["Tumour outline"]


def test_heat_stands_at_its_place_in_mm(shown):
    heat = ct_slice_figure(shown, opacity=0.5).data[1]
    assert (heat.x[0], heat.x[-1]) == (10 * 0.5, 15 * 0.5)
    assert (heat.y[0], heat.y[-1]) == (8, 11)


def test_a_map_without_heat_draws_nothing_over_the_ct(shown, names):
    cold = CtSlice(4, True, shown.image_hu, shown.mask, shown.heat * 0, shown.spacing_mm)
    assert names(ct_slice_figure(cold, opacity=0.5)) == ["Tumour outline"]


def test_the_patients_left_is_on_the_right_and_the_front_on_top(shown):
    figure = ct_slice_figure(shown, opacity=0.0)
    assert [note.text for note in figure.layout.annotations] == ["R", "L"]
    top, bottom = figure.layout.yaxis.range[1], figure.layout.yaxis.range[0]
    assert bottom > top
    assert figure.layout.xaxis.range[0] < figure.layout.xaxis.range[1]


def test_the_field_is_centred_on_the_tumour(shown):
    figure = ct_slice_figure(shown, opacity=0.0, field_mm=8.0)
    left, right = figure.layout.xaxis.range
    assert (left + right) / 2 == pytest.approx(12.5 * 0.5)
    assert right - left == 8.0


def test_the_window_is_the_networks():
    grey = windowed(np.array([[-115.0, 60.0, 235.0, 1000.0]], np.float32))
    assert grey.tolist() == [[0, 128, 255, 255]]


def test_colours_are_transparent_where_there_is_no_heat():
    colors = heat_rgba(np.array([[0.0, 1.0]]), 0.4)
    assert colors[0, 0, 3] == 0
    assert colors[0, 1, 3] == 102


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 4)])
def test_the_image_can_be_read_back_from_its_address(shape):
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    content = base64.b64decode(data_png(pixels).split(",")[1])
    start = content.index(b"IDAT") + 4
    length = int.from_bytes(content[start - 8 : start - 4], "big")
    lines = np.frombuffer(zlib.decompress(content[start : start + length]), np.uint8)
    np.testing.assert_array_equal(lines.reshape(3, -1)[:, 1:].reshape(shape), pixels)
