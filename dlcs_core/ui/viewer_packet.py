"""What the viewer is sent: a header in JSON and, after it, slices and pictures as bytes.

Slices go as zlib-packed 16-bit Hounsfield units, a few at a time, as the viewer asks for them.
"""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.study import Volume
from dlcs_core.preprocessing.model_input import InputFrame, ModelInput

PACKING_LEVEL = 1
"""Of zlib: a slice shrinks to half in 5 ms; higher levels cost more than they save."""

MOST_SLICES = 8
"""Slices of one packet, whatever was asked for."""


@dataclass
class Packet:
    """A packet being put together.

    Attributes
    ----------
    header : dict
        What is sent as JSON.
    parts : list of bytes
        What follows it.
    """

    header: dict[str, object]
    parts: list[bytes] = field(default_factory=list)

    def add(self, part: bytes) -> dict[str, int]:
        """Append bytes; return where they lie."""
        place = {"offset": sum(map(len, self.parts)), "length": len(part)}
        self.parts.append(part)
        return place

    def to_bytes(self) -> bytes:
        """Return length of the header (32 bit, little-endian), header, parts."""
        header = json.dumps(self.header, allow_nan=False).encode()
        return struct.pack("<I", len(header)) + header + b"".join(self.parts)


def study_facts(volume: Volume, key: str) -> dict[str, object]:
    """Return what the viewer must know of a volume."""
    return {"key": key, "size": volume.grid.size, "spacing": volume.grid.spacing_mm}


def add_slices(packet: Packet, volume: Volume, slices: Sequence[int]) -> None:
    """Add slices of a volume; one that cannot be decoded is named as such."""
    entries = []
    for slice_index in dict.fromkeys(slices[:MOST_SLICES]):
        if not 0 <= slice_index < volume.grid.size[0]:
            continue
        try:
            image_hu = volume.read_slice_hu(slice_index)
        except ImagingError:
            entries.append({"index": slice_index, "unreadable": True})
            continue
        entries.append({"index": slice_index, **packet.add(packed_slice(image_hu))})
    packet.header["slices"] = entries


def packed_slice(image_hu: NDArray[np.float32]) -> bytes:
    """Return a slice as packed little-endian 16-bit Hounsfield units."""
    limits = np.iinfo(np.int16)
    whole = np.clip(np.rint(image_hu), limits.min, limits.max).astype("<i2")
    return zlib.compress(whole.tobytes(), PACKING_LEVEL)


def add_model_input(packet: Packet, seen: ModelInput, name: str) -> None:
    """Add the three pictures that the network sees, as packed 8-bit grey."""
    grey = np.round(255 * seen.image).astype(np.uint8)
    place = packet.add(zlib.compress(grey.tobytes(), PACKING_LEVEL))
    packet.header["input"] = {"name": name, "slices": seen.slice_indices, **place}


def add_heat(
    packet: Packet,
    rgba: NDArray[np.uint8],
    frame: InputFrame,
    slices: Sequence[int],
    name: str,
) -> None:
    """Add the heat map: colours on the network's frame, and the slices that it lies over.

    Parameters
    ----------
    packet : Packet
        Where to.
    rgba : uint8 array (side, side, 4)
        Its colours.
    frame : InputFrame
        Where its pixels lie on the slices.
    slices : sequence of int
        Slice indices.
    name : str
        Changes when the map does.
    """
    place = packet.add(np.ascontiguousarray(rgba).tobytes())
    where = {"origin_mm": frame.origin_mm, "spacing_mm": frame.spacing_mm}
    packet.header["heat"] = {
        "name": name, "size": len(rgba), "frame": where, "slices": sorted(set(slices)), **place
    }  # fmt: skip


def wanted_slices(asked: object) -> tuple[int | None, list[int]]:
    """Return number and slices of a request of the viewer; what is none asks for nothing."""
    if not isinstance(asked, Mapping):
        return None, []
    number, slices = asked.get("number"), asked.get("slices")
    whole = [one for one in slices if isinstance(one, int)] if isinstance(slices, list) else []
    return (number if isinstance(number, int) else None), whole[:MOST_SLICES]
