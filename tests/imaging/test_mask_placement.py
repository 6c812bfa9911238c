from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.mask_placement import place_mask
from dlcs_core.imaging.study import Grid

AXIAL = np.eye(3)[::-1]
"""Slice to the head, row to the back, column to the left: rows are directions in (x, y, z)."""


def make_grid(
    size, spacing=(5.0, 0.8, 0.7), origin=(-20.0, -30.0, 100.0), directions=AXIAL
) -> Grid:
    normal, row, column = (tuple(float(x) for x in direction) for direction in directions)
    first = float(np.dot(origin, normal))
    return Grid(
        size=tuple(size),
        spacing_mm=tuple(spacing),
        origin_mm=tuple(float(x) for x in origin),
        column_direction=column,
        row_direction=row,
        normal=normal,
        slice_positions_mm=tuple(first + k * spacing[0] for k in range(size[0])),
    )


IMAGE = make_grid((9, 40, 50))


def blob(grid: Grid, center_mm=(-4.0, -14.0, 118.0), radii_mm=(9.0, 7.0, 13.0)) -> np.ndarray:
    """An ellipsoid in patient space, sampled on a grid."""
    k, row, column = np.indices(grid.size)
    positions = (
        np.asarray(grid.origin_mm)
        + (k * grid.spacing_mm[0])[..., None] * np.asarray(grid.normal)
        + (row * grid.spacing_mm[1])[..., None] * np.asarray(grid.row_direction)
        + (column * grid.spacing_mm[2])[..., None] * np.asarray(grid.column_direction)
    )
    return (((positions - center_mm) / radii_mm) ** 2).sum(axis=-1) < 1


def place(source: Grid, mask: np.ndarray, grid: Grid = IMAGE):
    placed, notices = place_mask(source, dict(enumerate(mask)), grid)
    volume = np.stack([placed.plane(k) for k in range(grid.size[0])])
    return volume, [notice.code for notice in notices]


def resampled_by_itk(source: Grid, mask: np.ndarray, grid: Grid) -> np.ndarray:
    def to_itk(one: Grid, values: np.ndarray) -> sitk.Image:
        image = sitk.GetImageFromArray(values.astype(np.uint8))
        image.SetOrigin(one.origin_mm)
        image.SetSpacing(one.spacing_mm[::-1])
        columns = np.array([one.column_direction, one.row_direction, one.normal]).T
        image.SetDirection(columns.ravel().tolist())
        return image

    reference = to_itk(grid, np.zeros(grid.size))
    moved = sitk.Resample(
        to_itk(source, mask), reference, sitk.Transform(), sitk.sitkNearestNeighbor
    )
    return sitk.GetArrayFromImage(moved).astype(bool)


def rotation(degrees: float, axis: int) -> np.ndarray:
    angle = np.radians(degrees)
    turned = np.eye(3)
    i, j = [k for k in range(3) if k != axis]
    turned[[i, i, j, j], [i, j, i, j]] = [
        np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
    ]  # fmt: skip
    return turned


