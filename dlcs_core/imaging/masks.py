"""From a path to a mask file: which of the files is the mask, and in which format.

The format is told by the first bytes, never by the name.
"""

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.uid import RTStructureSetStorage, SegmentationStorage

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import HEAD_BYTES, is_dicom, open_dicom, read_dataset, refused_as
from dlcs_core.imaging.dicom_structure import check_complete
from dlcs_core.imaging.label_maps import open_label_map
from dlcs_core.imaging.polygons import mask_from_polygons
from dlcs_core.imaging.regions import MaskFile
from dlcs_core.imaging.rtstruct import open_structure_set
from dlcs_core.imaging.seg import open_segmentation
from dlcs_core.imaging.sources import FileSource, list_sources
from dlcs_core.imaging.volume_files import is_volume_file

__all__ = ["find_mask", "mask_from_polygons", "mask_kind", "open_mask", "open_mask_source"]

LABEL_MAP_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
"""SOP class of LABELMAP segmentations (DICOM 2024d), not yet named by pydicom."""

DICOM_KINDS = {
    str(RTStructureSetStorage): "rtstruct",
    str(SegmentationStorage): "seg",
    LABEL_MAP_SEGMENTATION_STORAGE: "seg",
}
"""SOP class to mask format."""

SOP_CLASS_UID = 0x00080016
MEDIA_STORAGE_SOP_CLASS_UID = b"\x02\x00\x02\x00UI"
SNIFFED_BYTES = 4096


def open_mask(path: Path) -> MaskFile:
    """Open the mask behind a path: :func:`find_mask`, then :func:`open_mask_source`."""
    return open_mask_source(find_mask(path))


def find_mask(path: Path) -> FileSource:
    """Return the one mask file behind a path.

    Parameters
    ----------
    path : Path
        A file; or a folder (searched recursively) or zip in which exactly one file is a mask.
        Images beside it are passed over.

    Raises
    ------
    ImagingError
        ``mask_not_in_folder`` or ``mask_folder_has_several``.
    """
    sources = list_sources(path)
    if len(sources) == 1:
        return sources[0]
    found = [source for source in sources if mask_kind(source) is not None]
    if len(found) > 1:
        raise ImagingError("mask_folder_has_several", count=len(found))
    if not found:
        raise ImagingError("mask_not_in_folder")
    return found[0]


def open_mask_source(source: FileSource) -> MaskFile:
    """Open a mask file of any format.

    Returns
    -------
    MaskFile
        Its regions are known; nothing is drawn yet.

    Raises
    ------
    ImagingError
        ``mask_kind_unknown``, ``mask_is_an_image``, or what makes the file unreadable.
    """
    head = _head(source)
    if not head:
        raise ImagingError("file_empty")
    if is_volume_file(source, head):
        return _open(source, "label_map")
    if not is_dicom(head):
        raise ImagingError("mask_kind_unknown")
    sop_class_uid = _sop_class_uid(source, head)
    kind = DICOM_KINDS.get(sop_class_uid)
    if kind is None:
        raise ImagingError("mask_is_an_image" if sop_class_uid else "mask_kind_unknown")
    return _open(source, kind)


def mask_kind(source: FileSource) -> str | None:
    """Return ``"rtstruct"``, ``"seg"`` or ``"label_map"``; None where a file is no mask."""
    try:
        head = _head(source)
        if is_volume_file(source, head):
            return "label_map"
        return DICOM_KINDS.get(_sop_class_uid(source, head)) if is_dicom(head) else None
    except ImagingError:
        # What cannot be read here is no mask; as part of the image it is judged there.
        return None


def _open(source: FileSource, kind: str) -> MaskFile:
    """Open a file of a known kind."""
    if kind == "label_map":
        return open_label_map(source)
    dataset = _read_whole(source)
    with refused_as(f"{kind}_malformed"):
        return open_structure_set(dataset) if kind == "rtstruct" else open_segmentation(dataset)


def _read_whole(source: FileSource) -> Dataset:
    """Read a DICOM file to its end and check that it is the end."""
    dataset = read_dataset(source, stop_before_pixels=False)
    implicit, little_endian = dataset.original_encoding
    with open_dicom(source) as stream:
        content = stream.read()
    check_complete(content, implicit=bool(implicit), little_endian=bool(little_endian))
    return dataset


def _head(source: FileSource) -> bytes:
    with source.open() as stream:
        return stream.read(SNIFFED_BYTES)


def _sop_class_uid(source: FileSource, head: bytes) -> str:
    """Return the SOP class; only the first elements of the file are read."""
    if named := _sop_class_of_meta(head):
        return named
    with open_dicom(source) as stream, refused_as("dicom_unreadable"):
        dataset = read_partial(stream, _is_beyond_sop_class, force=True)
        return str(dataset.get("SOPClassUID") or "")


def _sop_class_of_meta(head: bytes) -> str:
    """Return MediaStorageSOPClassUID; empty where the file has no meta information.

    A folder of hundreds of slices is searched for one mask: pydicom would take longer.
    """
    start = head.find(MEDIA_STORAGE_SOP_CLASS_UID, HEAD_BYTES, HEAD_BYTES + 256)
    if start < 0:
        return ""
    value = start + len(MEDIA_STORAGE_SOP_CLASS_UID) + 2
    length = int.from_bytes(head[value - 2 : value], "little")
    return head[value : value + length].rstrip(b"\0 ").decode("ascii", errors="replace")


def _is_beyond_sop_class(tag: int, vr: str | None, length: int) -> bool:
    del vr, length
    return tag > SOP_CLASS_UID
