"""Which of the files given are image slices, volume files, or only lie beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import is_dicom, read_open_dataset
from dlcs_core.imaging.dicom_frames import CT_CLASSES
from dlcs_core.imaging.dicom_values import text
from dlcs_core.imaging.sources import FileSource
from dlcs_core.imaging.volume_files import is_volume_file

HEAD_BYTES = 4096

NON_IMAGE_MODALITIES = frozenset(
    {"SEG", "RTSTRUCT", "RTPLAN", "RTRECORD", "SR", "PR", "KO", "REG", "DOC", "RWV", "FID"}
)
"""Modalities whose objects are no slices of a scan, though some carry pixels."""

LOCALIZER_WORDS = frozenset({"LOCALIZER", "SCOUT", "TOPOGRAM"})

DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".ima", ".dc3", ".acr", ".img"})
"""Names that promise DICOM; so do a number (the last part of a UID) and no extension at all."""

MODALITY_OF_CLASS = {
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
    "1.2.840.10008.5.1.4.1.1.128.1": "PT",
    "1.2.840.10008.5.1.4.1.1.130": "PT",
    "1.2.840.10008.5.1.4.1.1.20": "NM",
    "1.2.840.10008.5.1.4.1.1.481.2": "RTDOSE",
    "1.2.840.10008.5.1.4.1.1.6.1": "US",
}
"""SOP classes that are another modality, whatever the Modality attribute says."""

KNOWN_MODALITIES = frozenset(
    {
        *("CT", "MR", "PT", "NM", "US", "CR", "DX", "MG", "XA", "RF", "SC", "OT", "ES", "XC"),
        *("RTIMAGE", "RTDOSE", "RTPLAN", "RTRECORD"),
        *NON_IMAGE_MODALITIES,
    }
)
"""Modality codes that a message may name; anything else could be any text."""

Item = tuple[FileSource, Dataset]


@dataclass
class SortedFiles:
    """Files by what they are.

    Attributes
    ----------
    slices : list of (FileSource, Dataset)
        DICOM images that are no localizers.
    other_dicom : list of Dataset
        Localizers, structure sets, segmentations, reports and the like.
    volume_files : list of FileSource
        NIfTI, NRRD and MHA.
    n_side_files : int
        Files of other kinds.
    """

    slices: list[Item] = field(default_factory=list)
    other_dicom: list[Dataset] = field(default_factory=list)
    volume_files: list[FileSource] = field(default_factory=list)
    n_side_files: int = 0


def sort_files(sources: Sequence[FileSource]) -> SortedFiles:
    """Open every file and part them by content; DICOM headers are read, pixels are not.

    Raises
    ------
    ImagingError
        If a file that should be an image is empty, cut or broken.
    """
    files = SortedFiles()
    for source in sources:
        with source.open() as stream:
            head = stream.read(HEAD_BYTES)
            if source.suffix == ".seg.nrrd":
                files.n_side_files += 1
            elif is_volume_file(source, head):
                files.volume_files.append(source)
            elif is_dicom(head):
                _put_dicom(files, source, read_open_dataset(stream))
            else:
                _check_side_file(source, head, alone=len(sources) == 1)
                files.n_side_files += 1
    return files


def modality_of(dataset: Dataset) -> str:
    """Return the modality as a known code, ``"?"`` where it is none; the SOP class wins."""
    by_class = MODALITY_OF_CLASS.get(text(dataset, "SOPClassUID"))
    named = text(dataset, "Modality").upper()
    if by_class is None and not named and text(dataset, "SOPClassUID") in CT_CLASSES:
        return "CT"
    return by_class or (named if named in KNOWN_MODALITIES else "?")


def _put_dicom(files: SortedFiles, source: FileSource, dataset: Dataset) -> None:
    """Put a DICOM object where it belongs."""
    is_image = "Rows" in dataset and modality_of(dataset) not in NON_IMAGE_MODALITIES
    if is_image and not _is_localizer(dataset):
        files.slices.append((source, dataset))
    else:
        files.other_dicom.append(dataset)


def _is_localizer(dataset: Dataset) -> bool:
    """Return whether an image is a scout view."""
    words = {word.strip().upper() for word in text(dataset, "ImageType").split("\\")}
    return bool(words & LOCALIZER_WORDS)


def _check_side_file(source: FileSource, head: bytes, *, alone: bool) -> None:
    """Refuse a file that should be an image and is not; accept one that only lies beside."""
    named_image = source.suffix in DICOM_SUFFIXES or source.suffix[1:].isdecimal()
    unnamed = not source.suffix and (not head or b"\0" in head)
    if source.size == 0 and (alone or named_image or unnamed):
        raise ImagingError("file_empty")
    if alone:
        raise ImagingError("not_an_image")
    if named_image or unnamed:
        raise ImagingError("not_dicom")
