"""Which series the files hold: candidates to choose from, each a Volume or the reason why not."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset
from pydicom.uid import UID

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.dicom import HEAD_BYTES, is_dicom, read_dataset
from dlcs_core.imaging.dicom_frames import CT_CLASSES, Frame, frames_of, text
from dlcs_core.imaging.dicom_header import series_header
from dlcs_core.imaging.sources import FileSource, ImagePath, list_sources
from dlcs_core.imaging.stack import Stack, make_stack
from dlcs_core.imaging.study import Volume
from dlcs_core.imaging.volume_files import is_volume_file, read_volume_file

NON_IMAGE_MODALITIES = frozenset(
    {"SEG", "RTSTRUCT", "RTPLAN", "RTRECORD", "SR", "PR", "KO", "REG", "DOC", "SMR", "RWV", "AU"}
)
LOCALIZER_WORDS = frozenset({"LOCALIZER", "SCOUT", "TOPOGRAM"})
SIDE_FILE_SUFFIXES = frozenset(
    {
        ".txt",
        ".md",
        ".csv",
        ".json",
        ".xml",
        ".html",
        ".htm",
        ".pdf",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".bmp",
        ".log",
        ".ini",
        ".inf",
        ".exe",
        ".bat",
        ".sh",
        ".yaml",
        ".yml",
        ".xlsx",
        ".xls",
        ".doc",
        ".docx",
        ".tsv",
        ".sha256",
        ".md5",
        ".css",
        ".js",
        ".ico",
        ".jar",
        ".dll",
    }
)
"""Files that lie beside images; anything else that is no image is a broken image."""

CT_CLASS_MODALITIES = {
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
    "1.2.840.10008.5.1.4.1.1.130": "PT",
    "1.2.840.10008.5.1.4.1.1.20": "NM",
    "1.2.840.10008.5.1.4.1.1.481.2": "RTDOSE",
    "1.2.840.10008.5.1.4.1.1.6.1": "US",
}
"""SOP classes that are another modality, whatever the Modality attribute says."""


@dataclass(frozen=True)
class SeriesCandidate:
    """One image series among the files: a volume, or why it cannot be one.

    Attributes
    ----------
    volume : Volume or None
        Geometry now, pixels on demand.
    problem : ImagingError or None
        Why there is no volume.
    modality : str or None
        As found, short and plain; None for formats that do not tell.
    n_slices : int
        Frames of the series.
    series_instance_uid, frame_of_reference_uid : str or None
        Of the first frame; None where empty or for other formats than DICOM.
    sop_instance_uids : frozenset of str
        Every non-empty one of its files.
    series_number : int or None
        For telling series apart.
    description : str
        Untrusted text: never logged, never in an error.
    """

    volume: Volume | None
    problem: ImagingError | None
    modality: str | None
    n_slices: int
    series_instance_uid: str | None = None
    frame_of_reference_uid: str | None = None
    sop_instance_uids: frozenset[str] = frozenset()
    series_number: int | None = None
    description: str = field(default="", repr=False)

    def require_volume(self) -> Volume:
        """Return the volume.

        Raises
        ------
        ImagingError
            The problem, where there is no volume.
        """
        if self.volume is None:
            raise self.problem or ImagingError("no_images")
        return self.volume


Item = tuple[FileSource, Dataset]


def read_series_candidates(image: ImagePath) -> tuple[SeriesCandidate, ...]:
    """List the image series behind a file, folder, zip or list of files.

    Headers are read, pixels are not. Localizers, non-images and files beside the images are left
    out; a warning on every volume counts them.

    Parameters
    ----------
    image : path or sequence of paths
        What the user gave.

    Returns
    -------
    tuple of SeriesCandidate
        At least one, in order of series number and UID. Where there is DICOM, volume files
        (NIfTI, NRRD, MHA) beside it are left out.

    Raises
    ------
    ImagingError
        If a file is broken or cut, or there is no image at all.
    """
    sources = list_sources(image)
    items, volume_files, others = _sort_files(sources)
    images = [item for item in items if _is_image(item[1])]
    kept = [item for item in images if not _is_localizer(item[1])]
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in kept:
        groups[(text(item[1], "SeriesInstanceUID"), _modality(item[1]))].append(item)
    skipped = others + len(items) - len(kept) + (len(volume_files) if groups else 0)
    if groups:
        found = _dicom_candidates(groups)
    elif volume_files:
        found = tuple(_volume_file_candidate(source) for source in volume_files)
    else:
        raise _nothing_found(items)
    return tuple(_with_skipped(candidate, skipped) for candidate in found)


def choose_only_candidate(candidates: Sequence[SeriesCandidate]) -> SeriesCandidate:
    """Return the one CT series, where nothing but the files can decide.

    Raises
    ------
    ImagingError
        If there is no CT series, or there are several.
    """
    usable = [candidate for candidate in candidates if candidate.modality in ("CT", None)]
    if not usable:
        raise candidates[0].problem or ImagingError("no_images")
    with_geometry = [one for one in usable if not _lacks_geometry(one)] or usable
    if len(with_geometry) > 1:
        raise ImagingError("several_series", series=describe_series(with_geometry))
    left_out = len(candidates) - len(with_geometry)
    chosen = with_geometry[0]
    if chosen.volume is None or not left_out:
        return chosen
    return _with_warning(chosen, Notice("other_series_left_out", {"count": left_out}))


def describe_series(candidates: Sequence[SeriesCandidate]) -> str:
    """Return series numbers, slice counts and spacings for a message; no text of the files."""
    parts = []
    for place, one in enumerate(candidates, start=1):
        number = place if one.series_number is None else one.series_number
        spacing = f" x {one.volume.grid.spacing_mm[0]:g} mm" if one.volume is not None else ""
        parts.append(f"#{number}: {one.n_slices}{spacing}")
    return "; ".join(parts)


def _sort_files(
    sources: Sequence[FileSource],
) -> tuple[list[Item], list[FileSource], int]:
    """Part the files into DICOM datasets, volume files, and a count of all others."""
    items: list[Item] = []
    volume_files: list[FileSource] = []
    others = 0
    for source in sources:
        with source.open() as stream:
            head = stream.read(4096)
        if is_volume_file(source, head):
            volume_files.append(source)
        elif is_dicom(head[: max(HEAD_BYTES, len(head))]):
            items.append((source, read_dataset(source)))
        else:
            _check_side_file(source, head, alone=len(sources) == 1)
            others += 1
    return items, volume_files, others


def _check_side_file(source: FileSource, head: bytes, *, alone: bool) -> None:
    """Refuse a file that should be an image and is not; accept one that only lies beside."""
    if alone and source.size:
        raise ImagingError("not_an_image")
    if source.suffix in SIDE_FILE_SUFFIXES or head.startswith(b"PK"):
        return
    raise ImagingError("file_empty" if source.size == 0 else "not_dicom")


def _is_image(dataset: Dataset) -> bool:
    """Return whether a dataset is an image that could be a slice or a volume."""
    return "Rows" in dataset and text(dataset, "Modality") not in NON_IMAGE_MODALITIES


def _is_localizer(dataset: Dataset) -> bool:
    """Return whether an image is a scout view."""
    words = {word.strip(" '[]").upper() for word in text(dataset, "ImageType").split(",")}
    return bool(words & LOCALIZER_WORDS)


def _modality(dataset: Dataset) -> str:
    """Return the modality as a short plain word; the SOP class wins where they disagree."""
    by_class = CT_CLASS_MODALITIES.get(text(dataset, "SOPClassUID"))
    named = "".join(c for c in text(dataset, "Modality").upper() if c.isascii() and c.isalnum())
    if by_class is None and not named and UID(text(dataset, "SOPClassUID")) in CT_CLASSES:
        return "CT"
    return by_class or named[:16] or "?"


def _dicom_candidates(groups: dict[tuple[str, str], list[Item]]) -> tuple[SeriesCandidate, ...]:
    """Make a candidate of every series, in order of series number and UID."""
    candidates = [_dicom_candidate(modality, items) for (_, modality), items in groups.items()]
    return tuple(
        sorted(candidates, key=lambda one: (one.series_number or 0, one.series_instance_uid or ""))
    )


def _dicom_candidate(modality: str, items: list[Item]) -> SeriesCandidate:
    """Make one candidate; what is wrong with the series is its problem, not the folder's."""
    first = items[0][1]
    volume, problem, n_slices = None, None, len(items)
    try:
        if modality != "CT":
            raise ImagingError("not_ct", found=modality)
        _check_one_patient([dataset for _, dataset in items])
        frames = [frame for source, dataset in items for frame in frames_of(source, dataset)]
        n_slices = len(frames)
        volume = _volume_of(make_stack(frames), frames)
    except ImagingError as error:
        problem = error
    number = text(first, "SeriesNumber")
    return SeriesCandidate(
        volume=volume,
        problem=problem,
        modality=modality,
        n_slices=n_slices,
        series_instance_uid=text(first, "SeriesInstanceUID") or None,
        frame_of_reference_uid=text(first, "FrameOfReferenceUID") or None,
        sop_instance_uids=frozenset(text(dataset, "SOPInstanceUID") for _, dataset in items) - {""},
        series_number=int(number) if number.isdecimal() and len(number) < 10 else None,
        description=text(first, "SeriesDescription"),
    )


