"""One DICOM frame's pixels in Hounsfield units."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array
from pydicom.uid import RLELossless

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.codestream import codestream_size
from dlcs_core.imaging.dicom import open_dicom, refused_as
from dlcs_core.imaging.dicom_frames import Frame
from dlcs_core.imaging.dicom_values import integer

ENCAPSULATED_HEADER_BYTES = 12
"""Tag, VR, reserved bytes and length of the pixel data element, always explicit little endian."""

AIR_HU = -1024.0
"""Lowest CT number kept. Scanners fill what lies outside the field of view with -2000 or -3024
HU, declared as padding or not; every format is floored alike, so that a mean over the border of
the field of view does not depend on the wrapping."""


def read_frame_hu(frame: Frame) -> NDArray[np.float32]:
    """Decode one frame and return it in Hounsfield units, padding as air.

    Raises
    ------
    ImagingError
        If the pixel data cannot be decoded or has another size than the header says.
    """
    stored = read_frame_stored(frame)
    hu = (stored * frame.slope + frame.intercept).astype(np.float32)
    if frame.pixels.padding is not None:
        first, last = frame.pixels.padding
        hu[(stored >= first) & (stored <= last)] = AIR_HU
    return np.maximum(hu, np.float32(AIR_HU))


def read_frame_stored(frame: Frame) -> NDArray[np.integer]:
    """Decode one frame's stored values, shape (rows, columns)."""
    with open_dicom(frame.source) as stream, refused_as("pixels_unreadable"):
        _check_claimed_size(stream, frame)
        stored = pixel_array(
            stream,
            index=frame.number,
            correct_unused_bits=False,
            transfer_syntax_uid=frame.transfer_syntax,
        )
    if stored.shape != (frame.rows, frame.columns):
        raise ImagingError("pixels_unreadable")
    return _used_bits(stored, frame)


def _check_claimed_size(stream: BinaryIO, frame: Frame) -> None:
    """Refuse a compressed frame of another size than the header says, before it is decoded."""
    if not frame.transfer_syntax.is_encapsulated or frame.transfer_syntax == RLELossless:
        return
    dcmread(stream, stop_before_pixels=True, force=True, specific_tags=[])
    stream.seek(ENCAPSULATED_HEADER_BYTES, 1)
    n_frames = integer(frame.dataset, "NumberOfFrames") or 1
    code = get_frame(stream, frame.number, number_of_frames=n_frames)
    if codestream_size(code) != (frame.rows, frame.columns):
        raise ImagingError("pixels_unreadable")


def _used_bits(stored: NDArray[np.integer], frame: Frame) -> NDArray[np.integer]:
    """Cut overlay and unused bits away and extend the sign."""
    pixels = frame.pixels
    if pixels.bits_stored == pixels.bits_allocated:
        return stored
    syntax = frame.transfer_syntax
    shifted = not syntax.is_encapsulated or syntax == RLELossless
    high_bit = pixels.high_bit if shifted else pixels.bits_stored - 1
    width = 8 * stored.dtype.itemsize
    up = width - 1 - high_bit
    return (stored << up) >> (width - pixels.bits_stored)
