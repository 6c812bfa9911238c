"""A case as a board keeps it: what is shown before the vote, and apart from it the result.

Kept without identifiers: the label is typed by the user, UIDs and the form's number are left out,
and of the images only a square around the tumour, in the window that is shown, which also cuts
away what is burnt into a slice's corners.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import StoreError
from dlcs_core.figures.ct_overlay import DISPLAY_WINDOW_HU, CtSlice, windowed
from dlcs_core.models.nomogram import Nomogram
from dlcs_core.models.risk_group_curves import RiskGroupCurve
from dlcs_core.preprocessing.model_input import InputFrame, ModelInput
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import CaseView
from dlcs_core.store.assessments import AssessmentHistory
from dlcs_core.store.plain_json import from_json, to_json

SCHEMA = "dlcs.board_case/1"

FIELD_MM = 200.0
"""Side of the square around the tumour that is kept."""

_HEAT_STEPS = 255


@dataclass(frozen=True)
class Outcome:
    """What became of a patient; each part None while it is not known.

    Attributes
    ----------
    trg : int or None
        Tumour regression grade, 0-3 (CAP/NCCN).
    os_months : float or None
        Survival or follow-up.
    os_event : bool or None
        True: died.
    """

    trg: int | None = None
    os_months: float | None = None
    os_event: bool | None = None


@dataclass(frozen=True, eq=False)
class NewCase:
    """A case to be put on an agenda.

    Attributes
    ----------
    label : str
        What the user calls it; no identifier.
    inputs_sha256 : str
        Hash of study, form and model: the same case is not put on an agenda twice.
    report, view : CaseReport, CaseView
        The result and what it is shown with.
    history : AssessmentHistory
        How often the study was assessed.
    truth : Outcome or None
        What became of a phantom; None for a patient.
    """

    label: str
    inputs_sha256: str
    report: CaseReport
    view: CaseView
    history: AssessmentHistory
    truth: Outcome | None = None


@dataclass(frozen=True, eq=False)
class OpenCase:
    """What a board sees before it has voted: images and form, nothing that the model said."""

    slices: tuple[CtSlice, ...]
    record: ClinicalRecord


@dataclass(frozen=True, eq=False)
class RevealedCase:
    """The whole case."""

    report: CaseReport
    view: CaseView
    history: AssessmentHistory


@dataclass(frozen=True)
class PackedCase:
    """A case as its columns hold it."""

    form: str
    images: bytes
    result: str
    result_images: bytes


def pack_case(case: NewCase) -> PackedCase:
    """Return a case as it is kept.

    Raises
    ------
    StoreError
        If a model that learnt from phantoms was applied to a patient's study.
    """
    if case.view.overprinted:
        raise StoreError("board_refuses_phantom_model")
    slices = tuple(_cropped(shown, _kept_box(case.view.slices)) for shown in case.view.slices)
    heat = slices[0].heat
    seen = case.report.model_input
    heat_arrays = {} if heat is None else {"heat": _heat_bytes(heat)}
    return PackedCase(
        form=_text(dict(case.report.record.values)),
        images=_packed(
            grey=np.stack([windowed(shown.image_hu) for shown in slices]),
            mask=np.stack([shown.mask for shown in slices]),
            spacing_mm=np.asarray(slices[0].spacing_mm),
            slice_index=np.asarray([shown.slice_index for shown in slices]),
            is_key=np.asarray([shown.is_key for shown in slices]),
        ),
        result=_text(_result(case)),
        result_images=_packed(
            cam=case.report.cam, seen=seen.image, seen_mask=seen.mask, **heat_arrays
        ),
    )


def open_case(packed: PackedCase) -> OpenCase:
    """Return what is shown before the vote.

    Raises
    ------
    StoreError
        If what is kept cannot be read.
    """
    try:
        slices = _slices(_unpacked(packed.images), None)
        return OpenCase(slices, ClinicalRecord(None, json.loads(packed.form)))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("board_case_not_read") from error


def revealed_case(packed: PackedCase) -> RevealedCase:
    """Return the whole case.

    Raises
    ------
    StoreError
        If what is kept cannot be read, e.g. because its form is of another version.
    """
    try:
        result = json.loads(packed.result)
        arrays = _unpacked(packed.result_images)
        record = ClinicalRecord(None, json.loads(packed.form))
        heat = arrays["heat"] / _HEAT_STEPS if "heat" in arrays else None
        return RevealedCase(
            _report(result, arrays, record),
            _view(result["view"], _slices(_unpacked(packed.images), heat)),
            from_json(AssessmentHistory, result["history"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError("board_case_not_read") from error


def _result(case: NewCase) -> dict[str, object]:
    """Return what the model said as JSON values, without identifiers and images."""
    measured = replace(case.report.study, sop_instance_uids=(None, None, None))
    parts = vars(case.report) | {"study": measured}
    left_out = ("record", "cam", "model_input", "similar")
    seen = case.report.model_input
    report = {name: to_json(part) for name, part in parts.items() if name not in left_out}
    report["model_input"] = {
        name: to_json(getattr(seen, name)) for name in ("key_slice_index", "slice_indices", "frame")
    }
    view = case.view
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "report": report,
        "view": {
            "nomogram": to_json(view.nomogram),
            "risk_groups": {name: _curve(curve) for name, curve in view.risk_groups.items()},
            "prevalence": view.prevalence,
            "fold_range": to_json(view.fold_range),
        },
        "history": to_json(case.history),
    }


def _curve(curve: object) -> dict[str, object]:
    if not isinstance(curve, RiskGroupCurve):
        raise StoreError("board_case_not_read")
    return curve.to_dict()


def _report(
    result: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], record: ClinicalRecord
) -> CaseReport:
    """Put a report together: its numbers from JSON, its arrays and the form from beside it."""
    kept = result["report"]
    hints = get_type_hints(CaseReport)
    plain = [name for name in hints if name in kept and name != "model_input"]
    parts = {name: from_json(hints[name], kept[name]) for name in plain}
    frame = kept["model_input"]
    parts["model_input"] = ModelInput(
        image=arrays["seen"],
        mask=arrays["seen_mask"],
        key_slice_index=frame["key_slice_index"],
        slice_indices=tuple(frame["slice_indices"]),
        frame=from_json(InputFrame, frame["frame"]),
    )
    return CaseReport(**parts, record=record, cam=arrays["cam"])


def _view(kept: Mapping[str, Any], slices: tuple[CtSlice, ...]) -> CaseView:
    curves = kept["risk_groups"].items()
    return CaseView(
        slices=slices,
        nomogram=from_json(Nomogram, kept["nomogram"]),
        risk_groups={name: RiskGroupCurve.from_dict(curve) for name, curve in curves},
        prevalence=kept["prevalence"],
        fold_range=from_json(tuple[float, float] | None, kept["fold_range"]),
        overprinted=False,
    )


def _slices(
    arrays: Mapping[str, NDArray[Any]], heat: NDArray[np.float64] | None
) -> tuple[CtSlice, ...]:
    low, high = DISPLAY_WINDOW_HU
    row_mm, column_mm = (float(mm) for mm in arrays["spacing_mm"])
    planes = zip(
        arrays["slice_index"], arrays["is_key"], arrays["grey"], arrays["mask"], strict=True
    )
    return tuple(
        CtSlice(
            slice_index=int(index),
            is_key=bool(is_key),
            image_hu=(low + (high - low) * (grey / 255)).astype(np.float32),
            mask=mask.astype(bool),
            heat=heat,
            spacing_mm=(row_mm, column_mm),
        )
        for index, is_key, grey, mask in planes
    )


def _kept_box(slices: tuple[CtSlice, ...]) -> tuple[slice, slice]:
    """Return the square around the tumour on all three slices, or all of a smaller image."""
    tumor = np.any([shown.mask for shown in slices], axis=0)
    box = []
    for axis, spacing_mm in enumerate(slices[0].spacing_mm):
        found = np.flatnonzero(tumor.any(axis=1 - axis))
        middle = (found[0] + found[-1]) / 2 if found.size else tumor.shape[axis] / 2
        half = FIELD_MM / 2 / spacing_mm
        box.append(slice(max(int(middle - half), 0), int(middle + half) + 1))
    return box[0], box[1]


def _cropped(shown: CtSlice, box: tuple[slice, slice]) -> CtSlice:
    heat = None if shown.heat is None else shown.heat[box]
    return replace(shown, image_hu=shown.image_hu[box], mask=shown.mask[box], heat=heat)


def _heat_bytes(heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a heat map in 255 steps; what lies outside the model's frame has none."""
    return np.round(_HEAT_STEPS * np.nan_to_num(heat)).astype(np.uint8)


def _packed(**arrays: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _unpacked(content: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def _text(value: object) -> str:
    """Return JSON; a value that is no number is a defect and never kept."""
    return json.dumps(to_json(value), separators=(",", ":"), allow_nan=False)
