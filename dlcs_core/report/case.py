"""One patient: study, form and bundle to a case report."""

from collections.abc import Mapping

from dlcs_core.bundle.reader import Bundle
from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import Notice
from dlcs_core.imaging.study import Study
from dlcs_core.models.design import probability_of
from dlcs_core.models.nomogram import fusion_nomogram
from dlcs_core.network.inference import ViewedOutput
from dlcs_core.preprocessing.image_clues import image_clues
from dlcs_core.preprocessing.input_statistics import input_statistics
from dlcs_core.preprocessing.measurements import StudyMeasurements, measure
from dlcs_core.preprocessing.model_input import ModelInput
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.preprocessing.slices import select_slices
from dlcs_core.report.case_extras import interval_of, label_set_of, similar_patients
from dlcs_core.report.case_report import (
    CURVE_MONTHS,
    HORIZONS_MONTHS,
    BundleIdentity,
    CaseReport,
    Dlcs,
    DlSignature,
    SurvivalOutlook,
)
from dlcs_core.report.gates import (
    contradictions,
    header_warnings,
    image_reasons,
    incomplete_slabs,
    out_of_distribution,
    reasons_to_abstain,
)
from dlcs_core.report.local_layer import with_local_layers

Values = Mapping[str, float | str | None]


def assess_case(
    study: Study,
    record: ClinicalRecord,
    bundle: Bundle,
    warnings: tuple[Notice, ...] = (),
    *,
    key_slice: int | None = None,
) -> CaseReport:
    """Assess one patient.

    Parameters
    ----------
    study : Study
        Volume and mask; three slices are decoded.
    record : ClinicalRecord
        The form.
    bundle : Bundle
        The trained model.
    warnings : tuple of Notice
        Of reading the form; those of the study are taken from it.
    key_slice : int, optional
        Another key slice than the one with the most mask pixels, to see what hangs on it.

    Returns
    -------
    CaseReport
        Without probabilities, intervals, risk group and survival when the case is not one that
        the model was made for; each missing clinical value empties the parts that need it.

    Raises
    ------
    PreprocessingError, ImagingError
        If the three slices cannot be established or decoded.

    Notes
    -----
    Only the DL signature's calibrated probability enters fusion and survival; nothing here uses
    the mask's name, the file's format or any header field but to warn and abstain.
    """
    selected = select_slices(study, key_slice)
    measured = measure(study, selected)
    model_input = preprocess(study, bundle.preprocessing, selected)
    output = bundle.network().run_views(model_input.image, bundle.manifest.n_views)
    distance = float(bundle.reference.distance(output.features))
    window_hu = bundle.preprocessing.window_hu
    statistics = input_statistics(model_input.image, model_input.mask, window_hu)
    ranges, slab_mm = bundle.manifest.trained_ranges, bundle.preprocessing.slab_mm
    slabs = incomplete_slabs(model_input.warnings)
    reasons = (
        *reasons_to_abstain(study, measured, ranges, statistics, slab_mm),
        *image_reasons(image_clues(selected)),
        *out_of_distribution(distance, bundle.reference.threshold),
    )
    noticed = (
        *study.warnings, *warnings, *model_input.warnings, *header_warnings(study),
        *contradictions(study, measured, record), *_bundle_warnings(bundle), *reasons,
    )  # fmt: skip
    # What slabs lack stands among the model input's warnings already.
    reasons = (*reasons, *slabs)
    report = _make_report(record, bundle, measured, model_input, output, distance, reasons, noticed)
    return with_local_layers(report, bundle.recalibration.local)


