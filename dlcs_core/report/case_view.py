"""What page and printed report show of a case beyond its numbers: images, curves, context."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.bundle.reader import Bundle
from dlcs_core.errors import Notice
from dlcs_core.figures.ct_overlay import DISPLAY_WINDOW_HU, CtSlice
from dlcs_core.figures.kaplan_meier import SurvivalSteps
from dlcs_core.imaging.study import Study
from dlcs_core.models.design import logit_of, probability_of
from dlcs_core.models.nomogram import Nomogram, NomogramReading, fusion_nomogram
from dlcs_core.models.recalibration import Recalibration
from dlcs_core.network.gradcam import make_activation_map, pixels_to_slice
from dlcs_core.preprocessing.slices import SelectedSlices, select_slices
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.local_layer import LOCAL_RECALIBRATION
from dlcs_core.translation import sentence


@dataclass(frozen=True, eq=False)
class CaseView:
    """The context of a case report.

    Attributes
    ----------
    slices : tuple of CtSlice
        The three native slices with outline and heat map.
    nomogram : Nomogram
        Of the fusion model.
    risk_groups : mapping of str to curve
        Kaplan-Meier curves of the training cohort, ``"low"`` and ``"high"``.
    prevalence : float
        Share of good responders in training.
    fold_range : tuple of float or None
        Lowest and highest calibrated probability of the single networks; None when abstained.
    overprinted : bool
        True where a model that learnt from phantoms was applied to a study that is no demo case.
    """

    slices: tuple[CtSlice, ...]
    nomogram: Nomogram
    risk_groups: Mapping[str, SurvivalSteps]
    prevalence: float
    fold_range: tuple[float, float] | None
    overprinted: bool


def make_case_view(report: CaseReport, study: Study, bundle: Bundle, *, is_demo: bool) -> CaseView:
    """Gather what a case is shown with.

    Parameters
    ----------
    report : CaseReport
        Result of the assessment.
    study : Study
        The study that was assessed.
    bundle : Bundle
        The model that assessed it.
    is_demo : bool
        True for a shipped phantom case.
    """
    return CaseView(
        slices=case_slices(report, study),
        nomogram=fusion_nomogram(bundle.fusion),
        risk_groups=bundle.survival.risk_groups,
        prevalence=bundle.recalibration.prevalence,
        fold_range=fold_range(report, bundle.recalibration),
        overprinted=bundle.manifest.synthetic_training_data and not is_demo,
    )


def case_slices(report: CaseReport, study: Study) -> tuple[CtSlice, ...]:
    """Return the three native slices; the heat map is the same on each: it is one map of all."""
    selected = select_slices(study)
    key = selected.slice_indices.index(selected.key_slice_index)
    relative = make_activation_map(report.cam, report.model_input.mask[key]).relative
    heat = pixels_to_slice(
        relative, report.model_input.frame, selected.image_hu.shape[1:], selected.spacing_mm
    )
    return _slices(selected, heat)


def model_slices(report: CaseReport) -> tuple[CtSlice, ...]:
    """Return the slices as the model saw them, for a report without the study beside it."""
    seen = report.model_input
    low, high = DISPLAY_WINDOW_HU
    key = seen.slice_indices.index(seen.key_slice_index)
    heat = make_activation_map(report.cam, seen.mask[key]).relative
    spacing_mm = (seen.frame.spacing_mm, seen.frame.spacing_mm)
    return tuple(
        CtSlice(index, index == seen.key_slice_index, low + (high - low) * image,
                mask.astype(bool), heat, spacing_mm)
        for index, image, mask in zip(seen.slice_indices, seen.image, seen.mask, strict=True)
    )  # fmt: skip


def plain_slices(study: Study) -> tuple[CtSlice, ...]:
    """Return the three native slices with the outline, before anything is assessed."""
    return _slices(select_slices(study), None)


def _slices(selected: SelectedSlices, heat: NDArray[np.float64] | None) -> tuple[CtSlice, ...]:
    planes = zip(selected.slice_indices, selected.image_hu, selected.mask, strict=True)
    return tuple(
        CtSlice(
            slice_index=index,
            is_key=index == selected.key_slice_index,
            image_hu=image_hu,
            mask=mask,
            heat=heat,
            spacing_mm=selected.spacing_mm,
        )
        for index, image_hu, mask in planes
    )


def fold_range(report: CaseReport, recalibration: Recalibration) -> tuple[float, float] | None:
    """Return the range of the single networks' calibrated probabilities.

    Each network speaks for itself, so its score is recalibrated as a single one's (see
    :mod:`dlcs_core.models.recalibration`). The range shows how far the networks disagree; it is
    no confidence interval.
    """
    if report.dl_signature.probability is None:
        return None
    found = [
        probability_of(
            recalibration.out_of_fold_intercept + recalibration.out_of_fold_slope * logit_of(score)
        )
        for score in report.dl_signature.fold_scores
    ]
    return min(found), max(found)


@dataclass(frozen=True)
class Headline:
    """The one probability that leads the page.

    Attributes
    ----------
    source : {"dlcs", "dl_signature"}
        The DL signature stands in where the DLCS lacks a clinical value.
    probability : float
        Of good response.
    ci95 : tuple of float or None
        Only where its coverage is on record.
    """

    source: str
    probability: float
    ci95: tuple[float, float] | None


def frequency_code(prefix: str, good: int) -> str:
    """Return the code of the sentence in natural frequencies.

    Nobody and everybody of a hundred would read as certain: these have sentences of their own.
    """
    return {0: f"{prefix}_few", 100: f"{prefix}_most"}.get(good, prefix)


def headline(report: CaseReport) -> Headline | None:
    """Return the leading probability; None when the assessment abstained."""
    for source, result in (("dlcs", report.dlcs), ("dl_signature", report.dl_signature)):
        if result.probability is not None:
            return Headline(source, result.probability, result.ci95)
    return None


def nomogram_reading(report: CaseReport) -> NomogramReading | None:
    """Return the patient's points; None without a DLCS."""
    if report.total_points is None or report.dlcs.linear_predictor is None:
        return None
    return NomogramReading(report.nomogram, report.total_points, report.dlcs.linear_predictor)


