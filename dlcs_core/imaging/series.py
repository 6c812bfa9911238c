"""Which series the files hold: candidates to choose from, each a Volume or the reason why not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.dicom_frames import Frame, frames_of
from dlcs_core.imaging.dicom_header import series_header
from dlcs_core.imaging.dicom_pixels import read_frame_hu
from dlcs_core.imaging.dicom_values import text
from dlcs_core.imaging.file_sorting import Item, modality_of, sort_files
from dlcs_core.imaging.sources import FileSource, ImagePath, list_sources
from dlcs_core.imaging.stack import Stack, make_stack
from dlcs_core.imaging.study import Volume
from dlcs_core.imaging.volume_files import read_volume_file

MAX_DESCRIBED = 10
"""Series named in a message; it must stay one line."""


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
    files = sort_files(list_sources(image))
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for source, dataset in files.slices:
        key = (text(dataset, "SeriesInstanceUID"), modality_of(dataset))
        groups[key].append((source, dataset))
    skipped = files.n_side_files + len(files.other_dicom)
    if groups:
        found = _dicom_candidates(groups)
        skipped += len(files.volume_files)
    elif files.volume_files:
        found = tuple(_volume_file_candidate(source) for source in files.volume_files)
    else:
        raise _nothing_found(files.other_dicom)
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
    for place, one in enumerate(candidates[:MAX_DESCRIBED], start=1):
        number = place if one.series_number is None else one.series_number
        spacing = f" x {one.volume.grid.spacing_mm[0]:g} mm" if one.volume is not None else ""
        parts.append(f"#{number}: {one.n_slices}{spacing}")
    if len(candidates) > MAX_DESCRIBED:
        parts.append("...")
    return "; ".join(parts)


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
        volume = _volume_of(make_stack(frames))
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


def _volume_of(stack: Stack) -> Volume:
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
        warnings=(*stack.warnings, *_value_warnings(stack.frames)),
    )


def _value_warnings(frames: Sequence[Frame]) -> Iterator[Notice]:
    """Warn of values that may be no Hounsfield units."""
    if {frame.rescale_type for frame in frames} - {"HU"}:
        yield Notice("rescale_type_not_hu")
    if any(frame.padding_is_tissue for frame in frames):
        yield Notice("padding_in_tissue")
    if any(text(frame.dataset, "LossyImageCompression") == "01" for frame in frames):
        yield Notice("lossy_compression")
    middle = frames[len(frames) // 2]
    if middle.intercept >= 0 and read_frame_hu(middle).min() >= 0:
        yield Notice("values_not_hu")


def _volume_file_candidate(source: FileSource) -> SeriesCandidate:
    """Make the candidate of a NIfTI, NRRD or MHA file; a broken one is refused at once."""
    volume = read_volume_file(source)
    return SeriesCandidate(volume, None, None, volume.grid.size[0])


def _nothing_found(other_dicom: Sequence[Dataset]) -> ImagingError:
    """Return the refusal for files without any image, naming what they are."""
    found = sorted({modality_of(dataset) for dataset in other_dicom})
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
