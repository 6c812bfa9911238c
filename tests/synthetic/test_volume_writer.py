import nibabel
import numpy as np
import pytest

from dlcs_core.imaging.study_reading import read_study
from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.phantoms import make_phantom
from dlcs_core.synthetic.records import patient_id
from dlcs_core.synthetic.volume_writer import write_nifti_case

SEED = 7


@pytest.fixture(params=[0, 6, 7])
def written(request, nifti_cohort, patients):
    folder = nifti_cohort[0] / patient_id(request.param)
    return folder, make_phantom(patients, request.param, SEED)


def test_image_lies_where_the_phantom_lies_in_patient_space(written):
    folder, phantom = written
    image, scan = nibabel.load(folder / "image.nii.gz"), phantom.acquisition
    rows, columns = phantom.tumor_window()
    corner = (scan.x_mm[columns][0], scan.y_mm[rows][0], scan.z_mm(phantom.key_slice_number - 2))
    # NIfTI's world is RAS, the phantom's LPS.
    np.testing.assert_allclose(image.affine[:3, 3] * (-1, -1, 1), corner, atol=1e-3)
    spacing = (-scan.pixel_mm, -scan.pixel_mm, scan.scanner.slice_mm)
    np.testing.assert_allclose(image.affine[:3, :3], np.diag(spacing), atol=1e-6)
    assert image.get_data_dtype() == np.int16


def test_mask_is_the_outline_on_the_images_grid(written):
    folder, phantom = written
    image, mask = (nibabel.load(folder / f"{name}.nii.gz") for name in ("image", "mask"))
    np.testing.assert_array_equal(image.affine, mask.affine)
    stored = np.asarray(mask.dataobj).transpose(2, 1, 0)
    window, key = phantom.tumor_window(), phantom.key_slice_number
    for k, number in enumerate(range(key - 2, key + 3)):
        np.testing.assert_array_equal(stored[k] > 0, phantom.outline(number)[window])


def test_reader_finds_the_key_slice_in_the_middle(written):
    folder, _ = written
    study = read_study(folder / "image.nii.gz", folder / "mask.nii.gz")
    assert study.volume.grid.size[0] == 5
    assert np.argmax(study.mask.pixel_counts()) == 2
    assert study.warnings == ()


def test_thin_slices_reach_as_far_as_three_slabs_of_the_usual_thickness(tmp_path):
    drawn = draw_patients(40, SEED, centers=6)
    thin = int(np.flatnonzero(drawn.center == "E4")[0])
    image, _ = write_nifti_case(make_phantom(drawn, thin, SEED), (SEED, thin), tmp_path)
    spacing, slices = nibabel.load(image).header.get_zooms()[2], nibabel.load(image).shape[2]
    assert spacing == 1.0
    assert slices * spacing >= 15
