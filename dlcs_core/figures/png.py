"""A grey image as a data address: drawn from the page itself, never a file that has a URL."""

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def grey_png(grey: NDArray[np.uint8]) -> str:
    """Encode an 8-bit grey image as ``data:image/png;base64,...``.

    Parameters
    ----------
    grey : uint8 array (rows, columns)
        Grey values.

    Returns
    -------
    str
        The address.

    References
    ----------
    .. [1] PNG specification, third edition, sections 5 (chunks) and 11.2.1 (IHDR).
    """
    rows, columns = grey.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    unfiltered = np.pad(grey, ((0, 0), (1, 0))).tobytes()
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(unfiltered)), _chunk(b"IEND", b""))
    )
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk: length, kind, data, checksum."""
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
