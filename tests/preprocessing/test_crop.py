import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from dlcs_core.preprocessing.crop import bounding_box, expand, oversize_warnings, place_frame
from dlcs_core.preprocessing.settings import PreprocessingSettings


@pytest.mark.parametrize("radius_px", [1.0, 2.5, 5.0, 7.3])
def test_expansion_keeps_what_the_distance_transform_keeps(radius_px):
    mask = np.random.default_rng(0).random((60, 70)) > 0.995
    mask[0, 0] = mask[-1, 30] = True
    expected = distance_transform_edt(~mask) <= radius_px
    np.testing.assert_array_equal(expand(mask, radius_px), expected)


def test_box_is_measured_between_outer_pixel_edges():
    mask = np.zeros((20, 20), dtype=bool)
    mask[4:10, 3:5] = True
    box = bounding_box(mask, (0.5, 2.0))
    assert box.size_mm == (3.0, 4.0)
    assert box.center_mm == (3.25, 7.0)


def test_frame_is_centered_on_the_box():
    mask = np.zeros((50, 50), dtype=bool)
    mask[10:21, 30:41] = True
    frame = place_frame(bounding_box(mask, (1.0, 1.0)), PreprocessingSettings())
    assert frame.origin_mm == (15 - 55.5, 35 - 55.5)


def test_only_a_tumor_larger_than_the_frame_is_warned_of():
    fits, exceeds = np.ones((102, 40), dtype=bool), np.ones((103, 40), dtype=bool)
    settings = PreprocessingSettings()
    assert oversize_warnings(bounding_box(fits, (1.0, 1.0)), settings) == ()
    (notice,) = oversize_warnings(bounding_box(exceeds, (1.0, 1.0)), settings)
    assert notice.code == "tumor_exceeds_frame"
    assert notice.values == {"needed_mm": 113.0, "frame_mm": 112.0}
