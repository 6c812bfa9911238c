"""A study on a page: its image read on demand, its outline imported or drawn, its files gone."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dlcs_core.clinical.record import ClinicalRecord, read_record
from dlcs_core.errors import ImagingError
from dlcs_core.imaging.archive import is_zip
from dlcs_core.imaging.dicom_export import ImageOrigin, read_image_origin
from dlcs_core.imaging.drawn_outline import drawing_of
from dlcs_core.imaging.masks import open_mask
from dlcs_core.imaging.regions import Region
from dlcs_core.imaging.series import (
    SeriesCandidate,
    choose_only_candidate,
    read_series_candidates,
)
from dlcs_core.imaging.study import Mask, Study, Volume
from dlcs_core.imaging.study_reading import read_outline, read_study
from dlcs_core.ui.demo_cases import DemoCase

SLICES_KEPT = 8
"""Decoded slices that a volume keeps: the model's three are read on every run of the page."""


@dataclass(frozen=True, eq=False)
class ImportedOutline:
    """The outline that came with an image.

    Attributes
    ----------
    study : Study
        The image with it, as read.
    sha256 : str
        Hash of the outline's file and of the region chosen from it.
    """

    study: Study
    sha256: str


@dataclass(frozen=True, eq=False)
class OpenedImage:
    """A CT volume ready to be looked at, outlined and assessed.

    Attributes
    ----------
    volume : Volume
        Every slice can be read, decoded on demand.
    image_sha256 : str
        Hash of the image files, whatever their names and order.
    is_demo : bool
        True for a shipped phantom case.
    imported : ImportedOutline or None
        The outline that came with it.
    origin : ImageOrigin or None
        What a DICOM segmentation of it must repeat; None for other formats.
    """

    volume: Volume
    image_sha256: str
    is_demo: bool
    imported: ImportedOutline | None
    origin: ImageOrigin | None

    @property
    def key(self) -> str:
        """Hash of image and imported outline: what a drawn outline belongs to."""
        imported = self.imported.sha256 if self.imported else ""
        return hashlib.sha256(f"{self.image_sha256}{imported}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class OpenedStudy:
    """A study ready to be assessed and shown.

    Attributes
    ----------
    study : Study
        Image and the outline that holds now.
    image_sha256 : str
        Hash of the image files, whatever their names and order.
    sha256 : str
        Hash of image and outline.
    is_demo : bool
        True for a shipped phantom case.
    """

    study: Study
    image_sha256: str
    sha256: str
    is_demo: bool


def open_demo_case(case: DemoCase) -> OpenedStudy:
    """Read a shipped phantom case with the outline that ships with it.

    Raises
    ------
    DlcsError
        If it is a case that should be refused, or ships without an outline.
    """
    opened = with_outline(open_demo_image(case), None)
    if opened is None:
        raise ImagingError("outline_not_drawn")
    return opened


@st.cache_resource(max_entries=16, show_spinner=False)
def open_demo_image(case: DemoCase) -> OpenedImage:
    """Read a shipped phantom case; the same for every visitor.

    Raises
    ------
    DlcsError
        If it is a case that should be refused.
    """
    return _open(case.image, case.mask, None, None, _hash_of(case.image), is_demo=True)


def open_upload(
    images: Sequence[UploadedFile],
    masks: Sequence[UploadedFile],
    region: str | None,
    series: int | None,
) -> OpenedImage:
    """Read an uploaded study; only this visit sees it, and only for two hours.

    Parameters
    ----------
    images, masks : sequence of UploadedFile
        Files of the series (or one zip or volume) and of the outline, where there is one.
    region : str or None
        Number of the region, where the outline file has several.
    series : int or None
        Which of :func:`uploaded_series`, where there is no outline to decide.

    Raises
    ------
    DlcsError
        If the study cannot be trusted.
    """
    return _open_upload(_ids(images), _ids(masks), region, series, images, masks)


def uploaded_regions(masks: Sequence[UploadedFile]) -> tuple[Region, ...]:
    """Return the regions that are drawn in an uploaded outline file.

    Raises
    ------
    DlcsError
        If it is no outline file.
    """
    return _uploaded_regions(_ids(masks), masks)


def uploaded_series(images: Sequence[UploadedFile]) -> tuple[SeriesCandidate, ...]:
    """Return the CT series among uploaded files that can be shown.

    Raises
    ------
    DlcsError
        If a file is broken or there is no CT series.
    """
    return _uploaded_series(_ids(images), images)


def _ids(files: Sequence[UploadedFile]) -> tuple[str, ...]:
    """Return the ids that Streamlit gives to uploads: what a cache knows them by."""
    return tuple(file.file_id for file in files)


@st.cache_resource(scope="session", ttl="2h", max_entries=2, show_spinner=False)
def _open_upload(
    image_ids: tuple[str, ...],  # noqa: ARG001 - the key
    mask_ids: tuple[str, ...],  # noqa: ARG001 - the key
    region: str | None,
    series: int | None,
    _images: Sequence[UploadedFile],
    _masks: Sequence[UploadedFile],
) -> OpenedImage:
    with tempfile.TemporaryDirectory(prefix="dlcs-") as folder:
        image, mask = Path(folder, "image"), Path(folder, "mask")
        _pack(_images, image)
        if _masks:
            _write(_masks, mask)
        image_sha256 = _joined_hash(hashlib.sha256(file.getbuffer()) for file in _images)
        return _open(image, mask if _masks else None, region, series, image_sha256, is_demo=False)


@st.cache_resource(scope="session", ttl="2h", max_entries=2, show_spinner=False)
def _uploaded_regions(
    mask_ids: tuple[str, ...],  # noqa: ARG001 - the key
    _masks: Sequence[UploadedFile],
) -> tuple[Region, ...]:
    with tempfile.TemporaryDirectory(prefix="dlcs-") as folder:
        mask = Path(folder, "mask")
        _write(_masks, mask)
        return tuple(region for region in open_mask(mask).regions if region.is_drawn)


@st.cache_resource(scope="session", ttl="2h", max_entries=2, show_spinner=False)
def _uploaded_series(
    image_ids: tuple[str, ...],  # noqa: ARG001 - the key
    _images: Sequence[UploadedFile],
) -> tuple[SeriesCandidate, ...]:
    with tempfile.TemporaryDirectory(prefix="dlcs-") as folder:
        image = Path(folder, "image")
        _pack(_images, image)
        candidates = read_series_candidates(image)
    usable = tuple(one for one in candidates if one.volume is not None)
    if not usable:
        choose_only_candidate(candidates).require_volume()
    return usable


def read_second_outline(masks: Sequence[UploadedFile], volume: Volume) -> Mask:
    """Read a second reader's outline of a volume that is open.

    Raises
    ------
    DlcsError
        If it cannot be read or belongs to another image.
    """
    with tempfile.TemporaryDirectory(prefix="dlcs-") as folder:
        mask = Path(folder, "mask")
        _write(masks, mask)
        return read_outline(mask, volume)


def uploaded_form(file: UploadedFile) -> ClinicalRecord:
    """Read an uploaded clinical form; its warnings come again when the record is parsed.

    Raises
    ------
    ClinicalError
        If it cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="dlcs-") as folder:
        path = Path(folder, "clinical.json")
        path.write_bytes(file.getbuffer())
        record, _ = read_record(path)
    return record


def _name(index: int, file: UploadedFile) -> str:
    """Return a name of our own; only the ending is the file's, if it is a plain one."""
    endings = [e for e in PurePath(file.name).suffixes[-2:] if e[1:].isalnum() and len(e) < 8]
    return f"{index:05d}{''.join(endings)}"


def _write(files: Iterable[UploadedFile], folder: Path) -> None:
    """Write uploads into a new folder."""
    folder.mkdir()
    for index, file in enumerate(files):
        (folder / _name(index, file)).write_bytes(file.getbuffer())


def _pack(files: Sequence[UploadedFile], path: Path) -> None:
    """Write uploads as one zip, whose slices can be read for as long as it is held open.

    Its name goes with the temporary folder, its bytes when the last volume that reads them goes,
    whatever ends the process.
    """
    if len(files) == 1 and is_zip(bytes(files[0].getbuffer()[:4])):
        path.write_bytes(files[0].getbuffer())
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for index, file in enumerate(files):
            archive.writestr(_name(index, file), file.getbuffer())


def _open(
    image: Path,
    mask: Path | None,
    region: str | None,
    series: int | None,
    image_sha256: str,
    *,
    is_demo: bool,
) -> OpenedImage:
    if mask is None:
        volume, imported = remembering(_chosen(read_series_candidates(image), series)), None
    else:
        study = read_study(image, mask, region)
        volume = remembering(study.volume)
        digest = hashlib.sha256(f"{_hash_of(mask)}{region}".encode())
        imported = ImportedOutline(replace(study, volume=volume), digest.hexdigest())
    return OpenedImage(volume, image_sha256, is_demo, imported, read_image_origin(image, volume))


def _chosen(candidates: Sequence[SeriesCandidate], series: int | None) -> Volume:
    """Return the volume of the chosen series, or of the only one."""
    usable = [one for one in candidates if one.volume is not None]
    if series is not None and series < len(usable):
        return usable[series].require_volume()
    return choose_only_candidate(candidates).require_volume()


def _hash_of(path: Path) -> str:
    """Return a hash of file contents that neither names nor order change."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return _joined_hash(hashlib.sha256(file.read_bytes()) for file in files)


def _joined_hash(hashes: Iterable["hashlib._Hash"]) -> str:
    digests = sorted(one.hexdigest() for one in hashes)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def remembering(volume: Volume) -> Volume:
    """Return a volume that decodes a slice once while it is among the last ones asked for.

    Parameters
    ----------
    volume : Volume
        As read from files.
    """

    @lru_cache(maxsize=SLICES_KEPT)
    def read_slice_hu(slice_index: int) -> NDArray[np.float32]:
        image = volume.read_slice_hu(slice_index)
        image.setflags(write=False)
        return image

    return replace(volume, read_slice_hu=read_slice_hu)


def with_outline(image: OpenedImage, drawn: Mask | None) -> OpenedStudy | None:
    """Return the study of an image and the outline that holds.

    Parameters
    ----------
    image : OpenedImage
        The image.
    drawn : Mask or None
        What stands in the viewer; None for the imported outline.

    Returns
    -------
    OpenedStudy or None
        None where there is no outline at all. An imported outline that nobody changed stays what
        it is, its warnings included.
    """
    imported = image.imported
    if imported is not None and (drawn is None or _same(drawn, imported.study.mask)):
        study, outline = imported.study, imported.sha256
    elif drawn is None or not drawn.planes:
        return None
    else:
        study = Study(image.volume, drawn, None, "polygons", image.volume.warnings)
        outline = json.dumps(drawing_of(drawn), sort_keys=True)
    digest = hashlib.sha256(f"{image.image_sha256}{outline}".encode())
    return OpenedStudy(study, image.image_sha256, digest.hexdigest(), image.is_demo)


def _same(first: Mask, second: Mask) -> bool:
    """Tell whether two masks of one grid hold the same pixels."""
    slices = {*first.planes, *second.planes}
    return all(np.array_equal(first.plane(one), second.plane(one)) for one in slices)