def reasons(report: CaseReport) -> tuple[Notice, ...]:
    """Return why no probability is given, with the values their sentences need."""
    worded = {notice.code: notice for notice in report.warnings}
    return tuple(worded.get(code, Notice(code)) for code in report.abstained_because)


def local_recalibrations(report: CaseReport) -> tuple[Notice, ...]:
    """Return what names each local recalibration of this result, with the original probability."""
    return tuple(n for n in report.warnings if n.code == LOCAL_RECALIBRATION)


def other_warnings(report: CaseReport) -> tuple[Notice, ...]:
    """Return the warnings that are no reason to abstain."""
    return tuple(n for n in report.warnings if n.code not in report.abstained_because)


def time_origin_text(origin: str, language: str) -> str:
    """Word the moment from which survival time counts; free text of a bundle stays as it is.

    Examples
    --------
    >>> time_origin_text("start_of_chemotherapy", "en"), time_origin_text("first_visit", "en")
    ('start of chemotherapy', 'first visit')
    """
    code = f"time_origin.{origin}"
    worded = sentence(code, language)
    return origin.replace("_", " ") if worded == code else worded


def input_sha256(report: CaseReport) -> str:
    """Return the hash of what was assessed: the model's input and the form, no identifier.

    The same case in another file format has the same hash.
    """
    digest = hashlib.sha256(report.model_input.image.tobytes())
    digest.update(report.model_input.mask.tobytes())
    digest.update(json.dumps(dict(report.record.values), sort_keys=True).encode())
    if report.reader is not None:
        digest.update(json.dumps(report.reader.stated, sort_keys=True).encode())
    return digest.hexdigest()
