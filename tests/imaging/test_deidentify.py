"""A de-identified series keeps what the model needs and nothing that tells who."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.deidentify import deidentify
from dlcs_core.imaging.reading import read_volume

KEY = b"secret of the test"
PLANTED = "Planted"


def plant(_, dataset):
    """Put an identifier into named, nested, private, overlay and file meta elements."""
    dataset.PatientName = f"{PLANTED}^Name"
    dataset.PatientID = f"{PLANTED}-id"
    dataset.PatientBirthDate = "19500101"
    dataset.PatientAge = "063Y"
    dataset.PatientSex = "F"
    dataset.InstitutionName = f"{PLANTED} hospital"
    dataset.SeriesDescription = f"{PLANTED} series"
    dataset.ImageComments = f"{PLANTED} comment"
    dataset.ContrastBolusAgent = f"{PLANTED} agent"
    dataset.AccessionNumber = f"{PLANTED}-1"
    nested = Dataset()
    nested.PatientID = f"{PLANTED} nested"
    dataset.OtherPatientIDsSequence = [nested]
    dataset.private_block(0x0099, f"{PLANTED} creator", create=True).add_new(1, "LO", PLANTED)
    dataset.add_new(0x60000022, "LO", f"{PLANTED} overlay")
    dataset.file_meta.SourceApplicationEntityTitle = PLANTED
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID


@pytest.fixture
def originals(kit, plan, tmp_path):
    return kit.write_series(tmp_path / "original", plan, plant)


def clean_copies(paths, folder):
    folder.mkdir()
    for path in paths:
        clean = deidentify(pydicom.dcmread(path), pseudonym="P0001", key=KEY)
        clean.save_as(folder / path.name, enforce_file_format=True)
    return sorted(folder.iterdir())


def test_no_planted_identifier_is_left_in_any_byte(originals, plan, tmp_path):
    for path in clean_copies(originals, tmp_path / "clean"):
        content = path.read_bytes()
        assert PLANTED.encode() not in content
        assert b"19500101" not in content
        assert plan.series_uid.encode() not in content


def test_the_volume_stays_the_same(originals, tmp_path):
    clean_copies(originals, tmp_path / "clean")
    before, after = read_volume(tmp_path / "original"), read_volume(tmp_path / "clean")
    assert after.grid == before.grid
    for index in range(before.grid.size[0]):
        np.testing.assert_array_equal(after.read_slice_hu(index), before.read_slice_hu(index))
    assert after.header.patient_id == "P0001"
    assert (after.header.patient_sex, after.header.patient_age_years) == ("F", 63.0)
    assert after.header.contrast_agent == "CONTRAST"


def test_uids_are_remapped_consistently_under_one_key(originals, tmp_path):
    copies = [pydicom.dcmread(path) for path in clean_copies(originals, tmp_path / "clean")]
    assert len({copy.SeriesInstanceUID for copy in copies}) == 1
    assert len({copy.SOPInstanceUID for copy in copies}) == len(copies)
    assert all(copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID for copy in copies)
    other = deidentify(pydicom.dcmread(originals[0]), pseudonym="P0001", key=b"another")
    assert other.SeriesInstanceUID != copies[0].SeriesInstanceUID


def test_the_copy_says_how_it_was_made(originals, tmp_path):
    copy = pydicom.dcmread(clean_copies(originals, tmp_path / "clean")[0])
    assert copy.PatientIdentityRemoved == "YES"
    codes = [item.CodeValue for item in copy.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113108"]


@pytest.mark.parametrize(("age", "kept"), [("063Y", "063Y"), ("096Y", "090Y"), ("", "")])
def test_an_age_that_could_tell_who_is_capped(age, kept, kit, plan):
    dataset = kit.slice_dataset(plan, 0)
    dataset.PatientAge = age
    assert deidentify(dataset, pseudonym="P", key=KEY).PatientAge == kept


def test_the_original_is_not_changed(originals):
    dataset = pydicom.dcmread(originals[0])
    deidentify(dataset, pseudonym="P0001", key=KEY)
    assert dataset == pydicom.dcmread(originals[0])


def _burned(dataset):
    dataset.BurnedInAnnotation = "YES"


def _capture(dataset):
    dataset.SOPClassUID = SecondaryCaptureImageStorage


def _scout(dataset):
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]


def _screen(dataset):
    dataset.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]


@pytest.mark.parametrize("spoil", [_burned, _capture, _scout, _screen])
def test_images_that_may_show_text_are_refused(spoil, kit, plan):
    dataset = kit.slice_dataset(plan, 0)
    spoil(dataset)
    with pytest.raises(ImagingError) as refusal:
        deidentify(dataset, pseudonym="P0001", key=KEY)
    assert refusal.value.code == "burned_in_annotation"
