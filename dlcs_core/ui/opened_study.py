"""A study on a page: read once, its needed slices kept in memory, its files gone."""

import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dlcs_core.clinical.record import ClinicalRecord, read_record
from dlcs_core.errors import ImagingError
from dlcs_core.imaging.study import Study
from dlcs_core.imaging.study_reading import read_study
from dlcs_core.preprocessing.slices import select_slices
from dlcs_core.ui.demo_cases import DemoCase


@dataclass(frozen=True, eq=False)
class OpenedStudy:
    """A study ready to be assessed and shown.

    Attributes
    ----------
    study : Study
        Only the slices that model and page need can be read.
    image_sha256 : str
        Hash of the image files, whatever their names and order.
    sha256 : str
        Hash of image, outline and region.
    is_demo : bool
        True for a shipped phantom case.
    """

    study: Study
    image_sha256: str
    sha256: str
    is_demo: bool


@st.cache_resource(max_entries=16, show_spinner=False)
def open_demo_case(case: DemoCase) -> OpenedStudy:
    """Read a shipped phantom case; the same for every visitor.

    Raises
    ------
    DlcsError
        If it is a case that should be refused.
    """
    return _open(case.image, case.mask, None, is_demo=True)


def open_upload(
    images: Sequence[UploadedFile], masks: Sequence[UploadedFile], region: str | None
) -> OpenedStudy:
    """Read an uploaded study; only this visit sees it, and only for two hours.

    Parameters
    ----------
    images, masks : sequence of UploadedFile
        Files of the series (or one zip or volume) and of the outline.
    region : str or None
        Number or name of the region, where the outline file has several.

    Raises
    ------
    DlcsError
        If the study cannot be trusted.
    """
    files = tuple(file.file_id for file in (*images, *masks))
    return _open_upload(files, len(images), region, images, masks)


@st.cache_resource(scope="session", ttl="2h", max_entries=2, show_spinner=False)
def _open_upload(
    file_ids: tuple[str, ...],  # noqa: ARG001 - Streamlit gives each upload its own: the key
    n_images: int,  # noqa: ARG001 - where the images end and the outline begins
    region: str | None,
    _images: Sequence[UploadedFile],
    _masks: Sequence[UploadedFile],
) -> OpenedStudy:
    with tempfile.TemporaryDirectory(prefix="dlcs-") as folder:
        image, mask = Path(folder, "image"), Path(folder, "mask")
        _write(_images, image)
        _write(_masks, mask)
        return _open(image, mask, region, is_demo=False)


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


def _write(files: Iterable[UploadedFile], folder: Path) -> None:
    """Write uploads under names of our own; only the ending is theirs, if it is a plain one."""
    folder.mkdir()
    for index, file in enumerate(files):
        endings = [e for e in PurePath(file.name).suffixes[-2:] if e[1:].isalnum() and len(e) < 8]
        (folder / f"{index:05d}{''.join(endings)}").write_bytes(file.getbuffer())


def _open(image: Path, mask: Path, region: str | None, *, is_demo: bool) -> OpenedStudy:
    study = in_memory(read_study(image, mask, region))
    image_sha256 = _hash_of(image)
    digest = hashlib.sha256(f"{image_sha256}{_hash_of(mask)}{region}".encode())
    return OpenedStudy(study, image_sha256, digest.hexdigest(), is_demo)


def _hash_of(path: Path) -> str:
    """Return a hash of file contents that neither names nor order change."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    digests = sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def in_memory(study: Study) -> Study:
    """Return a study whose three slices are decoded, so that its files may go.

    Parameters
    ----------
    study : Study
        As read from files.

    Raises
    ------
    ImagingError, PreprocessingError
        If one of the slices cannot be decoded or is missing beside the tumour.
    """
    selected = select_slices(study)
    kept: dict[int, NDArray[np.float32]] = dict(
        zip(selected.slice_indices, selected.image_hu, strict=True)
    )

    def read_kept_hu(slice_index: int) -> NDArray[np.float32]:
        if slice_index not in kept:
            raise ImagingError("ui_slice_not_kept", slice=slice_index)
        return kept[slice_index]

    return replace(study, volume=replace(study.volume, read_slice_hu=read_kept_hu))
