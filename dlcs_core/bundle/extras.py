"""What a bundle may carry beside its models: label sets, intervals, similar patients, evidence.

Bundles made before these parts existed lack the files; a page then has nothing to show.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.bundle import layout
from dlcs_core.bundle.slices import slices_from_bytes, slices_to_bytes
from dlcs_core.bundle.strict_json import parse_strict
from dlcs_core.errors import BundleError, DlcsError

if TYPE_CHECKING:
    from dlcs_core.models.conformal import ConformalModel
    from dlcs_core.models.interval import IntervalModel
    from dlcs_core.models.similar_cases import SimilarCases


@dataclass(frozen=True, eq=False)
class Extras:
    """The optional parts of a bundle.

    Attributes
    ----------
    conformal : ConformalModel or None
        Label sets.
    interval : IntervalModel or None
        Intervals of the probabilities; None where no coverage is on record.
    similar : SimilarCases or None
        Training patients in signature space.
    slices : uint8 array (n_patients, side, side) or None
        Their key slices; synthetic cohorts, or an institution's own decision.
    evidence : mapping
        What the later stages found: free-form JSON for the model card.
    """

    conformal: "ConformalModel | None" = None
    interval: "IntervalModel | None" = None
    similar: "SimilarCases | None" = None
    slices: NDArray[np.uint8] | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)

    def to_files(self) -> dict[str, bytes]:
        """Return the files of the parts that are there.

        Raises
        ------
        BundleError
            If a number is not finite.
        """
        models = {
            layout.CONFORMAL: self.conformal,
            layout.INTERVAL: self.interval,
            layout.SIMILAR_CASES: self.similar,
        }
        values = {name: model.to_dict() for name, model in models.items() if model is not None}
        if self.evidence:
            values[layout.EVIDENCE] = dict(self.evidence)
        files = {name: _json(content, name) for name, content in values.items()}
        if self.slices is not None:
            files[layout.SIMILAR_SLICES] = slices_to_bytes(self.slices)
        return files


def read_extras(contents: Mapping[str, bytes], n_folds: int) -> Extras:
    """Read the optional parts among the verified files of a bundle.

    Parameters
    ----------
    contents : mapping of str to bytes
        All files.
    n_folds : int
        Networks of the bundle.

    Raises
    ------
    BundleError
        If a part is malformed, or does not fit the bundle.
    """
    from dlcs_core.models.conformal import ConformalModel
    from dlcs_core.models.interval import IntervalModel
    from dlcs_core.models.similar_cases import SimilarCases

    similar = _read(contents, layout.SIMILAR_CASES, SimilarCases.from_dict)
    slices = contents.get(layout.SIMILAR_SLICES)
    if (slices is not None and similar is None) or (similar and similar.fold.max() >= n_folds):
        raise BundleError("bundle_model_malformed", file=layout.SIMILAR_CASES)
    evidence = contents.get(layout.EVIDENCE)
    return Extras(
        conformal=_read(contents, layout.CONFORMAL, ConformalModel.from_dict),
        interval=_read(contents, layout.INTERVAL, IntervalModel.from_dict),
        similar=similar,
        slices=None if slices is None else slices_from_bytes(slices, len(similar or ())),
        evidence={} if evidence is None else parse_strict(evidence, layout.EVIDENCE),
    )


def _read(contents: Mapping[str, bytes], file: str, read: Callable[[object], Any]) -> Any:
    """Read one part; whatever its class dislikes makes the bundle unusable."""
    if file not in contents:
        return None
    values = parse_strict(contents[file], file)
    try:
        return read(values)
    except (DlcsError, LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BundleError("bundle_model_malformed", file=file) from error


def _json(content: Mapping[str, object], file: str) -> bytes:
    try:
        # Compact: a table of patients is not meant for the eye.
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError) as error:
        raise BundleError("bundle_json_invalid", file=file) from error
    return (text + "\n").encode()
