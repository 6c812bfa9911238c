"""Names and sizes of the files of a bundle, and their reading as bytes."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from dlcs_core.errors import BundleError

MANIFEST = "manifest.json"
GRAPH = "network.onnx"
REFERENCE = "reference.npz"
MODEL_CARD = "MODEL_CARD.md"
CLINICAL_SIGNATURE = "clinical_signature.json"
FUSION = "fusion.json"
SURVIVAL = "survival.json"
CALIBRATION = "calibration.json"
CONFORMAL = "conformal.json"
INTERVAL = "interval.json"
SIMILAR_CASES = "similar_cases.json"
SIMILAR_SLICES = "similar_slices.npz"
EVIDENCE = "evidence.json"

SINGLE_FILES = frozenset(
    {GRAPH, REFERENCE, MODEL_CARD, CLINICAL_SIGNATURE, FUSION, SURVIVAL, CALIBRATION}
)
"""Files that every bundle has once, beside the manifest and the weights of its folds."""

OPTIONAL_FILES = frozenset({CONFORMAL, INTERVAL, SIMILAR_CASES, SIMILAR_SLICES, EVIDENCE})
"""Files that a bundle may have: older ones lack them, and what they feed is then empty."""

MAX_MANIFEST_BYTES = 5_000_000
MAX_BUNDLE_BYTES = 1_000_000_000
MAX_FOLDS = 50

_WEIGHTS = re.compile(r"network-([1-9][0-9]?)\.safetensors")


def weights_file(fold: int) -> str:
    """Return the name of a fold's weights; folds count from 1."""
    return f"network-{fold}.safetensors"


def count_folds(names: Iterable[str]) -> int:
    """Check that names are those of a bundle and count its folds.

    Parameters
    ----------
    names : iterable of str
        All but the manifest.

    Returns
    -------
    int
        Number of folds, 1 to 50.

    Raises
    ------
    BundleError
        If a file is missing or of no use in a bundle, or folds are not numbered 1, 2, 3...
    """
    found = set(names)
    folds = sum(bool(_WEIGHTS.fullmatch(name)) for name in found)
    expected = SINGLE_FILES | {weights_file(fold) for fold in range(1, max(folds, 1) + 1)}
    unknown = found - expected - OPTIONAL_FILES
    if unknown:
        raise BundleError("bundle_file_unknown", count=len(unknown))
    if expected - found:
        raise BundleError("bundle_file_missing", file=min(expected - found))
    if folds > MAX_FOLDS:
        raise BundleError("bundle_too_large", limit_mb=MAX_BUNDLE_BYTES // 1_000_000)
    return folds


def list_files(directory: Path) -> set[str]:
    """List a bundle directory without following anything.

    Raises
    ------
    BundleError
        If it is no directory, holds a link, folder or device, or more than a bundle may.
    """
    try:
        with os.scandir(directory) as entries:
            found = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except OSError as error:
        raise BundleError("bundle_missing") from error
    if not all(stat.S_ISREG(status.st_mode) for status in found.values()):
        raise BundleError("bundle_not_plain_files")
    if sum(status.st_size for status in found.values()) > MAX_BUNDLE_BYTES:
        raise BundleError("bundle_too_large", limit_mb=MAX_BUNDLE_BYTES // 1_000_000)
    return set(found)


def read_file(directory: Path, name: str, limit: int = MAX_BUNDLE_BYTES) -> bytes:
    """Read one plain file of at most ``limit`` bytes.

    Raises
    ------
    BundleError
        If it cannot be read, is a link, or is larger.
    """
    try:
        # Not blocking: a pipe that took the file's place after the listing must not hang us.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(directory / name, flags)
        with os.fdopen(descriptor, "rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise BundleError("bundle_file_unreadable", file=name) from error
    if len(content) > limit:
        raise BundleError("bundle_file_too_large", file=name, limit_mb=limit // 1_000_000)
    return content


def sha256(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
