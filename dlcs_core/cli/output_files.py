"""Files that a verb writes: checked before the work begins, complete or not there afterwards."""

import os
from pathlib import Path

from dlcs_core.errors import UsageError


def check_output(path: Path | None) -> None:
    """Refuse a file that cannot be written, before anything expensive is done.

    Parameters
    ----------
    path : Path or None
        None where the option was not given.

    Raises
    ------
    UsageError
        If the folder does not exist or is not writable, or the path is a folder.
    """
    if path is None:
        return
    if path.is_dir():
        raise UsageError("output_is_a_folder", option=path.name)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError("output_folder_missing", option=path.name)


def write_file(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it: a reader never sees half of it.

    Raises
    ------
    UsageError
        If the disk refuses.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError("output_not_written", reason=error.strerror or "I/O error") from error
