"""Every stored frame of axes lands on the canonical one without moving a voxel in the patient."""

from itertools import permutations, product

import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.geometry import axis_map, check_orthogonal, stack_grid

SIZE = (3, 4, 5)
SPACING = (5.0, 0.8, 0.7)
HEAD, POSTERIOR, LEFT = np.eye(3)[::-1]


def rotation(generator, degrees):
    """A rotation about a random axis (Rodrigues)."""
    x, y, z = (axis := generator.normal(size=3)) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def stack(directions):
    """Grid, axes and the patient position of every stored voxel of a stack."""
    origin = np.array([10.0, -20.0, 30.0])
    positions = origin + np.arange(SIZE[0])[:, None] * SPACING[0] * directions[0]
    grid, axes = stack_grid(positions, directions, SIZE[1:], SPACING)
    index = np.indices(SIZE).reshape(3, -1).T
    places = origin + (index * SPACING) @ directions
    return grid, axes, places.reshape(*SIZE, 3)


def all_frames():
    for order, signs in product(permutations(range(3)), product([1, -1], repeat=3)):
        yield np.array([HEAD, POSTERIOR, LEFT])[list(order)] * np.array(signs)[:, None]


@pytest.mark.parametrize("degrees", [0, 10, 25])
def test_voxels_keep_their_place_in_the_patient(degrees):
    generator = np.random.default_rng(degrees)
    for frame in all_frames():
        directions = frame @ rotation(generator, degrees).T
        grid, axes, places = stack(directions)
        turned = np.stack([axes.volume(places[..., axis]) for axis in range(3)], axis=-1)
        assert turned.shape[:3] == grid.size
        for index in np.ndindex(*grid.size):
            found = grid.patient_position_mm(*index)
            np.testing.assert_allclose(found, turned[index], atol=1e-9)


def test_directions_are_the_nearest_to_head_posterior_and_left():
    generator = np.random.default_rng(1)
    for frame in all_frames():
        grid, _, _ = stack(frame @ rotation(generator, 20).T)
        assert np.dot(grid.normal, HEAD) > 0.9
        assert np.dot(grid.row_direction, POSTERIOR) > 0.9
        assert np.dot(grid.column_direction, LEFT) > 0.9
        assert (np.diff(grid.slice_positions_mm) > 0).all()


def test_a_plane_is_the_slice_of_the_volume_where_slices_stay_slices():
    stored = np.arange(60).reshape(SIZE)
    kept = 0
    for frame in all_frames():
        axes = axis_map(frame)
        if not axes.keeps_slices:
            continue
        kept += 1
        for index in range(SIZE[0]):
            plane = axes.plane(stored[axes.stored_slice(index, SIZE[0])])
            np.testing.assert_array_equal(plane, axes.volume(stored)[index])
    assert kept == 16


@pytest.mark.parametrize("spoil", [0.01, np.nan, np.inf])
def test_axes_that_are_not_at_right_angles_are_refused(spoil):
    directions = np.array([HEAD, POSTERIOR, LEFT]).copy()
    directions[0, 0] += spoil
    with np.errstate(invalid="ignore"), pytest.raises(ImagingError) as refusal:
        check_orthogonal(directions)
    assert refusal.value.code == "grid_not_orthogonal"


def test_axes_that_are_rounded_are_accepted():
    check_orthogonal(np.array([HEAD, POSTERIOR, LEFT]) + 1e-4)