def _check_one_patient(datasets: Sequence[Dataset]) -> None:
    """Refuse a series of two patients or two frames of reference."""
    for keyword in ("PatientID", "PatientName", "PatientBirthDate"):
        if len({text(dataset, keyword) for dataset in datasets} - {""}) > 1:
            raise ImagingError("two_patients")
    if len({text(dataset, "FrameOfReferenceUID") for dataset in datasets}) > 1:
        raise ImagingError("two_frames_of_reference")


def _volume_of(stack: Stack, frames: Sequence[Frame]) -> Volume:
    """Make the volume of a stack."""
    first = stack.frames[0].dataset
    return Volume(
        grid=stack.grid,
        read_slice_hu=stack.reader(),
        source_format="dicom",
        modality="CT",
        header=series_header(first),
        sop_instance_uids=stack.sop_instance_uids(),
        series_instance_uid=text(first, "SeriesInstanceUID") or None,
        frame_of_reference_uid=text(first, "FrameOfReferenceUID") or None,
        gaps=stack.gaps,
        warnings=(*stack.warnings, *_value_warnings(frames)),
    )


def _value_warnings(frames: Sequence[Frame]) -> tuple[Notice, ...]:
    """Warn of values that the header does not call Hounsfield units."""
    others = {frame.rescale_type.strip().upper() for frame in frames} - {"HU", ""}
    return (Notice("rescale_type_not_hu"),) if others else ()


