import numpy as np
import pytest

from dlcs_core.errors import PreprocessingError
from dlcs_core.preprocessing.intensity import window
from dlcs_core.preprocessing.pipeline import preprocess, preprocess_further
from dlcs_core.preprocessing.resample import resample_linear, sample_positions
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.preprocessing.slices import select_slices


@pytest.fixture
def ball():
    """A textured ball of tumour in a noisy block, 0.8 mm pixels, 5 mm slices."""
    rng = np.random.default_rng(7)
    image = rng.normal(60, 40, (9, 140, 150)).astype(np.float32)
    z, row, column = np.mgrid[0:9, 0:140, 0:150]
    mask = ((z - 4) * 5.0) ** 2 + ((row - 70) * 0.8) ** 2 + ((column - 80) * 0.8) ** 2 < 20**2
    return image, mask


def test_input_has_the_promised_shape_type_and_range(make_study, ball):
    result = preprocess(make_study(*ball))
    assert result.image.shape == result.mask.shape == (3, 112, 112)
    assert result.image.dtype == np.float32
    assert result.mask.dtype == np.uint8
    assert result.image.min() == 0.0
    assert result.image.max() <= 1.0
    assert result.slice_indices == (3, 4, 5)


def test_nothing_is_left_beyond_five_millimetres_of_the_outline(make_study, ball):
    result = preprocess(make_study(*ball))
    row, column = np.mgrid[0:112, 0:112] - 55.5
    beyond = np.hypot(row, column) > 20 + 5 + 2
    assert not result.image[:, beyond].any()
    open_image = preprocess(make_study(*ball), PreprocessingSettings(zero_outside=False)).image
    assert open_image[:, beyond].mean() > 0.3


def test_whole_tumor_is_kept_when_it_touches_the_border_of_the_image(make_study):
    image = np.full((3, 60, 60), 60.0, dtype=np.float32)
    mask = np.zeros(image.shape, dtype=bool)
    mask[:, :20, :30] = True
    result = preprocess(make_study(image, mask, spacing_mm=(5.0, 1.0, 1.0)))
    assert result.mask[1].sum() == 600
    assert (result.image[1][result.mask[1] == 1] == np.float32(0.5)).all()


def test_input_does_not_depend_on_how_much_of_the_slice_the_file_holds(make_study, ball):
    image, mask = ball
    whole = preprocess(make_study(image, mask))
    part = preprocess(make_study(image[1:, 15:135, 20:145], mask[1:, 15:135, 20:145]))
    np.testing.assert_allclose(whole.image, part.image, atol=1e-6)


def test_mirrored_studies_give_mirrored_inputs(make_study, ball):
    image, mask = ball
    straight = preprocess(make_study(image, mask))
    mirrored = preprocess(make_study(image[:, :, ::-1], mask[:, :, ::-1]))
    np.testing.assert_allclose(straight.image, mirrored.image[:, :, ::-1], atol=1e-5)


def test_inputs_are_not_modified(make_study, ball):
    image, mask = ball
    before = image.copy(), mask.copy()
    preprocess(make_study(image, mask))
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_neighbor_without_outline_keeps_the_pixels_at_the_key_outline(make_study, ball):
    image, mask = ball
    only_key = np.zeros_like(mask)
    only_key[4] = mask[4]
    result = preprocess(make_study(image, only_key))
    assert not result.mask[0].any()
    assert (result.image[0] > 0).sum() > 0.8 * (result.image[1] > 0).sum()


def test_settings_survive_the_manifest_and_refuse_strangers():
    settings = PreprocessingSettings(zero_outside=False)
    assert PreprocessingSettings.from_dict(settings.to_dict()) == settings
    with pytest.raises(PreprocessingError):
        PreprocessingSettings.from_dict({**settings.to_dict(), "slice_mm": 5})
    with pytest.raises(PreprocessingError):
        PreprocessingSettings.from_dict({**settings.to_dict(), "window_hu": [235, -115]})


def test_further_slices_are_those_beyond_the_neighbors_on_the_same_frame(make_study, ball):
    study = make_study(*ball)
    settings, selected = PreprocessingSettings(zero_outside=False), select_slices(study)
    seen = preprocess(study, settings, selected)
    further = preprocess_further(study, selected, seen, settings)
    for place, index in ((0, selected.key_slice_index - 2), (1, selected.key_slice_index + 2)):
        rows, columns = sample_positions(seen.frame, 112, selected.spacing_mm)
        expected = window(resample_linear(ball[0][index], rows, columns), settings.window_hu)
        np.testing.assert_array_equal(further[place], expected)


def test_further_slices_of_slabs_are_the_neighbors_again(make_study, ball):
    settings = PreprocessingSettings(slab_mm=5.0)
    study = make_study(*ball, (2.0, 0.8, 0.8))
    selected = select_slices(study)
    seen = preprocess(study, settings, selected)
    further = preprocess_further(study, selected, seen, settings)
    np.testing.assert_array_equal(further, seen.image[[0, 2]])


def test_further_slices_end_with_the_volume(make_study, ball):
    image, mask = ball
    study = make_study(image[3:6], mask[3:6])
    selected = select_slices(study)
    seen = preprocess(study, None, selected)
    further = preprocess_further(study, selected, seen, PreprocessingSettings())
    np.testing.assert_array_equal(further, seen.image[[0, 2]])
