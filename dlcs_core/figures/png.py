"""An image as a data address: drawn from the page itself, never a file that has a URL."""

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

GREY, RGBA = 0, 6
"""Colour types of the format."""


def data_png(pixels: NDArray[np.uint8]) -> str:
    """Encode an 8-bit image as ``data:image/png;base64,...``.

    Parameters
    ----------
    pixels : uint8 array (rows, columns) or (rows, columns, 4)
        Grey values, or red, green, blue and opacity.

    Returns
    -------
    str
        The address.

    References
    ----------
    .. [1] PNG specification, third edition, sections 5 (chunks) and 11.2.1 (IHDR).
    """
    rows, columns = pixels.shape[:2]
    color_type = GREY if pixels.ndim == 2 else RGBA
    header = struct.pack(">IIBBBBB", columns, rows, 8, color_type, 0, 0, 0)
    unfiltered = np.pad(pixels.reshape(rows, -1), ((0, 0), (1, 0))).tobytes()
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(unfiltered)), _chunk(b"IEND", b""))
    )
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk: length, kind, data, checksum."""
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
