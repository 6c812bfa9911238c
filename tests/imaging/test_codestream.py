"""A compressed frame tells its size before it is decoded."""

import struct
import time

import pydicom
import pytest
from pydicom.encaps import get_frame
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.codestream import codestream_size
from dlcs_core.imaging.reading import read_volume

MARKERS = {JPEG2000Lossless: (b"\xff\x51", 6, ">LL"), JPEGLSLossless: (b"\xff\xf7", 5, ">HH")}


@pytest.fixture(params=[JPEG2000Lossless, JPEGLSLossless], ids=["JPEG 2000", "JPEG-LS"])
def syntax(request):
    return request.param


@pytest.fixture
def packed(syntax, kit, plan, tmp_path):
    kit.save(kit.slice_dataset(plan, 0), tmp_path / "slice", syntax)
    return tmp_path / "slice"


def test_size_is_rows_then_columns(packed):
    code = get_frame(pydicom.dcmread(packed).PixelData, 0, number_of_frames=1)
    assert codestream_size(code) == (64, 48)
    assert codestream_size(code[:8]) is None


def test_size_of_a_jpeg_lies_behind_tables_and_fill_bytes():
    tables = b"\xff\xc4\x00\x05abc" + b"\xff\xdb\x00\x04ab"
    frame = b"\xff\xff\xc3\x00\x0b\x10" + struct.pack(">HH", 64, 48) + b"\x01\x01\x11\x00"
    assert codestream_size(b"\xff\xd8" + tables + frame) == (64, 48)
    assert codestream_size(b"\xff\xd8" + tables + b"\xff\xda\x00\x08" + bytes(8)) is None
    assert codestream_size(b"anything") is None


def test_a_frame_that_claims_more_than_the_header_is_refused_at_once(packed, syntax):
    marker, offset, layout = MARKERS[syntax]
    content = bytearray(packed.read_bytes())
    struct.pack_into(layout, content, content.index(marker) + offset, 65_000, 65_000)
    packed.write_bytes(content)
    volume = read_volume(packed)
    started = time.monotonic()
    with pytest.raises(ImagingError) as refusal:
        volume.read_slice_hu(0)
    assert refusal.value.code == "pixels_unreadable"
    assert time.monotonic() - started < 5
