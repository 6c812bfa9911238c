"""Safe reading of zip archives: nothing is unpacked to disk, members are bounded streams.

Sizes in a zip are claims of whoever made it. The claims are limited first (they bound what
``zipfile`` hands out for a member), then every read counts real bytes and checks the CRC.
Compression methods whose decoder cannot be bounded (bzip2, LZMA) are refused.
"""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from dlcs_core.errors import ArchiveError

MAX_ENTRIES = 3_000
"""Entries of an archive, folders included."""

MAX_TOTAL_BYTES = 2 * 1024**3
"""Unpacked bytes of all members together."""

MAX_MEMBER_BYTES = 1024**3
"""Unpacked bytes of one member: it is held in memory."""

MAX_RATIO = 200
"""Unpacked bytes per packed byte, over the whole archive."""

RATIO_FREE_BYTES = 64 * 1024**2
"""Archives that unpack to less than this are not judged by their ratio (constant slices)."""

ENCRYPTED_FLAG = 0x1
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
CHUNK_BYTES = 1024**2
JUNK_NAMES = frozenset(
    {
        *(".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".directory"),
        *(".gitkeep", ".keep", ".nomedia", ".placeholder"),
    }
)
JUNK_FOLDERS = frozenset({"__MACOSX", ".git", "@eaDir", "$RECYCLE.BIN"})


def is_zip(head: bytes) -> bool:
    """Return whether a file that starts with these bytes is a zip archive."""
    return head.startswith(ZIP_MAGIC)


def is_junk(name: str) -> bool:
    """Return whether a file is one that operating systems leave in folders."""
    path = PurePosixPath(name.replace("\\", "/"))
    inside_junk = any(part in JUNK_FOLDERS for part in path.parts[:-1])
    return inside_junk or path.name.lower() in JUNK_NAMES or path.name.startswith("._")


class Archive:
    """A zip file whose members are read on demand; the file stays open while this lives.

    Parameters
    ----------
    path : Path
        The zip file.

    Attributes
    ----------
    members : tuple of zipfile.ZipInfo
        Files worth looking at: no folders, no junk of operating systems.

    Raises
    ------
    ArchiveError
        If the archive is broken, exceeds the limits, is encrypted, or has links or names that
        leave the folder.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
            raise ArchiveError("archive_broken") from error
        entries = self._zip.infolist()
        _check_limits(entries)
        for entry in entries:
            _check_entry(entry)
        self.members = tuple(
            entry for entry in entries if not entry.is_dir() and not is_junk(entry.filename)
        )

    def read(self, member: zipfile.ZipInfo) -> bytes:
        """Return a member's bytes, checked against its size and CRC.

        Raises
        ------
        ArchiveError
            If the member is cut, damaged or a zip itself.
        """
        try:
            with self._zip.open(member) as stream:
                content = _read_bounded(stream, member.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
            raise ArchiveError("archive_broken") from error
        except (NotImplementedError, RuntimeError) as error:
            raise ArchiveError("archive_unsupported") from error
        if is_zip(content[:4]) and member.filename.lower().endswith(".zip"):
            raise ArchiveError("archive_nested")
        return content


def _read_bounded(stream: IO[bytes], claimed_bytes: int) -> bytes:
    """Read to the end, at most the claimed size; reading to the end checks the CRC."""
    content = bytearray()
    while chunk := stream.read(CHUNK_BYTES):
        content += chunk
        if len(content) > claimed_bytes:
            raise ArchiveError("archive_broken")
    if len(content) != claimed_bytes:
        raise ArchiveError("archive_broken")
    return bytes(content)


def _check_limits(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that claims too much."""
    if len(entries) > MAX_ENTRIES:
        raise ArchiveError("archive_too_many_entries", found=len(entries), limit=MAX_ENTRIES)
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    largest = max((entry.file_size for entry in entries), default=0)
    if unpacked > MAX_TOTAL_BYTES or largest > MAX_MEMBER_BYTES:
        raise ArchiveError("archive_too_large", limit_gib=MAX_TOTAL_BYTES // 1024**3)
    if unpacked > RATIO_FREE_BYTES and unpacked > MAX_RATIO * max(packed, 1):
        raise ArchiveError("archive_ratio", limit=MAX_RATIO)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that is encrypted, a link, badly named or of an unbounded method."""
    if entry.flag_bits & ENCRYPTED_FLAG:
        raise ArchiveError("archive_encrypted")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveError("archive_link")
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
        raise ArchiveError("archive_unsafe_name")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError("archive_unsupported")
