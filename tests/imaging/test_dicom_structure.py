from io import BytesIO

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom_structure import check_complete

SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def written(syntax, *, undefined_length: bool) -> bytes:
    """Return a file with nested sequences, a long value and a private element."""
    inner, outer = Dataset(), Dataset()
    inner.ContourGeometricType = "CLOSED_PLANAR"
    inner.ContourData = [float(k) for k in range(30)]
    outer.ReferencedROINumber = 1
    outer.ContourSequence = [inner, inner]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.3"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.4"
    dataset.PatientName = "Phantom"
    dataset.private_block(0x0099, "TEST", create=True).add_new(1, "UN", b"\x01\x02\x03\x04")
    dataset.ROIContourSequence = [outer, Dataset()]
    dataset["ROIContourSequence"].is_undefined_length = undefined_length
    outer["ContourSequence"].is_undefined_length = undefined_length
    for item in (inner, outer):
        item.is_undefined_length_sequence_item = undefined_length
    stream = BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


def check(content: bytes, syntax) -> None:
    check_complete(content, implicit=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined_length", [False, True])
def test_whole_file_passes_also_with_zeros_after_its_end(syntax, undefined_length):
    content = written(syntax, undefined_length=undefined_length)
    check(content, syntax)
    check(content + bytes(300), syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined_length", [False, True])
def test_file_cut_within_its_last_sequence_is_refused(syntax, undefined_length):
    content = written(syntax, undefined_length=undefined_length)
    for kept in range(len(content) - 150, len(content)):
        with pytest.raises(ImagingError) as refusal:
            check(content[:kept], syntax)
        assert refusal.value.code == "dicom_truncated"


def test_end_of_a_sequence_that_never_began_is_refused():
    stray = b"\xfe\xff\xdd\xe0\0\0\0\0"
    with pytest.raises(ImagingError) as refusal:
        check(
            written(ExplicitVRLittleEndian, undefined_length=True) + stray, ExplicitVRLittleEndian
        )
    assert refusal.value.code == "dicom_truncated"
