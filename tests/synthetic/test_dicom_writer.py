from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from dlcs_core.imaging.study_reading import read_study
from dlcs_core.synthetic.dicom_writer import (
    write_dicom_case,
    write_rtstruct,
    write_seg,
    write_series,
)
from dlcs_core.synthetic.phantoms import make_phantom, noise_seed
from dlcs_core.synthetic.records import recorded_age
from dlcs_core.synthetic.rendering import Phantom
from dlcs_core.synthetic.series import MOST_SLICES, PatientHeader, series_numbers

SEED = 7
MANDATORY = """
PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyDate StudyTime StudyID
ReferringPhysicianName AccessionNumber Modality SeriesInstanceUID SeriesNumber PatientPosition
FrameOfReferenceUID PositionReferenceIndicator Manufacturer InstanceNumber ImageType PixelSpacing
ImageOrientationPatient ImagePositionPatient SliceThickness SamplesPerPixel Rows Columns
PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation RescaleIntercept
RescaleSlope KVP AcquisitionNumber SOPClassUID SOPInstanceUID ContrastBolusAgent
"""


def header_of(patients, index):
    sex = "M" if patients.codes["sex"][index] else "F"
    center = str(patients.center[index])
    return PatientHeader(f"T{index}", sex, recorded_age(patients, index), center, SEED)


@pytest.fixture(scope="module", params=[0, 7], ids=["jpeg_ls+rtstruct", "uncompressed+seg"])
def case(request, patients, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dicom")
    phantom = make_phantom(patients, request.param, SEED)
    noise = noise_seed(SEED, request.param)
    image, mask = write_dicom_case(phantom, noise, folder, header_of(patients, request.param))
    return phantom, image, mask


def test_series_covers_the_whole_tumor_and_four_slices_beyond(case):
    phantom, image, _ = case
    numbers = series_numbers(phantom)
    assert min(phantom.outlines) - numbers[0] >= 4
    assert numbers[-1] - max(phantom.outlines) >= 4
    assert len(list(image.iterdir())) == len(numbers)


def test_headers_carry_the_mandatory_attributes_and_say_synthetic(case):
    _, image, _ = case
    for path in sorted(image.iterdir())[:3]:
        header = pydicom.dcmread(path)
        assert [name for name in MANDATORY.split() if name not in header] == []
        assert header.file_meta.MediaStorageSOPInstanceUID == header.SOPInstanceUID
        assert header.PatientName.family_name == "PHANTOM"
        assert header.PatientIdentityRemoved == "YES"
        assert "SYNTHETIC" in header.StudyDescription
        assert header.ImageType[0] == "DERIVED"


def test_identifiers_are_unique_and_valid(case):
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in case[1].iterdir()]
    instances = {header.SOPInstanceUID for header in headers}
    assert len(instances) == len(headers)
    assert all(uid.is_valid for uid in instances)
    assert len({header.SeriesInstanceUID for header in headers}) == 1


def test_other_software_reads_spacing_orientation_and_values(case):
    phantom, image, _ = case
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(image)))
    volume, scan = reader.Execute(), phantom.acquisition
    expected = (scan.pixel_mm, scan.pixel_mm, scan.scanner.slice_mm)
    np.testing.assert_allclose(volume.GetSpacing(), expected, atol=1e-4)
    np.testing.assert_allclose(volume.GetDirection(), np.eye(3).ravel(), atol=1e-6)
    assert volume.GetOrigin()[2] == pytest.approx(scan.z_mm(series_numbers(phantom)[0]), abs=1e-3)
    hu = sitk.GetArrayFromImage(volume)
    assert hu.min() == -1000
    assert 100 < np.percentile(hu, 99.5) < 900


def test_mask_reads_back_as_the_outline_on_every_slice(case):
    phantom, image, mask = case
    study = read_study(image, mask)
    for k, number in enumerate(series_numbers(phantom)):
        np.testing.assert_array_equal(study.mask.plane(k), phantom.outline(number))
    assert study.region_name == "GTV_tumour"
    assert study.warnings == ()


def test_both_formats_show_the_same_pixels_and_outline(case, nifti_cohort):
    phantom, image, mask = case
    index = 0 if phantom.acquisition.scanner.name == "C1" else 7
    folder = nifti_cohort[0] / f"PH-{index + 1:05d}"
    series = read_study(image, mask)
    window = read_study(folder / "image.nii.gz", folder / "mask.nii.gz")
    first = series_numbers(phantom).index(phantom.key_slice_number - 2)
    part = phantom.tumor_window()
    for k in range(5):
        np.testing.assert_array_equal(series.mask.plane(first + k)[part], window.mask.plane(k))
        # The noise filters reach a little beyond the window; air is cut at a threshold.
        whole, cut = series.volume.read_slice_hu(first + k)[part], window.volume.read_slice_hu(k)
        difference = np.maximum(whole, -900) - np.maximum(cut, -900)
        assert np.abs(difference).max() <= 4
        assert difference.std() < 0.5
    positions = series.volume.grid.slice_positions_mm[first : first + 5]
    np.testing.assert_allclose(window.volume.grid.slice_positions_mm, positions, atol=1e-3)


@pytest.mark.parametrize("encoding", ["jpeg_ls", "uncompressed", "deflated", "rle"])
def test_every_encoding_stores_the_same_values(encoding, patients, phantom, tmp_path):
    numbers = [phantom.key_slice_number]
    header = header_of(patients, 0)
    stored = []
    for name in (encoding, "uncompressed"):
        folder = tmp_path / f"{name} of {encoding}"
        if not folder.exists():
            write_series(phantom, (1,), folder, header, numbers, name)
        stored.append(pydicom.dcmread(next(folder.iterdir())).pixel_array)
    np.testing.assert_array_equal(*stored)


@pytest.mark.parametrize("write_mask", [write_rtstruct, write_seg])
def test_same_call_writes_the_same_bytes(write_mask, patients, phantom, tmp_path):
    key = phantom.key_slice_number
    numbers, header = range(key - 1, key + 2), header_of(patients, 0)
    outlines = [phantom.outline(number) for number in numbers]
    written = []
    for name in ("first", "second"):
        noise, folder = noise_seed(SEED, 0), tmp_path / name
        instances = write_series(phantom, noise, folder, header, numbers, "jpeg_ls")
        write_mask(folder / "mask.dcm", instances, outlines, header)
        written.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert written[0] == written[1]


def test_thin_slices_are_bounded_around_the_key_slice(patients):
    phantom = make_phantom(patients, 3, SEED)
    scan = phantom.acquisition
    thin_scan = replace(scan, scanner=replace(scan.scanner, slice_mm=0.5))
    thin = Phantom(phantom.anatomy, thin_scan)
    numbers = series_numbers(thin)
    assert len(numbers) == MOST_SLICES
    assert thin.key_slice_number in numbers
