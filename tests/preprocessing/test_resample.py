import numpy as np
import SimpleITK as sitk

from dlcs_core.preprocessing.model_input import InputFrame
from dlcs_core.preprocessing.resample import (
    OUTSIDE_HU,
    resample_linear,
    resample_nearest,
    sample_positions,
)


def _simpleitk(array, frame, spacing_mm, interpolator, outside):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((spacing_mm[1], spacing_mm[0]))
    return sitk.GetArrayFromImage(
        sitk.Resample(
            image,
            (112, 112),
            sitk.Transform(),
            interpolator,
            (frame.origin_mm[1], frame.origin_mm[0]),
            (1.0, 1.0),
            (1.0, 0.0, 0.0, 1.0),
            outside,
        )
    )


def test_linear_resampling_equals_simpleitk_on_the_same_grid():
    rng = np.random.default_rng(3)
    slice_hu = rng.normal(40, 80, (150, 170)).astype(np.float32)
    frame, spacing_mm = InputFrame((4.3, -17.2), 1.0), (0.71, 0.83)
    ours = resample_linear(slice_hu, *sample_positions(frame, 112, spacing_mm))
    theirs = _simpleitk(slice_hu, frame, spacing_mm, sitk.sitkLinear, OUTSIDE_HU)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert (ours == OUTSIDE_HU).any()


def test_nearest_resampling_equals_simpleitk_on_the_same_grid():
    rng = np.random.default_rng(4)
    mask = rng.random((150, 170)) > 0.5
    frame, spacing_mm = InputFrame((4.317, -17.291), 1.0), (0.71, 0.83)
    ours = resample_nearest(mask, *sample_positions(frame, 112, spacing_mm))
    theirs = _simpleitk(mask.astype(np.uint8), frame, spacing_mm, sitk.sitkNearestNeighbor, 0)
    np.testing.assert_array_equal(ours, theirs.astype(bool))


def test_a_linear_ramp_is_reproduced_exactly():
    rows, columns = np.mgrid[0:200, 0:240].astype(np.float32)
    frame = InputFrame((20.0, 30.0), 1.0)
    sampled = resample_linear(3 * rows - 2 * columns, *sample_positions(frame, 112, (0.8, 0.7)))
    expected = 3 * (20 + np.arange(112))[:, None] / 0.8 - 2 * (30 + np.arange(112)) / 0.7
    np.testing.assert_allclose(sampled, expected, atol=1e-3)


def test_spacing_rounded_to_32_bits_moves_no_mask_pixel():
    rng = np.random.default_rng(5)
    mask = rng.random((200, 220)) > 0.5
    frame = InputFrame((90 * 0.9 - 55.5, 105 * 0.6 - 55.5), 1.0)
    exact, rounded = (0.9, 0.6), (float(np.float32(0.9)), float(np.float32(0.6)))
    np.testing.assert_array_equal(
        resample_nearest(mask, *sample_positions(frame, 112, exact)),
        resample_nearest(mask, *sample_positions(frame, 112, rounded)),
    )


def test_samples_on_the_border_of_the_slice_are_air_for_image_and_mask_alike():
    slice_hu, mask = np.full((112, 8), 40, np.float32), np.ones((112, 8), bool)
    rows, columns = np.array([-0.5, 0.0, 111.5]), np.arange(8.0)
    inside = resample_linear(slice_hu, rows, columns) == 40
    np.testing.assert_array_equal(inside, resample_nearest(mask, rows, columns))
    np.testing.assert_array_equal(inside[:, 0], [True, True, False])
