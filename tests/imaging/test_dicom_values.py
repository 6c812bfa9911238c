"""Values taken straight from raw elements are those that pydicom converts."""

import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dlcs_core.imaging.dicom_values import floats, integer, text


@pytest.fixture(params=[ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def reread(request, kit, plan, tmp_path):
    """Write a slice with some attributes and return what reads back, raw."""

    def write(**attributes):
        dataset = kit.slice_dataset(plan, 0)
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
        kit.save(dataset, tmp_path / "slice", request.param)
        return pydicom.dcmread(tmp_path / "slice", stop_before_pixels=True)

    return write


def test_plain_values_equal_those_of_pydicom(reread):
    dataset = reread(SliceThickness="1.25E+00")
    assert text(dataset, "SOPInstanceUID") == dataset.SOPInstanceUID
    assert text(dataset, "ImageType") == "ORIGINAL\\PRIMARY\\AXIAL"
    assert floats(dataset, "SliceThickness") == (1.25,)
    assert floats(dataset, "ImageOrientationPatient") == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    assert integer(dataset, "Rows") == 64
    assert integer(dataset, "PixelPaddingValue") is None
    assert (text(dataset, "KVP"), floats(dataset, "KVP")) == ("", ())


def test_converted_values_read_the_same(reread):
    dataset = reread()
    dataset.decode()
    assert text(dataset, "ImageType") == "ORIGINAL\\PRIMARY\\AXIAL"
    assert floats(dataset, "PixelSpacing") == (0.8, 0.7)
    assert integer(dataset, "Rows") == 64


@pytest.mark.parametrize("character_set", ["ISO_IR 192", "GB18030"])
def test_text_in_another_alphabet_is_decoded(character_set, reread):
    dataset = reread(SpecificCharacterSet=character_set, SeriesDescription="门静脉期")
    assert text(dataset, "SeriesDescription") == "门静脉期"


def test_text_with_escape_sequences_is_decoded(reread):
    dataset = reread(SpecificCharacterSet=["", "ISO 2022 IR 87"], SeriesDescription="山田")
    assert b"\x1b" in dataset.get_item("SeriesDescription").value
    assert text(dataset, "SeriesDescription") == "山田"


def test_values_that_are_no_numbers_are_an_error(reread):
    dataset = reread()
    raw = dataset.get_item("RescaleSlope")
    dataset["RescaleSlope"] = raw._replace(value=b"one ")
    with pytest.raises(ValueError, match="one"):
        floats(dataset, "RescaleSlope")
