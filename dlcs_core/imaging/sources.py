"""Where image bytes come from: a file, a folder searched recursively, or members of a zip."""

import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.archive import Archive, is_junk, is_zip

MAX_FILES = 20_000
"""Files of a folder; more is not one patient's study."""

ImagePath = Path | str | Sequence[Path | str]


@dataclass(frozen=True)
class FileSource:
    """One readable file: on disk, or a member of a zip that is read on demand.

    Attributes
    ----------
    path : Path
        The file, or the zip that holds it.
    size : int
        Bytes.
    archive, member
        The open zip and the member's entry; None for a file on disk.
    """

    path: Path
    size: int
    archive: Archive | None = None
    member: zipfile.ZipInfo | None = None

    @property
    def suffix(self) -> str:
        """Last extension in lower case with its dot; ``.nii.gz`` and ``.seg.nrrd`` stay whole."""
        name = self.path.name if self.member is None else self.member.filename
        suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes[-2:]]
        whole = "".join(suffixes)
        return whole if whole in (".nii.gz", ".seg.nrrd") else "".join(suffixes[-1:])

    def open(self) -> BinaryIO:
        """Open the bytes for reading; the caller closes.

        Raises
        ------
        ImagingError
            If the file cannot be opened, or the zip member is damaged.
        """
        if self.archive is not None and self.member is not None:
            return BytesIO(self.archive.read(self.member))
        try:
            return self.path.open("rb")
        except OSError as error:
            raise ImagingError("file_unreadable") from error

    def read_bytes(self) -> bytes:
        """Return all bytes; see :meth:`open`."""
        with self.open() as stream:
            return stream.read()


def list_sources(image: ImagePath) -> tuple[FileSource, ...]:
    """Return every file behind what the user gave.

    Parameters
    ----------
    image : path or sequence of paths
        A file, a folder (searched recursively, links to folders are not followed) or a zip; or a
        list of these.

    Returns
    -------
    tuple of FileSource
        In order of path; junk that operating systems leave is left out.

    Raises
    ------
    ImagingError
        If a path does not exist, is no ordinary file or cannot be read, or there are too many.
    """
    paths = [image] if isinstance(image, (str, Path)) else list(image)
    sources = [source for path in paths for source in _sources_of(Path(path))]
    if not sources:
        raise ImagingError("no_files")
    return tuple(sources)


def _sources_of(path: Path) -> Iterator[FileSource]:
    """Yield the files behind one path."""
    try:
        if path.is_dir():
            yield from _files_of_folder(path)
        elif not path.exists():
            raise ImagingError("path_not_found", path=_as_typed(path))
        elif not path.is_file():
            raise ImagingError("not_a_file", path=_as_typed(path))
        else:
            yield from _file_or_members(path)
    except (OSError, ValueError) as error:
        raise ImagingError("file_unreadable") from error


def _as_typed(path: Path) -> str:
    """Return a path for a message: one printable line."""
    name = os.fsencode(path).decode("utf-8", errors="replace")
    return "".join(character if character.isprintable() else "?" for character in name)


def _file_or_members(path: Path) -> Iterator[FileSource]:
    """Yield the file itself, or what is in it when it is a zip."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if not is_zip(head):
        yield FileSource(path, path.stat().st_size)
        return
    archive = Archive(path)
    for member in archive.members:
        yield FileSource(path, member.file_size, archive, member)


def _files_of_folder(folder: Path) -> Iterator[FileSource]:
    """Yield the ordinary files below a folder, sorted, junk left out."""
    count = 0
    for directory, subfolders, names in os.walk(folder):
        subfolders.sort()
        for name in sorted(names):
            path = Path(directory) / name
            if is_junk(path.relative_to(folder).as_posix()) or not path.is_file():
                continue
            count += 1
            if count > MAX_FILES:
                raise ImagingError("too_many_files", limit=MAX_FILES)
            yield FileSource(path, path.stat().st_size)