def _volume_file_candidate(source: FileSource) -> SeriesCandidate:
    """Make the candidate of a NIfTI, NRRD or MHA file; a broken one is refused at once."""
    volume = read_volume_file(source)
    return SeriesCandidate(volume, None, None, volume.grid.size[0])


def _nothing_found(items: Sequence[Item]) -> ImagingError:
    """Return the refusal for files without any image, naming what they are."""
    found = sorted({_modality(dataset) for _, dataset in items})
    return ImagingError("not_ct", found=", ".join(found)) if found else ImagingError("no_images")


def _lacks_geometry(candidate: SeriesCandidate) -> bool:
    """Return whether a series is only pictures (secondary capture, dose sheet)."""
    return candidate.problem is not None and candidate.problem.code in (
        "geometry_missing",
        "pixels_not_gray",
    )


def _with_skipped(candidate: SeriesCandidate, skipped: int) -> SeriesCandidate:
    """Put the count of files that were left out on the candidate's volume."""
    if not skipped:
        return candidate
    return _with_warning(candidate, Notice("non_images_skipped", {"count": skipped}))


def _with_warning(candidate: SeriesCandidate, warning: Notice) -> SeriesCandidate:
    """Return the candidate with one more warning on its volume, if it has one."""
    if candidate.volume is None:
        return candidate
    warnings = (*candidate.volume.warnings, warning)
    return replace(candidate, volume=replace(candidate.volume, warnings=warnings))
