"""The fast walk over a header returns what pydicom does, or nothing."""

import warnings
from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom_guard import refused_as
from dlcs_core.imaging.quick_header import KEPT_TAGS, quick_header

CHARACTER_SET = 0x00080005
"""pydicom converts this one at once."""

WALKED = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, JPEGLSLossless)


def pydicom_header(content):
    """The kept attributes as pydicom reads them, and where it stops."""
    stream = BytesIO(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
    return raw_values(dataset), stream.tell()


def raw_values(dataset):
    """Tag to raw value of the kept attributes."""
    elements = {tag: dataset.get_item(tag) for tag in KEPT_TAGS - {CHARACTER_SET}}
    return {tag: one.value or b"" for tag, one in elements.items() if one is not None}


def nested(_, dataset):
    """Add sequences of defined and undefined length, private ones, and a Chinese name."""
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "1.2.3"
    inner.PurposeOfReferenceCodeSequence = [Dataset()]
    for name, undefined in (("ReferencedStudySequence", True), ("ReferencedImageSequence", False)):
        setattr(dataset, name, [inner, inner])
        dataset[name].is_undefined_length = undefined
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "王^小明"
    dataset.private_block(0x0019, "maker", create=True).add_new(1, "LO", "private")


@pytest.mark.parametrize("syntax", WALKED, ids=lambda syntax: syntax.name)
def test_it_returns_what_pydicom_does(syntax, kit, plan, tmp_path):
    path = kit.write_series(tmp_path, replace(plan, transfer_syntax=syntax), nested)[0]
    content = path.read_bytes()
    found = quick_header(content)
    assert found is not None
    dataset, offset = found
    assert (raw_values(dataset), offset) == pydicom_header(content)
    assert dataset.PatientName == "王^小明"
    assert dataset.file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_it_leaves_other_encodings_to_pydicom(syntax, kit, plan, tmp_path):
    path = kit.write_series(tmp_path, replace(plan, transfer_syntax=syntax))[0]
    assert quick_header(path.read_bytes()) is None


def test_it_leaves_multi_frame_and_unfinished_headers_to_pydicom(kit, plan, tmp_path):
    def many(_, dataset):
        dataset.NumberOfFrames = 1

    content = kit.write_series(tmp_path, plan, many)[0].read_bytes()
    assert quick_header(content) is None
    content = kit.write_series(tmp_path, plan)[0].read_bytes()
    assert quick_header(content[:700]) is None
    assert quick_header(b"") is None


def test_it_agrees_on_real_files(shared_data):
    paths = sorted((shared_data / "ct").rglob("*.dcm"))
    agreed = 0
    for path in paths[::7]:
        content = path.read_bytes()
        found = quick_header(content)
        if found is not None:
            assert (raw_values(found[0]), found[1]) == pydicom_header(content)
            agreed += 1
    assert agreed >= 5


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_or_gives_up_on_damaged_files(seed, kit, plan, tmp_path):
    generator = np.random.default_rng(seed)
    syntax = WALKED[seed % len(WALKED)]
    path = kit.write_series(tmp_path, replace(plan, transfer_syntax=syntax), nested)[0]
    content = path.read_bytes()
    walked = 0
    for _ in range(40):
        damaged = bytearray(content)
        for _ in range(int(generator.integers(1, 4))):
            damaged[generator.integers(132, 1600)] = generator.integers(256)
        try:
            found = quick_header(bytes(damaged))
        except ImagingError:
            continue
        if found is None:
            continue
        try:
            with refused_as("dicom_unreadable"):
                expected = pydicom_header(bytes(damaged))
        except ImagingError:
            continue
        walked += 1
        assert (raw_values(found[0]), found[1]) == expected
    assert walked > 5
