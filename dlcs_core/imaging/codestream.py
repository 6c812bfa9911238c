"""The size that a compressed frame says it has, before a decoder takes memory for it.

A JPEG-LS frame of a few hundred bytes that claims 65,000 x 65,000 pixels keeps a decoder busy
for minutes and takes all memory, whatever the DICOM header says.
"""

import struct

JPEG_2000_START = b"\xff\x4f\xff\x51"
JPEG_START = b"\xff\xd8"
NOT_FRAME_MARKERS = (0xC4, 0xC8, 0xCC)
"""Huffman tables, extensions and arithmetic conditioning lie among the frame markers C0 to CF."""

JPEG_LS_FRAME = 0xF7
MARKERS_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xDA))
SCAN = 0xDA


def codestream_size(code: bytes) -> tuple[int, int] | None:
    """Return rows and columns of a JPEG, JPEG-LS or JPEG 2000 codestream.

    Parameters
    ----------
    code : bytes
        One encapsulated frame.

    Returns
    -------
    tuple of int or None
        None where no size is found before the image data.
    """
    start = code.find(JPEG_2000_START, 0, 1024)
    if start >= 0:
        return _jpeg_2000_size(code, start)
    return _jpeg_size(code) if code.startswith(JPEG_START) else None


def _jpeg_2000_size(code: bytes, start: int) -> tuple[int, int] | None:
    """Read the SIZ segment (ISO/IEC 15444-1 A.5.1)."""
    if len(code) < start + 24:
        return None
    width, height, left, top = struct.unpack_from(">4L", code, start + 8)
    return height - top, width - left


def _jpeg_size(code: bytes) -> tuple[int, int] | None:
    """Walk the marker segments to the frame header (ISO/IEC 10918-1 B.2.2)."""
    offset = len(JPEG_START)
    while offset + 9 <= len(code) and code[offset] == 0xFF:
        marker = code[offset + 1]
        if marker == JPEG_LS_FRAME or (0xC0 <= marker <= 0xCF and marker not in NOT_FRAME_MARKERS):
            rows, columns = struct.unpack_from(">HH", code, offset + 5)
            return rows, columns
        if marker == SCAN:
            return None
        if marker == 0xFF:
            offset += 1
        elif marker in MARKERS_WITHOUT_LENGTH:
            offset += 2
        else:
            offset += 2 + struct.unpack_from(">H", code, offset + 2)[0]
    return None
