"""Values of a DICOM dataset as plain text and numbers.

pydicom converts an element when it is first asked for, which takes half of the time of a header
scan. Plain ASCII values are therefore taken from the raw element; all else goes through pydicom.
"""

from functools import cache

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom_guard import refused_as

TEXT_VRS = (None, "AS", "CS", "DA", "DS", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UI")
INTEGER_VRS = (None, "US", "SS")
ESCAPE = b"\x1b"
"""Begins a change of character set in an otherwise plain value."""


@cache
def _tag(keyword: str) -> int:
    """Return the tag of a keyword of the standard."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag


def text(dataset: Dataset, keyword: str) -> str:
    """Return a text attribute without padding, several values joined by backslashes.

    Parameters
    ----------
    dataset : pydicom.Dataset
        As read.
    keyword : str
        Of an attribute that is text.

    Returns
    -------
    str
        Empty where the attribute is absent, empty or unreadable. Untrusted.
    """
    element = dataset.get_item(_tag(keyword))
    if element is None:
        return ""
    if isinstance(element, RawDataElement) and element.VR in TEXT_VRS:
        value = element.value or b""
        if value.isascii() and ESCAPE not in value:
            return value.decode("ascii").strip("\0 ")
    try:
        with refused_as("dicom_unreadable"):
            return _joined(dataset.get(keyword))
    except ImagingError:
        return ""


def floats(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """Return a decimal attribute's values, none where it is absent or empty.

    Raises
    ------
    ValueError
        If a value is no number. Not finite ones are returned as they are.
    """
    found = text(dataset, keyword)
    return tuple(float(word) for word in found.split("\\")) if found else ()


def integer(dataset: Dataset, keyword: str) -> int | None:
    """Return a 16-bit attribute, or an integer string; None where it is absent or empty.

    The sign of a raw value is not interpreted: its VR is often written wrongly.
    """
    element = dataset.get_item(_tag(keyword))
    if element is None:
        return None
    if isinstance(element, RawDataElement) and element.VR in INTEGER_VRS:
        value = element.value or b""
        if len(value) == 2:
            return int.from_bytes(value, "little" if element.is_little_endian else "big")
    found = dataset.get(keyword)
    return None if found is None or found == "" else int(found)


def _joined(value: object) -> str:
    """Return a converted value as the text that the file holds."""
    values = value if isinstance(value, MultiValue) else [value]
    return "\\".join("" if one is None else str(one) for one in values).strip("\0 ")
