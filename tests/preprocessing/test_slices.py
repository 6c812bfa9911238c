import numpy as np
import pytest

from dlcs_core.errors import PreprocessingError
from dlcs_core.preprocessing.slices import key_slice_index, neighbor_indices, select_slices


def _stack(areas: list[int]) -> tuple[np.ndarray, np.ndarray]:
    image = np.zeros((len(areas), 40, 40), dtype=np.float32)
    image += np.arange(len(areas), dtype=np.float32)[:, None, None]
    mask = np.zeros(image.shape, dtype=bool)
    for plane, side in zip(mask, areas, strict=True):
        plane[5 : 5 + side, 5 : 5 + side] = True
    return image, mask


def test_key_slice_is_the_largest_and_the_lowest_on_a_tie():
    assert key_slice_index(np.array([1, 4, 9, 9, 3])) == 2


def test_a_mask_without_pixels_is_refused():
    with pytest.raises(PreprocessingError) as refusal:
        key_slice_index(np.zeros(5, dtype=np.int64))
    assert refusal.value.code == "mask_without_pixels"


@pytest.mark.parametrize(
    ("key", "n_slices", "expected"),
    [(0, 9, (0, 0, 1)), (8, 9, (7, 8, 8)), (4, 9, (3, 4, 5)), (0, 1, (0, 0, 0))],
)
def test_a_missing_neighbor_is_replaced_by_the_key_slice(key, n_slices, expected):
    assert neighbor_indices(key, n_slices) == expected


def test_only_the_three_slices_are_decoded(make_study):
    image, mask = _stack([0, 2, 4, 6, 4, 2, 0])
    read = []
    study = make_study(image, mask)
    volume = study.volume
    reader = volume.read_slice_hu
    object.__setattr__(volume, "read_slice_hu", lambda i: (read.append(i), reader(i))[1])
    selected = select_slices(study)
    assert read == [2, 3, 4]
    assert selected.image_hu[:, 0, 0].tolist() == [2, 3, 4]
    assert selected.warnings == ()


def test_a_key_slice_at_the_edge_is_a_warning(make_study):
    image, mask = _stack([6, 4, 2])
    selected = select_slices(make_study(image, mask))
    assert selected.slice_indices == (0, 0, 1)
    assert [notice.code for notice in selected.warnings] == ["key_slice_at_edge"]


@pytest.mark.parametrize("gap", [2, 3, 4, 5])
def test_a_gap_among_or_next_to_the_three_slices_is_refused(make_study, gap):
    image, mask = _stack([0, 0, 2, 4, 6, 4, 2, 0, 0])
    with pytest.raises(PreprocessingError) as refusal:
        select_slices(make_study(image, mask, gaps=(gap,)))
    assert refusal.value.code == "gap_near_tumor"


@pytest.mark.parametrize("gap", [1, 6])
def test_a_gap_elsewhere_is_accepted(make_study, gap):
    image, mask = _stack([0, 0, 2, 4, 6, 4, 2, 0, 0])
    assert select_slices(make_study(image, mask, gaps=(gap,))).key_slice_index == 4
