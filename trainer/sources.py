"""Which files a cached study was read from, so that only what changed is read again.

A study's signature covers path, size and time of change of every file of its image and mask, the
region, and the version of the program that read it. It is a matter of names and times: no pixel
is read for it, so a cohort of thousands is checked within seconds.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core import __version__
from dlcs_core.errors import TrainingError
from dlcs_core.preprocessing.settings import PreprocessingSettings
from trainer.cache import read_cache, read_masks

MEASURED = (
    "slice_spacing_mm",
    "pixel_spacing_mm",
    "mask_area_mm2",
    "feret_diameter_mm",
    "mean_hu",
)
"""Columns of a cache's table that were measured on the studies."""


def signature(image: Path, mask: Path, region: str | None) -> str:
    """Return what identifies the files of a study and their state, in hexadecimal.

    A file that is missing has a signature, too: reading it will say what is wrong.
    """
    facts = [__version__, str(region)]
    for path in (image, mask):
        facts += [str(path), *(f"{one} {state}" for one, state in _states(path))]
    return hashlib.sha256("\n".join(facts).encode(errors="surrogateescape")).hexdigest()


def _states(path: Path) -> Iterator[tuple[str, str]]:
    """Size and time of change of a file, or of every file in a folder, in order of name."""
    if not path.is_dir():
        yield path.name, _state(path)
        return
    found = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
    for one in sorted(found):
        yield str(one.relative_to(path)), _state(one)


def _state(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"


@dataclass(frozen=True)
class CachedStudy:
    """One study of an earlier cache.

    Attributes
    ----------
    image, mask, further : arrays
        As the cache holds them.
    facts : dict
        What was measured, by column name.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.uint8]
    further: NDArray[np.float32]
    facts: dict[str, Any]


@dataclass(frozen=True)
class EarlierCache:
    """A cache that is there already.

    Attributes
    ----------
    manifest_sha256 : str
        Hash of the manifest that it was made from.
    complete : bool
        Whether no study was left out.
    studies : dict of str to CachedStudy
        By signature.
    """

    manifest_sha256: str
    complete: bool
    studies: dict[str, CachedStudy]

    def is_whole(self, manifest_sha256: str, sources: Sequence[str]) -> bool:
        """Return whether it holds this very manifest's studies, none of them changed."""
        same = self.complete and self.manifest_sha256 == manifest_sha256
        return same and all(source in self.studies for source in sources)


NOTHING = EarlierCache("", complete=False, studies={})
"""No earlier cache, or none that helps."""


def read_earlier(directory: Path, settings: PreprocessingSettings) -> EarlierCache:
    """Open a cache whose studies may be kept.

    Parameters
    ----------
    directory : Path
        Where it would lie.
    settings : PreprocessingSettings
        A cache made with others is of no use.

    Returns
    -------
    EarlierCache
        Without studies where nothing can be kept.

    Raises
    ------
    TrainingError
        If something else lies there, which is not overwritten.
    """
    if not directory.exists():
        return NOTHING
    if not (directory / "cache.json").is_file():
        raise TrainingError("cache_target_exists", found=str(directory))
    facts = json.loads((directory / "cache.json").read_text(encoding="utf-8"))
    if facts.get("preprocessing") != settings.to_dict():
        return NOTHING
    try:
        cache = read_cache(directory)
    except TrainingError:
        return NOTHING  # damaged or of another version: all is read again
    sources = facts.get("sources", [])
    if cache.further is None or len(sources) != len(cache.table):
        return NOTHING
    studies = _studies(sources, cache.images, read_masks(directory), cache.further, cache.table)
    return EarlierCache(facts["manifest_sha256"], not facts["skipped_rows"], studies)


def _studies(
    sources: list[str],
    images: NDArray[np.float32],
    masks: NDArray[np.uint8],
    further: NDArray[np.float32],
    table: pd.DataFrame,
) -> dict[str, CachedStudy]:
    measured = table[list(MEASURED)].to_dict("records")
    return {
        source: CachedStudy(
            images[row], masks[row], further[row], {str(k): v for k, v in measured[row].items()}
        )
        for row, source in enumerate(sources)
    }
