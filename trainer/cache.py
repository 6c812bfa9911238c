"""The tensor cache: every study read once, so that training never opens a medical image.

A cache is a directory:

``images.npy``
    float32 (n_patients, 3, 112, 112), model inputs in [0, 1].
``masks.npy``
    uint8 (n_patients, n_bytes): the three masks, packed 8 pixels to a byte.
``further.npy``
    float32 (n_patients, 2, 112, 112): the slices below and above the three. May be missing.
``table.csv``
    The manifest's rows without image and mask paths, and what was measured on each study.
``cache.json``
    Preprocessing settings, hash of the manifest, SHA-256 of the other files.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.errors import TrainingError

SCHEMA = "dlcs.cache/1"
FURTHER = "further.npy"
FILES = ("images.npy", "masks.npy", "table.csv")


@dataclass(frozen=True)
class TrainingCache:
    """A cohort ready for training.

    Attributes
    ----------
    images : float32 array, shape (n_patients, 3, 112, 112)
        Mapped from disk, read-only.
    further : float32 array, shape (n_patients, 2, 112, 112), or None
        The slices below and above the three; likewise.
    table : DataFrame
        One row per image: ``patient_id``, ``center``, ``cohort``, ``good_response`` (bool) and
        everything else of the manifest as text or numbers.
    preprocessing : dict
        Settings as JSON values.
    synthetic : bool
        True where the cohort came with the truths from which ``synthesize`` drew it.
    fingerprint : str
        SHA-256 over the hashes of the files: two caches with one fingerprint train alike.
    directory : Path
        Where it lies.
    """

    images: NDArray[np.float32]
    further: NDArray[np.float32] | None
    table: pd.DataFrame
    preprocessing: dict[str, Any]
    synthetic: bool
    fingerprint: str
    directory: Path


def read_cache(directory: Path) -> TrainingCache:
    """Open a cache after verifying its hashes.

    Raises
    ------
    TrainingError
        If a file is missing or not the one that was written, or the table does not fit the
        images.
    """
    try:
        facts = json.loads((directory / "cache.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError("cache_not_found") from error
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise TrainingError("cache_schema", expected=SCHEMA)
    for name in FILES + (FURTHER,) * (FURTHER in facts["sha256"]):
        if _sha256(directory / name) != facts["sha256"].get(name):
            raise TrainingError("cache_damaged", file=name)
    images = np.load(directory / "images.npy", mmap_mode="r", allow_pickle=False)
    further = None
    if FURTHER in facts["sha256"]:
        further = np.load(directory / FURTHER, mmap_mode="r", allow_pickle=False)
    table = pd.read_csv(
        directory / "table.csv",
        dtype={"patient_id": str, "center": str},
        keep_default_na=False,
        na_values=[""],
    )
    table["good_response"] = table["good_response"].astype(bool)
    if len(table) != len(images):
        raise TrainingError("cache_damaged", file="table.csv")
    return TrainingCache(
        images,
        further,
        table,
        preprocessing=facts["preprocessing"],
        synthetic=bool(facts["synthetic"]),
        fingerprint=facts["fingerprint"],
        directory=directory,
    )


def read_masks(directory: Path) -> NDArray[np.uint8]:
    """Return the masks of a cache, uint8 (n_patients, 3, 112, 112), 0 or 1."""
    images = np.load(directory / "images.npy", mmap_mode="r", allow_pickle=False)
    packed = np.load(directory / "masks.npy", allow_pickle=False)
    bits = np.unpackbits(packed, axis=1, count=int(np.prod(images.shape[1:])))
    return bits.reshape(images.shape)


def write_cache(
    directory: Path,
    images: NDArray[np.float32],
    masks: NDArray[np.uint8],
    table: pd.DataFrame,
    facts: dict[str, Any],
    further: NDArray[np.float32] | None = None,
) -> None:
    """Write the files of a cache into an empty directory.

    Parameters
    ----------
    directory : Path
        Existing; not yet visible under its final name.
    images : float32 array, shape (n_patients, 3, 112, 112)
        Model inputs.
    masks : uint8 array of the same shape
        0 or 1.
    table : DataFrame
        One row per image.
    facts : dict
        ``preprocessing``, ``synthetic``, ``manifest_sha256`` and counts.
    further : float32 array, shape (n_patients, 2, 112, 112), optional
        The slices below and above the three.
    """
    np.save(directory / "images.npy", np.ascontiguousarray(images, dtype=np.float32))
    np.save(directory / "masks.npy", np.packbits(masks.reshape(len(masks), -1), axis=1))
    table.to_csv(directory / "table.csv", index=False, lineterminator="\n")
    names: tuple[str, ...] = FILES
    if further is not None:
        np.save(directory / FURTHER, np.ascontiguousarray(further, dtype=np.float32))
        names += (FURTHER,)
    hashes = {name: _sha256(directory / name) for name in names}
    settings = json.dumps(facts["preprocessing"], sort_keys=True)
    fingerprint = hashlib.sha256((settings + "".join(hashes.values())).encode()).hexdigest()
    content = {"schema": SCHEMA, "sha256": hashes, "fingerprint": fingerprint, **facts}
    text = json.dumps(content, indent=1, sort_keys=True)
    (directory / "cache.json").write_text(text + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    """Return a file's SHA-256; of a missing file the empty string."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
