import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.label_values import MAX_LABELS, distinct_values, label_planes


def stored(values) -> np.ndarray:
    """One slice of the given values, indexed (i, j, k) as files store them."""
    return np.asarray(values).reshape(-1, 1, 1)


def refusal_code(values, slope=1.0, intercept=0.0) -> str:
    with pytest.raises(ImagingError) as refusal:
        label_planes(stored(values), slope, intercept)
    return refusal.value.code


def test_only_slices_with_labels_are_kept():
    voxels = np.zeros((4, 5, 6), dtype=np.int16)
    voxels[1, 2, 3] = 7
    found = label_planes(voxels, 1.0, 0.0)
    assert list(found.planes) == [3]
    assert found.planes[3].shape == (5, 4)
    assert found.planes[3][2, 1] == 7
    assert found.labels == {7}


def test_scaling_is_applied_before_values_are_judged():
    assert label_planes(stored([0, 4, 6]), 0.5, 1.0).labels == {1, 3, 4}
    assert refusal_code([0, 4, 6], 0.25, 1.0) == "mask_values_not_labels"
    assert refusal_code([0, 4, 6], -1.0, 0.0) == "mask_is_an_image"
    assert refusal_code([0, 4, 6], 1e308, 0.0) == "mask_values_not_labels"


def test_floating_point_noise_on_whole_numbers_is_no_share():
    found = label_planes(stored([0.0, 1.0000001, 2.9999999]), 1.0, 0.0)
    assert found.labels == {1, 3}
    assert found.warnings == ()


def test_shares_beside_whole_slices_make_a_probability_map():
    voxels = np.zeros((2, 1, 3), dtype=np.float64)
    voxels[:, 0, 0] = [0.2, 0.5]
    voxels[:, 0, 2] = 1.0
    found = label_planes(voxels, 1.0, 0.0)
    assert {index: plane.ravel().tolist() for index, plane in found.planes.items()} == {
        0: [False, True],
        2: [True, True],
    }
    assert [notice.code for notice in found.warnings] == ["mask_fractional"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.array([0, 2**40], dtype=np.int64), "mask_values_not_labels"),
        (np.array([0, 2**64 - 1], dtype=np.uint64), "mask_values_not_labels"),
        (np.array([0.0, 1e300]), "mask_values_not_labels"),
        (np.array([0.5, 1.5]), "mask_values_not_labels"),
        (np.array([0.5, np.nan]), "mask_values_not_labels"),
        (np.array([-1, 0, 1], dtype=np.int8), "mask_is_an_image"),
        (np.arange(MAX_LABELS + 2), "mask_is_an_image"),
    ],
)
def test_values_that_are_no_labels_are_refused(values, code):
    assert refusal_code(values) == code


@pytest.mark.parametrize("largest", [9, 300, 2**19, 2**30])
def test_distinct_values_equal_those_of_numpy(largest):
    values = np.random.default_rng(2).integers(0, largest, (30, 20))
    assert distinct_values(values) == np.unique(values).tolist()
