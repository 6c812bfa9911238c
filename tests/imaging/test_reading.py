"""The front door on real series, and on real files that were damaged at random."""

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

from dlcs_core.errors import DlcsError
from dlcs_core.imaging.reading import read_volume

N_MUTANTS = 25


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


def test_a_real_series_equals_its_nifti_voxel_for_voxel(shared_data):
    folder = shared_data / "ct" / "sarcoma_sts_041"
    dicom, nifti = read_volume(folder / "dicom"), read_volume(folder / "nifti" / "image.nii.gz")
    np.testing.assert_array_equal(volume_hu(dicom), volume_hu(nifti))
    for name in ("origin_mm", "spacing_mm", "slice_positions_mm"):
        expected = getattr(dicom.grid, name)
        np.testing.assert_allclose(getattr(nifti.grid, name), expected, atol=1e-4)
    assert dicom.grid.size == (53, 163, 153)


def test_a_real_series_equals_simpleitk(shared_data):
    import SimpleITK

    folder = shared_data / "ct" / "abdomen_crlm_1004_nomask" / "dicom"
    volume = read_volume(folder)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    for index in (0, 17, 40):
        expected = np.maximum(SimpleITK.GetArrayViewFromImage(image)[index], -1024)
        np.testing.assert_array_equal(volume.read_slice_hu(index), expected)
    np.testing.assert_allclose(volume.grid.origin_mm, image.GetOrigin(), atol=1e-6)
    np.testing.assert_allclose(volume.grid.spacing_mm, image.GetSpacing()[::-1], atol=1e-6)


def test_spacing_is_that_of_positions_where_thickness_differs(shared_data):
    volume = read_volume(shared_data / "ct" / "abdomen_dcmqi_3slice" / "dicom")
    assert volume.grid.spacing_mm[0] == pytest.approx(1.0)
    assert volume.header.slice_thickness_mm == 1.25
    assert volume_hu(volume).min() == -1024


def test_real_single_slices_of_many_scanners_are_read(shared_data):
    for path in sorted((shared_data / "ct_contrast" / "dicom").iterdir()):
        volume = read_volume(path)
        hu = volume.read_slice_hu(0)
        assert -1024 <= hu.min() < -900, path.name
        assert ((hu > -150) & (hu < 200)).mean() > 0.1, path.name
        assert [warning.code for warning in volume.warnings] == ["single_slice"]


def mutate(content, generator):
    """Damage bytes as broken disks, tools and attackers do."""
    content = bytearray(content)
    kind = generator.integers(4)
    if kind == 0:
        return bytes(content[: generator.integers(len(content))])
    if kind == 1:
        start = generator.integers(len(content))
        del content[start : start + int(generator.integers(1, 200))]
        return bytes(content)
    header = min(len(content), 1500)
    for _ in range(int(generator.integers(1, 12))):
        limit = header if kind == 2 else len(content)
        content[generator.integers(limit)] = generator.integers(256)
    return bytes(content)


def read_all(path):
    volume = read_volume(path)
    for index in range(volume.grid.size[0]):
        slice_hu = volume.read_slice_hu(index)
        assert slice_hu.shape == volume.grid.size[1:]
        assert np.isfinite(slice_hu).all()


@pytest.mark.parametrize("seed", range(N_MUTANTS))
def test_damaged_files_are_read_or_refused_never_worse(seed, kit, plan, tmp_path):
    import nibabel
    import SimpleITK

    generator = np.random.default_rng(seed)
    for index, syntax in enumerate((plan.transfer_syntax, JPEGLSLossless, JPEG2000Lossless)):
        kit.save(kit.slice_dataset(plan, index), tmp_path / f"{index}.dcm", syntax)
    image = nibabel.Nifti1Image(plan.hu[:3].transpose(2, 1, 0), np.diag([-0.7, -0.8, 5, 1]))
    nibabel.save(image, tmp_path / "image.nii.gz")
    nibabel.save(image, tmp_path / "image.nii")
    for name in ("image.nrrd", "image.mha"):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(plan.hu[:3]), str(tmp_path / name))
    outcomes = {"read": 0, "refused": 0}
    for path in sorted(tmp_path.iterdir()):
        path.write_bytes(mutate(path.read_bytes(), generator))
        try:
            read_all(path)
        except DlcsError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    assert sum(outcomes.values()) == 7
