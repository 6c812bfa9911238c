import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlcs_core.preprocessing.measurements import feret_diameter_mm, measure


def _all_corner_distance(mask, spacing_mm):
    rows, columns = np.nonzero(mask)
    corners = np.concatenate(
        [
            np.stack([(rows + a) * spacing_mm[0], (columns + b) * spacing_mm[1]], axis=1)
            for a in (-0.5, 0.5)
            for b in (-0.5, 0.5)
        ]
    )
    return max(np.hypot(*(corners - corner).T).max() for corner in corners)


@given(
    mask=arrays(bool, (7, 9), elements=st.booleans()).filter(lambda mask: mask.any()),
    spacing_mm=st.tuples(st.floats(0.3, 2), st.floats(0.3, 2)),
)
def test_feret_diameter_is_the_largest_distance_of_any_two_corners(mask, spacing_mm):
    expected = _all_corner_distance(mask, spacing_mm)
    np.testing.assert_allclose(feret_diameter_mm(mask, spacing_mm), expected, rtol=1e-12)


def test_measurements_of_a_known_block(make_study):
    image = np.full((5, 50, 60), 30.0, dtype=np.float32)
    mask = np.zeros(image.shape, dtype=bool)
    mask[2, 10:20, 20:24] = True
    mask[3, 10:12, 20:24] = True
    image[2, 10:20, 20:22] = 110.0
    facts = measure(make_study(image, mask, spacing_mm=(5.0, 0.5, 2.0)))
    assert facts.key_slice_index == 2
    assert facts.slice_indices == (1, 2, 3)
    assert facts.key_slice_position_mm == 10.0
    assert facts.mask_area_mm2 == 40.0
    assert facts.bounding_box_mm == (5.0, 8.0)
    assert facts.feret_diameter_mm == np.hypot(5.0, 8.0)
    assert facts.mean_hu == 70.0
    assert facts.sop_instance_uids == (None, None, None)
