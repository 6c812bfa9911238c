"""Enhanced multi-frame CT reads like the classic series that it was made of."""

import numpy as np
import pytest
from highdicom import legacy
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.reading import read_volume


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


def group(keyword, **attributes):
    """One functional group sequence with one item."""
    item = Dataset()
    for name, value in attributes.items():
        setattr(item, name, value)
    return keyword, [item]


def enhanced(kit, plan, order):
    """An enhanced CT whose frames lie in the given order, spacing shared, rescale per frame."""
    dataset = kit.slice_dataset(plan, 0)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
        "SliceThickness",
    ):
        delattr(dataset, keyword)
    dataset.SOPClassUID = EnhancedCTImageStorage
    dataset.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    kit.put_pixels(dataset, np.stack([plan.stored(index) for index in order]))
    dataset.NumberOfFrames = len(order)
    shared = Dataset()
    for name, items in (
        group("PixelMeasuresSequence", PixelSpacing=list(plan.spacing), SliceThickness=2.5),
        group("PlaneOrientationSequence", ImageOrientationPatient=list(plan.orientation)),
    ):
        setattr(shared, name, items)
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = [frame_groups(plan, index) for index in order]
    return dataset


def frame_groups(plan, index):
    frame = Dataset()
    for name, items in (
        group("PlanePositionSequence", ImagePositionPatient=plan.position(index).tolist()),
        group(
            "PixelValueTransformationSequence",
            RescaleSlope=plan.slope,
            RescaleIntercept=plan.intercept,
            RescaleType="HU",
        ),
    ):
        setattr(frame, name, items)
    return frame


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless])
def test_an_enhanced_file_is_a_whole_series(syntax, kit, plan, tmp_path):
    order = [3, 0, 7, 1, 2, 6, 4, 5]
    kit.save(enhanced(kit, plan, order), tmp_path / "enhanced", syntax)
    volume = read_volume(tmp_path / "enhanced")
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.grid.spacing_mm == (5.0, 0.8, 0.7)
    assert volume.warnings == ()


def test_a_legacy_converted_file_equals_its_classic_series(kit, plan, tmp_path):
    classic = [kit.slice_dataset(plan, index) for index in range(8)]
    for dataset in classic:
        dataset.StudyDate, dataset.StudyTime, dataset.AccessionNumber = "20200101", "101010", "1"
        dataset.PatientBirthDate, dataset.PatientSex = "19500101", "F"
        dataset.StudyID, dataset.ReferringPhysicianName = "1", ""
        dataset.Manufacturer, dataset.PositionReferenceIndicator = "M", ""
        dataset.AcquisitionNumber, dataset.BodyPartExamined = 1, "ABDOMEN"
    converted = legacy.LegacyConvertedEnhancedCTImage(
        classic,
        series_instance_uid=kit.uid("converted"),
        series_number=1,
        sop_instance_uid=kit.uid("converted instance"),
        instance_number=1,
    )
    converted.save_as(tmp_path / "converted")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    np.testing.assert_allclose(volume.grid.slice_positions_mm, 100 + 5 * np.arange(8))


def test_frames_without_groups_of_their_own_are_refused(kit, plan, tmp_path):
    dataset = enhanced(kit, plan, range(8))
    del dataset.PerFrameFunctionalGroupsSequence
    kit.save(dataset, tmp_path / "enhanced")
    with pytest.raises(ImagingError) as refusal:
        read_volume(tmp_path)
    assert refusal.value.code == "geometry_missing"


def test_two_phases_in_one_file_are_refused(kit, plan, tmp_path):
    kit.save(enhanced(kit, plan, [0, 1, 2, 0, 1, 2]), tmp_path / "enhanced")
    with pytest.raises(ImagingError) as refusal:
        read_volume(tmp_path)
    assert refusal.value.code == "duplicate_positions"


def test_fewer_frames_than_declared_are_refused(kit, plan, tmp_path):
    dataset = enhanced(kit, plan, range(8))
    dataset.PixelData = dataset.PixelData[: -64 * 48 * 2]
    kit.save(dataset, tmp_path / "enhanced")
    with pytest.raises(ImagingError) as refusal:
        read_volume(tmp_path)
    assert refusal.value.code == "dicom_truncated"
