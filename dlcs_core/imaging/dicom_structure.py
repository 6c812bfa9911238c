"""Whether a DICOM file ends where its own lengths say: the check that pydicom leaves out.

pydicom takes a file that was cut within a sequence as one that has fewer items. For an image the
pixels tell; a list of contours would only be shorter, so here the element lengths are walked.
"""

import struct
from dataclasses import dataclass

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import HEAD_BYTES, LONG_VRS, PREAMBLE_BYTES, UNDEFINED_LENGTH

ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)


def check_complete(content: bytes, *, implicit: bool, little_endian: bool) -> None:
    """Refuse a file that was cut.

    Parameters
    ----------
    content : bytes
        The whole file, inflated.
    implicit, little_endian : bool
        Encoding of the dataset after the file meta information.

    Raises
    ------
    ImagingError
        ``dicom_truncated`` where an element reaches beyond the end or a sequence is not closed.
    """
    has_preamble = content[PREAMBLE_BYTES:HEAD_BYTES] == b"DICM"
    walk = _Walk(content, "<" if little_endian else ">", HEAD_BYTES if has_preamble else 0)
    nested: list[bool] = []
    while not walk.is_at_end():
        within_implicit = nested[-1] if nested else implicit
        tag, vr, length = walk.next_header(implicit=within_implicit)
        if tag in (ITEM_END, SEQUENCE_END):
            if not nested:
                raise ImagingError("dicom_truncated")
            nested.pop()
        elif length == UNDEFINED_LENGTH:
            # What has no length of its own as UN is a sequence in implicit encoding (PS3.5 6.2.2).
            nested.append(within_implicit or vr == b"UN")
        else:
            walk.skip(length)
    if nested:
        raise ImagingError("dicom_truncated")


@dataclass
class _Walk:
    """A position in a file that moves from element to element."""

    content: bytes
    order: str
    offset: int

    def is_at_end(self) -> bool:
        """Return whether only zeros (padding to a block) are left."""
        rest = self.content[self.offset : self.offset + 8]
        return not rest or (not any(rest) and not any(self.content[self.offset :]))

    def next_header(self, *, implicit: bool) -> tuple[tuple[int, int], bytes, int]:
        """Read tag, VR and length and move to the value; group 0002 is explicit little endian."""
        head = self.content[self.offset : self.offset + 12]
        if len(head) < 8:
            raise ImagingError("dicom_truncated")
        is_meta = head[:2] == b"\x02\x00"
        order = "<" if is_meta else self.order
        group, element = struct.unpack_from(f"{order}HH", head)
        vr = head[4:6]
        has_vr = (is_meta or not implicit) and group != 0xFFFE and vr.isalpha() and vr.isupper()
        if has_vr and vr not in LONG_VRS:
            size, length = 8, struct.unpack_from(f"{order}H", head, 6)[0]
        elif has_vr and len(head) == 12:
            size, length = 12, struct.unpack_from(f"{order}L", head, 8)[0]
        else:
            size, length = 8, struct.unpack_from(f"{order}L", head, 4)[0]
        self.offset += size
        return (group, element), vr if has_vr else b"", length

    def skip(self, length: int) -> None:
        """Move over a value."""
        self.offset += length
        if self.offset > len(self.content):
            raise ImagingError("dicom_truncated")
