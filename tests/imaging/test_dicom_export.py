"""Written as DICOM SEG or NIfTI and read back, an outline is the same pixels."""

import gzip

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom_export import (
    mask_nifti,
    mask_segmentation,
    read_image_origin,
)
from dlcs_core.imaging.polygons import mask_from_polygons
from dlcs_core.imaging.reading import read_study, read_volume

N_SLICES, ROWS, COLUMNS = 7, 48, 64
N_OUTLINES = 50


def write_series(folder, orientation=(1, 0, 0, 0, 1, 0), positions_mm=None):
    """A small CT series whose slices run along the cross product of the orientation."""
    folder.mkdir()
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    normal = np.cross(orientation[:3], orientation[3:])
    rng = np.random.default_rng(0)
    for k, at_mm in enumerate(positions_mm or [5.0 * k for k in range(N_SLICES)]):
        ct = pydicom.Dataset()
        ct.file_meta = pydicom.dataset.FileMetaDataset()
        ct.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ct.SOPClassUID = ct.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
        ct.SOPInstanceUID = ct.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        ct.StudyInstanceUID, ct.SeriesInstanceUID, ct.FrameOfReferenceUID = study, series, frame
        ct.PatientID, ct.PatientName, ct.PatientSex = "PHANTOM-7", "PHANTOM", "O"
        ct.PatientBirthDate, ct.StudyDate, ct.StudyTime = "", "20200101", "120000"
        ct.StudyID, ct.AccessionNumber, ct.ReferringPhysicianName = "1", "A1", ""
        ct.Modality, ct.SeriesNumber, ct.InstanceNumber = "CT", 2, k + 1
        ct.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ct.ImageOrientationPatient = list(orientation)
        ct.ImagePositionPatient = (normal * at_mm + (-20.0, -30.0, 100.0)).tolist()
        ct.Rows, ct.Columns, ct.PixelSpacing = ROWS, COLUMNS, [0.7, 0.9]
        ct.SliceThickness = 5
        ct.SamplesPerPixel, ct.PhotometricInterpretation = 1, "MONOCHROME2"
        ct.BitsAllocated, ct.BitsStored, ct.HighBit, ct.PixelRepresentation = 16, 16, 15, 1
        ct.RescaleIntercept, ct.RescaleSlope, ct.RescaleType = 0, 1, "HU"
        pixels = rng.integers(-200, 200, (ROWS, COLUMNS))
        ct.PixelData = pixels.astype("<i2").tobytes()
        ct.save_as(folder / f"{k}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture
def series(tmp_path):
    return write_series(tmp_path / "image")


def draw_outline(rng, grid):
    """A random outline: some slices, one to three polygons on each, crossing as they like."""
    slices = rng.choice(grid.size[0], rng.integers(1, grid.size[0] + 1), replace=False)
    while True:
        polygons = {
            int(k): [
                rng.uniform(-4, (ROWS + 4, COLUMNS + 4), (rng.integers(3, 12), 2)).round(2)
                for _ in range(rng.integers(1, 4))
            ]
            for k in slices
        }
        mask = mask_from_polygons(grid, polygons)
        if mask.planes:
            return mask


def is_same(first, second):
    slices = {*first.planes, *second.planes}
    return all(np.array_equal(first.plane(k), second.plane(k)) for k in slices)


def test_fifty_outlines_come_back_from_seg_and_nifti_as_they_were(series, tmp_path):
    volume = read_volume(series)
    origin, rng = read_image_origin(series, volume), np.random.default_rng(11)
    for _ in range(N_OUTLINES):
        mask = draw_outline(rng, volume.grid)
        for name, content in (
            ("mask.dcm", mask_segmentation(volume, mask, origin)),
            ("mask.nii.gz", mask_nifti(volume.grid, mask)),
        ):
            (tmp_path / name).write_bytes(content)
            study = read_study(series, tmp_path / name)
            assert is_same(study.mask, mask)
            assert study.warnings == volume.warnings


@pytest.mark.parametrize(
    "orientation",
    [(-1, 0, 0, 0, -1, 0), (1, 0, 0, 0, -1, 0), (-1, 0, 0, 0, 1, 0)],
    ids=["prone", "rows run forward", "columns run to the right"],
)
def test_frames_lie_as_the_stored_slices_do(tmp_path, orientation):
    series = write_series(tmp_path / "image", orientation)
    volume = read_volume(series)
    mask = draw_outline(np.random.default_rng(3), volume.grid)
    written = tmp_path / "mask.dcm"
    written.write_bytes(mask_segmentation(volume, mask, read_image_origin(series, volume)))
    assert is_same(read_study(series, written).mask, mask)
    seg = pydicom.dcmread(written)
    plane = seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    assert [round(float(v)) for v in plane.ImageOrientationPatient] == list(orientation)


def test_it_is_filed_beside_its_image_and_prints_no_name(series, tmp_path, recwarn, capfd):
    volume = read_volume(series)
    mask = draw_outline(np.random.default_rng(3), volume.grid)
    content = mask_segmentation(volume, mask, read_image_origin(series, volume))
    (tmp_path / "mask.dcm").write_bytes(content)
    seg, ct = pydicom.dcmread(tmp_path / "mask.dcm"), pydicom.dcmread(series / "0.dcm")
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "AccessionNumber"):
        assert seg[keyword].value == ct[keyword].value
    assert seg.FrameOfReferenceUID == ct.FrameOfReferenceUID
    assert seg.SeriesInstanceUID != ct.SeriesInstanceUID
    assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == ct.SeriesInstanceUID
    assert seg.NumberOfFrames == len(mask.planes)
    assert not [str(w.message) for w in recwarn if "PHANTOM" in str(w.message)]
    assert capfd.readouterr() == ("", "")