@pytest.mark.parametrize(
    ("order", "flips"),
    [
        (order, flips)
        for order in permutations(range(3))
        for flips in product((False, True), repeat=3)
    ],
)
def test_every_order_and_direction_of_stored_axes_is_copied_exactly(order, flips):
    mask = blob(IMAGE)
    stored = mask.transpose(order)[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    directions, spacing = AXIAL[list(order)].copy(), np.array(IMAGE.spacing_mm)[list(order)]
    origin = np.array(IMAGE.origin_mm)
    for axis in range(3):
        if flips[axis]:
            origin += (stored.shape[axis] - 1) * spacing[axis] * directions[axis]
            directions[axis] *= -1
    source = make_grid(stored.shape, spacing.tolist(), origin, directions)
    placed, codes = place(source, stored)
    np.testing.assert_array_equal(placed, mask)
    assert codes == []


def test_part_of_the_image_grid_is_copied_to_its_place():
    mask = blob(IMAGE)
    part = make_grid((6, 30, 30), origin=IMAGE.patient_position_mm(1, 8, 9))
    placed, codes = place(part, mask[1:7, 8:38, 9:39])
    np.testing.assert_array_equal(placed, mask)
    assert codes == []


def test_offset_within_rounding_is_a_copy():
    mask = blob(IMAGE)
    source = make_grid(IMAGE.size, origin=np.add(IMAGE.origin_mm, [0.01, -0.01, 0.05]))
    placed, codes = place(source, mask)
    np.testing.assert_array_equal(placed, mask)
    assert codes == []


@pytest.mark.parametrize(
    ("spacing", "size", "offset"),
    [
        ((2.5, 0.4, 0.35), (19, 81, 101), (0.03, 0.02, 0.1)),
        ((5.0, 1.1, 1.3), (9, 30, 30), (0.13, 0.21, 0.0)),
        ((7.3, 0.8, 0.7), (7, 40, 50), (0.0, 0.0, 1.17)),
        ((5.0, 0.8, 0.7), (9, 40, 50), (0.3, 0.0, 0.0)),
    ],
)
def test_other_spacing_takes_the_nearest_sample_as_simpleitk_does(spacing, size, offset):
    source = make_grid(size, spacing, np.add(IMAGE.origin_mm, offset))
    mask = blob(source)
    placed, codes = place(source, mask)
    np.testing.assert_array_equal(placed, resampled_by_itk(source, mask, IMAGE))
    assert codes == ["mask_resampled"]


@pytest.mark.parametrize(("degrees", "axis"), [(3.1, 0), (11.0, 1), (-7.7, 2), (44.0, 2)])
def test_oblique_grid_takes_the_nearest_sample_as_simpleitk_does(degrees, axis):
    directions = AXIAL @ rotation(degrees, axis)
    source = make_grid((14, 50, 60), (3.1, 0.83, 0.71), (-22.3, -33.1, 99.7), directions)
    mask = blob(source)
    placed, codes = place(source, mask)
    expected = resampled_by_itk(source, mask, IMAGE)
    assert expected.sum() > 500
    assert np.count_nonzero(placed != expected) <= 2
    assert codes == ["mask_resampled"]


def test_slices_without_an_image_slice_are_counted():
    taller = make_grid((12, 40, 50))
    mask = np.zeros(taller.size, dtype=bool)
    mask[5:, 10:20, 10:20] = True
    placed, codes = place(taller, mask)
    assert placed.sum() == 4 * 100
    _, notices = place_mask(taller, dict(enumerate(mask)), IMAGE)
    assert [dict(notice.values) for notice in notices] == [{"count": 3}]
    assert codes == ["mask_partly_outside_image"]


def test_slices_over_a_gap_of_the_image_are_counted():
    kept = [0, 1, 2, 5, 6, 7, 8]
    positions = tuple(IMAGE.slice_positions_mm[k] for k in kept)
    gapped = Grid(
        (7, 40, 50), IMAGE.spacing_mm, IMAGE.origin_mm, IMAGE.column_direction,
        IMAGE.row_direction, IMAGE.normal, positions,
    )  # fmt: skip
    mask = blob(IMAGE)
    placed, codes = place(IMAGE, mask, gapped)
    np.testing.assert_array_equal(placed, mask[kept])
    assert codes == ["mask_partly_outside_image"]


def test_mask_over_the_border_is_cut_and_told():
    wider = make_grid((9, 60, 70), origin=IMAGE.patient_position_mm(0, -10, -10))
    mask = np.zeros(wider.size, dtype=bool)
    mask[4, 5:30, 20:30] = True
    placed, codes = place(wider, mask)
    assert placed.sum() == 20 * 10
    assert codes == ["mask_cut_at_border"]


def test_finer_slices_take_the_one_nearest_to_the_image_slice():
    finer = make_grid((41, 40, 50), (1.0, 0.8, 0.7))
    mask = np.zeros(finer.size, dtype=bool)
    for k in range(41):
        mask[k, k % 40, :] = True
    placed, codes = place(finer, mask)
    assert [np.flatnonzero(plane.any(axis=1)).tolist() for plane in placed] == [
        [5 * k % 40] for k in range(9)
    ]
    assert codes == ["mask_resampled"]


def test_empty_mask_is_refused():
    with pytest.raises(ImagingError) as refusal:
        place(IMAGE, np.zeros(IMAGE.size, dtype=bool))
    assert refusal.value.code == "mask_is_empty"


@pytest.mark.parametrize("directions", [AXIAL, AXIAL @ rotation(10, 2)])
def test_mask_beside_the_image_is_refused(directions):
    far = make_grid(IMAGE.size, origin=(900.0, 0.0, 0.0), directions=directions)
    with pytest.raises(ImagingError) as refusal:
        place(far, np.ones(far.size, dtype=bool))
    assert refusal.value.code == "mask_outside_image"
