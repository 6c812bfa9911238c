"""What DICOM libraries raise and warn on damaged files, as one refusal or silence."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.errors import BytesLengthException, InvalidDicomError

from dlcs_core.errors import ImagingError

PARSE_ERRORS = (
    BytesLengthException,
    InvalidDicomError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom and its decoders raise on damaged input; they promise no single class."""


@contextmanager
def refused_as(code: str) -> Iterator[None]:
    """Turn whatever a DICOM library raises or warns inside into one refusal or silence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except RecursionError as error:
        raise ImagingError("dicom_too_deep") from error
    except PARSE_ERRORS as error:
        raise ImagingError(code) from error
