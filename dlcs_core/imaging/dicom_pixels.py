"""One DICOM frame's pixels in Hounsfield units."""

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.utils import pixel_array
from pydicom.uid import RLELossless

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import open_dicom, refused_as
from dlcs_core.imaging.dicom_frames import Frame

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
        stored = pixel_array(
            stream,
            index=frame.number,
            correct_unused_bits=False,
            transfer_syntax_uid=frame.transfer_syntax,
        )
    if stored.shape != (frame.rows, frame.columns):
        raise ImagingError("pixels_unreadable")
    return _used_bits(stored, frame)


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
