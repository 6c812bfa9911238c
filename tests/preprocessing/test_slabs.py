from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from dlcs_core.errors import PreprocessingError
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.preprocessing.slabs import average_slabs, make_slabs, slab_slices, uses_slabs
from dlcs_core.preprocessing.slices import select_slices

SLAB_MM = 5.0
RNG = np.random.default_rng(0)


def thin_study(make_study, spacing_mm=1.0, n_slices=31, key=15, gaps=()):
    image = RNG.normal(60, 20, (n_slices, 40, 40)).astype(np.float32)
    mask = np.zeros(image.shape, dtype=bool)
    mask[max(key - 9, 0) : key + 10, 12:28, 12:28] = True
    mask[key, 10:30, 12:28] = True
    return make_study(image, mask, (spacing_mm, 0.8, 0.8), gaps), image


def test_slabs_of_thin_slices_are_the_means_of_five(make_study):
    study, image = thin_study(make_study)
    slabs = average_slabs(study, select_slices(study), SLAB_MM)
    assert slabs.slice_indices == (10, 15, 20)
    expected = [image[first : first + 5].mean(axis=0) for first in (8, 13, 18)]
    np.testing.assert_allclose(slabs.image_hu, expected, rtol=1e-5)
    assert slabs.warnings == ()


@pytest.mark.parametrize("spacing_mm", [0.625, 1.0, 1.25, 2.0, 2.5, 3.0, 4.0])
def test_a_slab_is_the_integral_over_its_thickness(make_study, spacing_mm):
    # SimpleITK averages a staircase of very thin slices; a slab must give the same.
    study, image = thin_study(make_study, spacing_mm, 41, 20)
    fine_mm = 0.005
    steps = np.arange(-7.5 + fine_mm / 2, 7.5, fine_mm)
    column = sitk.GetImageFromArray(np.ascontiguousarray(image[:, 20, 20])[None])
    column.SetSpacing((spacing_mm, 1.0))
    reader = [
        float(column.GetPixel(column.TransformPhysicalPointToIndex((20 * spacing_mm + at, 0.0))))
        for at in steps
    ]
    expected = np.array(reader).reshape(3, -1).mean(axis=1)
    slabs = average_slabs(study, select_slices(study), SLAB_MM)
    np.testing.assert_allclose(slabs.image_hu[:, 20, 20], expected, atol=0.15)


@pytest.mark.parametrize("spacing_mm", [4.95, 5.0, 5.2, 7.0])
def test_slices_as_thick_as_the_slab_are_taken_as_they_are(make_study, spacing_mm):
    study, _ = thin_study(make_study, spacing_mm, 9, 4)
    selected = select_slices(study)
    assert not uses_slabs(spacing_mm, SLAB_MM)
    assert average_slabs(study, selected, SLAB_MM) is selected


def test_without_a_slab_thin_slices_stay_single_slices(make_study):
    study, image = thin_study(make_study)
    assert preprocess(study).slice_indices == (14, 15, 16)
    with_slabs = preprocess(study, PreprocessingSettings(slab_mm=SLAB_MM))
    assert with_slabs.slice_indices == (10, 15, 20)
    assert with_slabs.key_slice_index == 15
    inside = with_slabs.mask[1] > 0
    assert with_slabs.image[1][inside].std() < 0.6 * preprocess(study).image[1][inside].std()
    assert image.std() == pytest.approx(20, rel=0.02)


def test_noise_of_a_slab_falls_with_the_number_of_slices(make_study):
    study, _ = thin_study(make_study)
    slabs = average_slabs(study, select_slices(study), SLAB_MM)
    assert slabs.image_hu.std() == pytest.approx(20 / np.sqrt(5), rel=0.05)


def test_mask_of_a_slab_goes_by_its_majority(make_study):
    study, _ = thin_study(make_study)
    mask = average_slabs(study, select_slices(study), SLAB_MM).mask
    assert mask[1].sum() == 16 * 16  # the key slice alone is larger
    assert mask[0].sum() == mask[2].sum() == 16 * 16


@pytest.mark.parametrize(("key", "side"), [(2, 0), (28, 2)])
def test_a_slab_beyond_the_volume_is_the_key_slab_and_warned_of(make_study, key, side):
    study, _ = thin_study(make_study, key=key)
    slabs = average_slabs(study, select_slices(study), SLAB_MM)
    assert slabs.slice_indices[side] == key
    np.testing.assert_array_equal(slabs.image_hu[side], slabs.image_hu[1])
    assert [warning.code for warning in slabs.warnings] == ["slab_incomplete"]


def test_a_slab_more_than_half_covered_is_the_mean_of_what_there_is(make_study):
    study, image = thin_study(make_study, key=5)
    slabs = average_slabs(study, select_slices(study), SLAB_MM)
    np.testing.assert_allclose(slabs.image_hu[0], image[0:3].mean(axis=0), rtol=1e-5)
    assert slabs.warnings == ()


def test_a_slab_does_not_reach_across_missing_slices(make_study):
    study, _ = thin_study(make_study, gaps=(18,))
    _, around, above = make_slabs(study.volume.grid, 15, SLAB_MM, study.volume.gaps)
    assert set(around.weights) == {13, 14, 15, 16, 17}
    assert above is None


def test_only_the_slices_of_the_slabs_are_decoded(make_study):
    study, image = thin_study(make_study, 3.0, 21, 10)
    decoded = []

    def read(index):
        decoded.append(index)
        return image[index]

    study = replace(study, volume=replace(study.volume, read_slice_hu=read))
    selected = select_slices(study)
    decoded.clear()
    average_slabs(study, selected, SLAB_MM)
    assert decoded == [8, 9, 10, 11, 12] == list(slab_slices(study, 10, SLAB_MM))
    assert slab_slices(study, 10, 0.0) == ()


def test_manifest_names_the_slab_only_where_there_is_one():
    assert "slab_mm" not in PreprocessingSettings().to_dict()
    settings = PreprocessingSettings(slab_mm=SLAB_MM)
    assert PreprocessingSettings.from_dict(settings.to_dict()) == settings
    for wrong in (-1, 5.5, "5", True):
        with pytest.raises(PreprocessingError):
            PreprocessingSettings.from_dict({**settings.to_dict(), "slab_mm": wrong})


def test_a_single_slice_is_its_own_slab(make_study):
    study, image = thin_study(make_study, n_slices=1, key=0)
    slabs = average_slabs(study, select_slices(study), SLAB_MM)
    np.testing.assert_allclose(slabs.image_hu, np.stack([image[0]] * 3))
    assert [warning.code for warning in slabs.warnings][-1] == "slab_incomplete"
