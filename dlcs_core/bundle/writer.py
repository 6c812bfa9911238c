"""A trained model to a directory, all of it or nothing."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from dlcs_core.bundle import layout
from dlcs_core.bundle.arrays import reference_to_bytes, weights_to_bytes
from dlcs_core.bundle.extras import Extras
from dlcs_core.bundle.manifest import Manifest
from dlcs_core.bundle.reader import read_bundle, verify_files
from dlcs_core.errors import BundleError
from dlcs_core.network.uncertainty import ReferenceStatistics

if TYPE_CHECKING:
    from dlcs_core.models.clinical_signature import ClinicalSignature
    from dlcs_core.models.fusion import FusionModel
    from dlcs_core.models.local_recalibration import LocalRecalibration
    from dlcs_core.models.recalibration import Recalibration
    from dlcs_core.models.survival import SurvivalModel


_LOCAL_EVIDENCE = "local_recalibration"


class _JsonModel(Protocol):
    def to_dict(self) -> Mapping[str, object]: ...


@dataclass(frozen=True)
class BundleContents:
    """Everything that goes into a bundle.

    Attributes
    ----------
    manifest : Manifest
        ``files`` may be empty: the writer fills it in.
    network_graph : bytes
        Of :func:`dlcs_core.network.export.make_graph`.
    fold_weights : sequence of mapping
        Per fold, weights by name, rounded to ``manifest.weights_storage`` before any score was
        computed.
    recalibration, clinical_signature, fusion, survival : models
        With ``to_dict``.
    reference : ReferenceStatistics
        For the out-of-distribution check, one entry per fold.
    model_card : str
        Markdown.
    extras : Extras
        Optional parts; none by default.
    """

    manifest: Manifest
    network_graph: bytes
    fold_weights: Sequence[Mapping[str, NDArray[np.float32]]]
    recalibration: "Recalibration"
    clinical_signature: "ClinicalSignature"
    fusion: "FusionModel"
    survival: "SurvivalModel"
    reference: ReferenceStatistics
    model_card: str
    extras: Extras = field(default_factory=Extras)


def write_bundle(directory: Path, contents: BundleContents) -> Manifest:
    """Write a bundle, verify it and only then put it in place.

    Parameters
    ----------
    directory : Path
        Where the bundle shall stand. An older bundle there is replaced; anything else is not.
    contents : BundleContents
        What to write.

    Returns
    -------
    Manifest
        As written, with the hashes of all files.

    Raises
    ------
    BundleError
        If the directory holds something that is no bundle, or the contents fail verification.
    """
    return _install(directory, contents.manifest, _files(contents))


def write_recalibrated(
    source: Path,
    directory: Path,
    layers: Mapping[str, "LocalRecalibration"],
    evidence: Mapping[str, object],
) -> Manifest:
    """Write a bundle that differs from another one by local layers over its probabilities.

    Parameters
    ----------
    source : Path
        The trained model.
    directory : Path
        Where the new bundle shall stand; not the source itself.
    layers : mapping of str to LocalRecalibration
        By score, beside those that the source has.
    evidence : mapping
        What the adjustment changed, for ``manifest.metrics["local_recalibration"]``.

    Returns
    -------
    Manifest
        Of the new bundle; its version ends in ``+local``.

    Raises
    ------
    BundleError
        If the source fails verification, a score has a layer already, or the directory is the
        source or holds something that is no bundle.
    """
    if directory.resolve() == source.resolve():
        raise BundleError("bundle_target_is_source")
    bundle = read_bundle(source)
    known = bundle.recalibration.local
    if set(known) & set(layers):
        raise BundleError("bundle_has_local_layer", score=min(set(known) & set(layers)))
    manifest, files, _ = verify_files(source)
    adjusted = replace(bundle.recalibration, local={**known, **layers})
    files[layout.CALIBRATION] = _json(adjusted, layout.CALIBRATION)
    version = manifest.version if known else f"{manifest.version}+local"
    before = manifest.metrics.get(_LOCAL_EVIDENCE, {})
    told = {**(before if isinstance(before, Mapping) else {}), **evidence}
    changed = replace(
        manifest, version=version, metrics={**manifest.metrics, _LOCAL_EVIDENCE: told}
    )
    return _install(directory, changed, files)


def _install(directory: Path, described: Manifest, files: Mapping[str, bytes]) -> Manifest:
    """Write files beside their place, verify them as a bundle, and rename."""
    _refuse_other_content(directory)
    manifest = described.with_files({n: layout.sha256(c) for n, c in files.items()})
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, because only a rename within one file system is atomic.
    work = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        built = work / "new"
        _write_files(built, {**files, layout.MANIFEST: manifest.to_bytes()})
        read_bundle(built)
        _put_in_place(built, directory, old=work / "old")
    finally:
        shutil.rmtree(work)
    return manifest


def _put_in_place(built: Path, directory: Path, old: Path) -> None:
    if directory.exists():
        directory.rename(old)
    try:
        built.rename(directory)
    except OSError:
        if old.exists():
            old.rename(directory)
        raise
    _sync(directory.parent)


def _refuse_other_content(directory: Path) -> None:
    """Refuse to replace what may be someone's data."""
    if not directory.exists() and not directory.is_symlink():
        return
    is_plain = directory.is_dir() and not directory.is_symlink()
    if not is_plain or (any(directory.iterdir()) and not (directory / layout.MANIFEST).is_file()):
        raise BundleError("bundle_target_is_no_bundle")


def _files(contents: BundleContents) -> dict[str, bytes]:
    files = {
        layout.GRAPH: contents.network_graph,
        layout.REFERENCE: reference_to_bytes(contents.reference),
        layout.MODEL_CARD: contents.model_card.encode(),
        layout.CLINICAL_SIGNATURE: _json(contents.clinical_signature, layout.CLINICAL_SIGNATURE),
        layout.FUSION: _json(contents.fusion, layout.FUSION),
        layout.SURVIVAL: _json(contents.survival, layout.SURVIVAL),
        layout.CALIBRATION: _json(contents.recalibration, layout.CALIBRATION),
        **contents.extras.to_files(),
    }
    for fold, weights in enumerate(contents.fold_weights, start=1):
        files[layout.weights_file(fold)] = weights_to_bytes(
            weights, contents.manifest.weights_storage
        )
    return files


def _json(model: _JsonModel, file: str) -> bytes:
    try:
        text = json.dumps(model.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError) as error:
        raise BundleError("bundle_json_invalid", file=file) from error
    return (text + "\n").encode()


def _write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files and wait until the disk has them: a crash later must not leave half a bundle."""
    directory.mkdir()
    for name, content in files.items():
        with (directory / name).open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    _sync(directory)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