def test_names_in_other_character_sets_stay_what_they_are(series, tmp_path):
    for path in series.iterdir():
        ct = pydicom.dcmread(path)
        ct.SpecificCharacterSet = "GB18030"
        ct.PatientName = "测试^体模"
        ct.save_as(path)
    volume = read_volume(series)
    mask = draw_outline(np.random.default_rng(3), volume.grid)
    content = mask_segmentation(volume, mask, read_image_origin(series, volume))
    (tmp_path / "mask.dcm").write_bytes(content)
    assert str(pydicom.dcmread(tmp_path / "mask.dcm").PatientName) == "测试^体模"


def test_another_reader_sees_the_same_pixels_at_the_same_places(series):
    volume = read_volume(series)
    mask = draw_outline(np.random.default_rng(5), volume.grid)
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(mask_nifti(volume.grid, mask)))
    column, row, k = np.argwhere(np.asarray(image.dataobj))[0]
    assert mask.plane(int(k))[row, column]
    ras_mm = nibabel.affines.apply_affine(image.affine, (column, row, k))
    lps_mm = volume.grid.patient_position_mm(int(k), float(row), float(column))
    assert np.allclose(ras_mm * (-1, -1, 1), lps_mm, atol=1e-4)
    assert np.asarray(image.dataobj).sum() == mask.pixel_counts().sum()


def test_slices_that_are_not_even_are_refused_as_nifti_and_exact_as_seg(tmp_path):
    series = write_series(tmp_path / "image", positions_mm=[0.0, 5.0, 10.0, 20.0, 25.0, 30.0, 35.0])
    volume = read_volume(series)
    mask = draw_outline(np.random.default_rng(6), volume.grid)
    with pytest.raises(ImagingError) as refusal:
        mask_nifti(volume.grid, mask)
    assert refusal.value.code == "nifti_needs_even_slices"
    written = tmp_path / "mask.dcm"
    written.write_bytes(mask_segmentation(volume, mask, read_image_origin(series, volume)))
    assert is_same(read_study(series, written).mask, mask)


def test_an_image_that_is_no_dicom_series_has_no_seg(series, tmp_path):
    volume = read_volume(series)
    mask = draw_outline(np.random.default_rng(7), volume.grid)
    ct = nibabel.Nifti1Image(np.zeros((COLUMNS, ROWS, N_SLICES), np.int16) - 100, np.eye(4))
    nibabel.save(ct, tmp_path / "ct.nii.gz")
    other = read_volume(tmp_path / "ct.nii.gz")
    assert read_image_origin(tmp_path / "ct.nii.gz", other) is None
    with pytest.raises(ImagingError) as refusal:
        mask_segmentation(volume, mask, None)
    assert refusal.value.code == "seg_needs_dicom_series"
