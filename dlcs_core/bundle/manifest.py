"""What a bundle says about itself: ``manifest.json``, typed."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_args

from dlcs_core.errors import BundleError
from dlcs_core.network.inference import VIEW_COUNTS
from dlcs_core.network.storage import Storage
from dlcs_core.preprocessing.input_statistics import INPUT_STATISTICS

SCHEMA = "dlcs.bundle/1"
"""Schema of the manifest and of the directory around it."""

TRAINED_RANGES = (
    "slice_spacing_mm",
    "pixel_spacing_mm",
    "mask_area_mm2",
    "mean_hu",
    *INPUT_STATISTICS,
)
"""Properties of a study whose range in training decides whether the model is made for it."""


@dataclass(frozen=True)
class Cutoff:
    """A value that turns a prediction into a class, and where it comes from.

    Attributes
    ----------
    value : float
        Positive, or high risk, at or above it.
    cohort : str
        Cohort on which it was chosen.
    """

    value: float
    cohort: str


@dataclass(frozen=True)
class Manifest:
    """Provenance and settings of a trained model.

    Attributes
    ----------
    name, version : str
        Name and version of the model.
    code_version : str
        Version of the program that trained it.
    created : str
        ISO date, given by the caller so that a rebuild is identical.
    synthetic_training_data : bool
        True: trained on phantoms; says nothing about patients.
    seed : int
        Of the whole training.
    config : mapping
        Effective training settings.
    variables : tuple of str
        Clinical variables that the models of the bundle use.
    preprocessing : mapping
        ``PreprocessingSettings.to_dict()``.
    cutoffs : mapping of str to Cutoff
        E.g. ``dlcs`` and ``survival``.
    cohort_sizes : mapping of str to mapping
        Per cohort, counts such as ``patients`` and ``good_response``.
    metrics : mapping
        Free form; every estimate with its interval.
    survival_time_origin : str
        The moment from which survival time counts.
    trained_ranges : mapping of str to (low, high)
        Ranges of some ``TRAINED_RANGES`` in the training cohort: the model abstains from cases
        outside. Other names are refused, as no gate would look at them.
    served_calibration : mapping
        Calibration of the served pipeline (mean of folds and views) on held-out patients:
        ``slope``, ``intercept`` and what goes with them.
    weights_storage : {"int8", "float16"}
        Stored form of the network's weights.
    n_views : int
        Views over which each fold is averaged when served.
    onnx_logit_error : float
        Largest difference of logits between torch and the served graph, measured at export.
    interval_method : str or None
        How ``ci95`` is made; None where its coverage is not on record: then there is none.
    interval_coverage : float or None
        Measured coverage of the interval, in [0, 1].
    files : mapping of str to str
        SHA-256 of every other file of the bundle; filled in by the writer.
    """

    name: str
    version: str
    code_version: str
    created: str
    synthetic_training_data: bool
    seed: int
    config: Mapping[str, object]
    variables: tuple[str, ...]
    preprocessing: Mapping[str, object]
    cutoffs: Mapping[str, Cutoff]
    cohort_sizes: Mapping[str, Mapping[str, int]]
    metrics: Mapping[str, object]
    survival_time_origin: str
    trained_ranges: Mapping[str, tuple[float, float]]
    served_calibration: Mapping[str, object]
    weights_storage: Storage
    n_views: int
    onnx_logit_error: float
    interval_method: str | None = None
    interval_coverage: float | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def with_files(self, files: Mapping[str, str]) -> "Manifest":
        """Return the manifest of these files (name to SHA-256)."""
        return replace(self, files=dict(sorted(files.items())))

    def to_bytes(self) -> bytes:
        """Write the manifest as JSON; the same bytes for the same content.

        Raises
        ------
        BundleError
            If a value is no JSON value, or not finite.
        """
        values = {f.name: _jsonable(getattr(self, f.name)) for f in fields(self)}
        try:
            text = json.dumps(
                {"schema": SCHEMA, **values}, indent=1, ensure_ascii=False, allow_nan=False
            )
        except (ValueError, TypeError) as error:
            raise BundleError("bundle_json_invalid", file="manifest.json") from error
        return (text + "\n").encode()

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "Manifest":
        """Read a manifest that was parsed strictly.

        Raises
        ------
        BundleError
            If the schema is another, a field is missing or unknown, or a value is of the wrong
            kind.
        """
        if values.get("schema") != SCHEMA:
            raise BundleError("bundle_schema", expected=SCHEMA)
        found = {name: value for name, value in values.items() if name != "schema"}
        if set(found) != set(_READERS):
            raise BundleError("manifest_fields", fields=_some(set(found) ^ set(_READERS)))
        manifest = cls(**{name: _read_field(name, value) for name, value in found.items()})
        if (manifest.interval_method is None) != (manifest.interval_coverage is None):
            raise BundleError("manifest_field_invalid", field="interval_coverage")
        return manifest


def _some(names: set[str]) -> str:
    """Name fields that this program knows; others come from the file and stay unsaid."""
    return ", ".join(sorted(names & set(_READERS))) or str(len(names))


def _jsonable(value: object) -> object:
    if isinstance(value, Cutoff):
        return {"value": value.value, "cohort": value.cohort}
    if isinstance(value, Mapping):
        return {name: _jsonable(member) for name, member in value.items()}
    return value


def _read_field(name: str, value: object) -> Any:
    try:
        return _READERS[name](value)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise BundleError("manifest_field_invalid", field=name) from error


def _text(value: object) -> str:
    # Shown on terminals and pages: one line, nothing that steers them.
    if not isinstance(value, str) or len(value) > 500 or not value.isprintable():
        raise ValueError
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _cutoff(value: object) -> Cutoff:
    parts = dict(_mapping(value))
    cutoff = Cutoff(_number(parts.pop("value")), _text(parts.pop("cohort")))
    if parts:
        raise ValueError
    return cutoff


def _range(value: object) -> tuple[float, float]:
    low, high = map(_number, _list(value))
    if low > high:
        raise ValueError
    return low, high


def _trained_ranges(value: object) -> dict[str, tuple[float, float]]:
    if not set(_mapping(value)) <= set(TRAINED_RANGES):
        raise ValueError
    return {name: _range(limits) for name, limits in _mapping(value).items()}


def _sha256(value: object) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", _text(value)):
        raise ValueError
    return str(value)


def _coverage(value: object) -> float | None:
    if value is None:
        return None
    coverage = _number(value)
    if not 0 <= coverage <= 1:
        raise ValueError
    return coverage


def _storage(value: object) -> str:
    if value not in get_args(Storage):
        raise ValueError
    return str(value)


def _views(value: object) -> int:
    if _whole(value) not in VIEW_COUNTS:
        raise ValueError
    return _whole(value)


def _members(read: Callable[[object], Any]) -> Callable[[object], dict[str, Any]]:
    """Make a reader of objects whose members are all of one kind."""
    return lambda value: {_text(name): read(member) for name, member in _mapping(value).items()}


_READERS: Mapping[str, Callable[[object], Any]] = {
    "name": _text,
    "version": _text,
    "code_version": _text,
    "created": _text,
    "synthetic_training_data": _boolean,
    "seed": _whole,
    "config": _mapping,
    "variables": lambda value: tuple(map(_text, _list(value))),
    "preprocessing": _mapping,
    "cutoffs": _members(_cutoff),
    "cohort_sizes": _members(_members(_whole)),
    "metrics": _mapping,
    "survival_time_origin": _text,
    "trained_ranges": _trained_ranges,
    "served_calibration": _mapping,
    "weights_storage": _storage,
    "n_views": _views,
    "onnx_logit_error": _number,
    "interval_method": lambda value: None if value is None else _text(value),
    "interval_coverage": _coverage,
    "files": _members(_sha256),
}