def _make_report(
    record: ClinicalRecord,
    bundle: Bundle,
    measured: StudyMeasurements,
    model_input: ModelInput,
    output: ViewedOutput,
    distance: float,
    reasons: tuple[Notice, ...],
    noticed: tuple[Notice, ...],
) -> CaseReport:
    abstained = bool(reasons)
    # Without values nothing that needs them can be computed, let alone leak out by a new field.
    values: Values = {} if abstained else record.values
    dl_signature = _dl_signature(bundle, output, distance, abstained)
    dlcs = _dlcs(bundle, output, dl_signature.probability, values)
    nomogram = fusion_nomogram(bundle.fusion).points(values, dl_signature.probability)
    return CaseReport(
        bundle=_identity(bundle),
        study=measured,
        record=record,
        model_input=model_input,
        cam=output.cam,
        dl_signature=dl_signature,
        clinical_probability=None if abstained else bundle.clinical_signature.probability(values),
        dlcs=dlcs,
        nomogram=nomogram.variables if nomogram else (),
        total_points=nomogram.total_points if nomogram else None,
        survival=_survival(bundle, dl_signature.probability, values),
        abstained_because=tuple(dict.fromkeys(reason.code for reason in reasons)),
        warnings=tuple(noticed),
        interval_method=bundle.manifest.interval_method,
        interval_coverage=bundle.manifest.interval_coverage,
        label_set=label_set_of(bundle, dl_signature, dlcs),
        similar=similar_patients(bundle, output, dl_signature),
    )


def _identity(bundle: Bundle) -> BundleIdentity:
    manifest = bundle.manifest
    return BundleIdentity(
        name=manifest.name,
        version=manifest.version,
        sha256=bundle.sha256,
        synthetic_training_data=manifest.synthetic_training_data,
        survival_time_origin=manifest.survival_time_origin,
    )


def _bundle_warnings(bundle: Bundle) -> tuple[Notice, ...]:
    return (
        (Notice("bundle_trained_on_synthetic_data"),)
        if _identity(bundle).synthetic_training_data
        else ()
    )


def _dl_signature(
    bundle: Bundle, output: ViewedOutput, distance: float, abstained: bool
) -> DlSignature:
    """Return score and fold scores always, the calibrated probability unless abstained."""
    recalibration, logits = bundle.recalibration, output.fold_logits
    ensemble = recalibration.ensemble_logit(logits)
    log_odds = recalibration.intercept + recalibration.slope * ensemble
    variance = recalibration.fold_logit_variance(logits)
    return DlSignature(
        score=recalibration.score(logits),
        fold_scores=recalibration.fold_scores(logits),
        probability=None if abstained else recalibration.probability(ensemble),
        ci95=None if abstained else interval_of(bundle, "dl_signature", log_odds, variance),
        distance=distance,
        distance_limit=bundle.reference.threshold,
    )


def _dlcs(
    bundle: Bundle, output: ViewedOutput, dl_probability: float | None, values: Values
) -> Dlcs:
    fusion = bundle.fusion
    log_odds = fusion.linear_predictor(dl_probability, values)
    fold_variance = bundle.recalibration.fold_logit_variance(output.fold_logits)
    variance = fusion.linear_predictor_variance(dl_probability, values, fold_variance)
    probability = None if log_odds is None else probability_of(log_odds)
    return Dlcs(
        probability=probability,
        linear_predictor=log_odds,
        ci95=interval_of(bundle, "dlcs", log_odds, variance),
        cutoff=fusion.cutoff,
        cutoff_cohort=fusion.cutoff_cohort,
        good_response=None if probability is None else probability >= fusion.cutoff,
    )


def _survival(bundle: Bundle, dl_probability: float | None, values: Values) -> SurvivalOutlook:
    model = bundle.survival
    log_ratio = model.linear_predictor(values, dl_probability)
    return SurvivalOutlook(
        linear_predictor=log_ratio,
        risk_group=None if log_ratio is None else model.risk_group(log_ratio),
        cutoff=model.risk_cutoff,
        at_horizons=model.survival(values, dl_probability, HORIZONS_MONTHS),
        curve=model.survival(values, dl_probability, CURVE_MONTHS),
    )
