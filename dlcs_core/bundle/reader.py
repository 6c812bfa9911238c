"""A trained-model directory to a verified model.

Everything is verified before anything is used: the list of files, their hashes, the architecture,
every number. Nothing in a bundle is run. The hashes prove that the files belong together, not
who made them: the bundle's own SHA-256 is what a hospital compares with the one it was told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dlcs_core.bundle import layout
from dlcs_core.bundle.arrays import reference_from_bytes, weights_from_bytes
from dlcs_core.bundle.extras import Extras, read_extras
from dlcs_core.bundle.manifest import Manifest
from dlcs_core.bundle.strict_json import parse_strict
from dlcs_core.errors import BundleError, DlcsError
from dlcs_core.network.architecture import INPUT_SIZE_PX, weight_shapes
from dlcs_core.network.inference import Network
from dlcs_core.network.storage import Storage
from dlcs_core.network.uncertainty import ReferenceStatistics
from dlcs_core.network.variants import VARIANT_BY_GRAPH
from dlcs_core.preprocessing.settings import PreprocessingSettings

if TYPE_CHECKING:
    from dlcs_core.models.clinical_signature import ClinicalSignature
    from dlcs_core.models.fusion import FusionModel
    from dlcs_core.models.recalibration import Recalibration
    from dlcs_core.models.survival import SurvivalModel

Part = TypeVar("Part")


@dataclass(frozen=True)
class Bundle:
    """A verified trained model.

    Attributes
    ----------
    manifest : Manifest
        Provenance and settings.
    sha256 : str
        SHA-256 of the manifest, which holds those of all other files: names the whole bundle.
    recalibration : Recalibration
        Fold logits to score and probability.
    clinical_signature : ClinicalSignature
        Logistic model on baseline variables.
    fusion : FusionModel
        DL signature and clinical variables to the DLCS.
    survival : SurvivalModel
        Cox model of overall survival.
    preprocessing : PreprocessingSettings
        How the network's inputs were made.
    reference : ReferenceStatistics
        Where the training cases lie in feature space.
    model_card : str
        Markdown text; from the bundle, so never to be shown as trusted markup.
    extras : Extras
        Label sets, intervals, similar patients, evidence; empty in older bundles.
    """

    manifest: Manifest
    sha256: str
    recalibration: "Recalibration"
    clinical_signature: "ClinicalSignature"
    fusion: "FusionModel"
    survival: "SurvivalModel"
    preprocessing: PreprocessingSettings
    reference: ReferenceStatistics
    model_card: str
    _network: Network
    extras: Extras = field(default_factory=Extras)

    def network(self, threads: int | None = None) -> Network:
        """Return the network; its sessions are made at its first run.

        Parameters
        ----------
        threads : int, optional
            Threads of a run from now on; default: as before, at first the cores this process
            may use.
        """
        if threads is not None:
            self._network.use_threads(threads)
        return self._network


def read_bundle(directory: Path) -> Bundle:
    """Read and verify a bundle.

    Parameters
    ----------
    directory : Path
        The bundle's directory.

    Returns
    -------
    Bundle
        Ready to predict.

    Raises
    ------
    BundleError
        At the first defect: a file that is missing, unlisted, a link or too large; a wrong hash;
        another schema or architecture; a value that is missing or not finite.
    """
    manifest, contents, sha256 = verify_files(directory)
    n_folds = layout.count_folds(contents)
    reference = reference_from_bytes(contents[layout.REFERENCE])
    parts = _read_models(contents)
    if not n_folds == len(reference.mean) == len(parts["recalibration"].fold_shift):
        raise BundleError("bundle_fold_count")
    return Bundle(
        manifest=manifest,
        sha256=sha256,
        preprocessing=_read_preprocessing(manifest),
        reference=reference,
        model_card=_read_text(contents[layout.MODEL_CARD], layout.MODEL_CARD),
        _network=_read_network(contents, n_folds, manifest.weights_storage),
        extras=read_extras(contents, n_folds),
        **parts,
    )


def verify_files(directory: Path) -> tuple[Manifest, dict[str, bytes], str]:
    """Read every file of a bundle and check it against the manifest.

    Parameters
    ----------
    directory : Path
        The bundle's directory.

    Returns
    -------
    manifest : Manifest
        Typed content of ``manifest.json``.
    contents : dict of str to bytes
        Every other file: what was hashed is what will be read.
    sha256 : str
        SHA-256 of the manifest.

    Raises
    ------
    BundleError
        As :func:`read_bundle`.
    """
    found = layout.list_files(directory)
    if layout.MANIFEST not in found:
        raise BundleError("bundle_file_missing", file=layout.MANIFEST)
    raw = layout.read_file(directory, layout.MANIFEST, layout.MAX_MANIFEST_BYTES)
    manifest = Manifest.from_dict(parse_strict(raw, layout.MANIFEST))
    layout.count_folds(manifest.files)
    if found != {layout.MANIFEST, *manifest.files}:
        raise BundleError("bundle_files_differ_from_manifest")
    contents = {}
    for name, expected in manifest.files.items():
        contents[name] = layout.read_file(directory, name)
        if layout.sha256(contents[name]) != expected:
            raise BundleError("bundle_hash", file=name)
    return manifest, contents, layout.sha256(raw)


def _read_network(contents: Mapping[str, bytes], n_folds: int, storage: Storage) -> Network:
    graph = contents[layout.GRAPH]
    variant = VARIANT_BY_GRAPH.get(layout.sha256(graph))
    if variant is None:
        raise BundleError("bundle_graph_unknown")
    shapes = weight_shapes(variant.reduction)
    names = [layout.weights_file(fold) for fold in range(1, n_folds + 1)]
    weights = [weights_from_bytes(contents[name], storage, name, shapes) for name in names]
    return Network(graph, weights)


def _read_models(contents: Mapping[str, bytes]) -> dict[str, Any]:
    # Late: `bundle` is imported by programs that never read one.
    from dlcs_core.models.clinical_signature import ClinicalSignature
    from dlcs_core.models.fusion import FusionModel
    from dlcs_core.models.recalibration import Recalibration
    from dlcs_core.models.survival import SurvivalModel

    readers: dict[str, tuple[str, Callable[[Mapping[str, object]], object]]] = {
        "clinical_signature": (layout.CLINICAL_SIGNATURE, ClinicalSignature.from_dict),
        "fusion": (layout.FUSION, FusionModel.from_dict),
        "survival": (layout.SURVIVAL, SurvivalModel.from_dict),
        "recalibration": (layout.CALIBRATION, Recalibration.from_dict),
    }
    return {
        part: _parsed(read, parse_strict(contents[file], file), file)
        for part, (file, read) in readers.items()
    }


def _read_preprocessing(manifest: Manifest) -> PreprocessingSettings:
    settings = _parsed(PreprocessingSettings.from_dict, manifest.preprocessing, layout.MANIFEST)
    low_hu, high_hu = settings.window_hu
    if not (
        settings.size_px == INPUT_SIZE_PX
        and 0.1 <= settings.spacing_mm <= 10
        and 0 <= settings.margin_mm <= 100
        and -10_000 <= low_hu < high_hu <= 10_000
    ):
        raise BundleError("bundle_preprocessing", size_px=INPUT_SIZE_PX)
    return settings


def _parsed(
    read: Callable[[Mapping[str, object]], Part], values: Mapping[str, object], file: str
) -> Part:
    """Read a part; whatever its class dislikes makes the bundle unusable."""
    try:
        return read(values)
    except (DlcsError, LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BundleError("bundle_model_malformed", file=file) from error


def _read_text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError("bundle_file_unreadable", file=file) from error
