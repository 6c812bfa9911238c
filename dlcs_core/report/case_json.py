"""The case report as JSON, schema ``dlcs.case/1``."""

from dataclasses import asdict

from dlcs_core.models.proportion import Proportion
from dlcs_core.preprocessing.measurements import StudyMeasurements
from dlcs_core.report.case_report import (
    HORIZONS_MONTHS,
    AppliedLayer,
    CaseReport,
    LabelSet,
    SimilarPatients,
    SurvivalOutlook,
)
from dlcs_core.translation import sentence_of

SCHEMA = "dlcs.case/1"

ASSUMED_MODALITY = "CT"
"""NIfTI, NRRD and MHA do not tell; only CT is accepted, so that is what they are read as."""


def case_json(report: CaseReport, language: str = "en") -> dict[str, object]:
    """Return a case report as JSON values.

    Parameters
    ----------
    report : CaseReport
        The assessment.
    language : str
        Language of the warnings' messages.

    Returns
    -------
    dict
        Every field of the contract, filled or None; no patient identifier.
    """
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "bundle": asdict(report.bundle),
        "study": study_json(report.study),
        "dl_signature": _dl_signature(report),
        "clinical_signature": {"probability": report.clinical_probability},
        "dlcs": _dlcs(report),
        "nomogram": {
            "dlcs": [asdict(entry) for entry in report.nomogram],
            "total_points": report.total_points,
        },
        "survival": _survival(report.survival),
        "recalibration": {name: _layer(applied) for name, applied in report.local.items()},
        "conformal": _conformal(report.label_set),
        "similar_cases": _similar(report.similar),
        "reader_findings": report.reader and asdict(report.reader),
        "abstained": report.abstained,
        "abstained_because": list(report.abstained_because),
        "warnings": _warnings(report, language),
    }


def study_json(measured: StudyMeasurements) -> dict[str, object]:
    """Return what was understood of the images as JSON values, always filled.

    Only the UIDs are None for formats without them or where the file leaves them empty.
    """
    return {**asdict(measured), "modality": measured.modality or ASSUMED_MODALITY}


def _dl_signature(report: CaseReport) -> dict[str, object]:
    signature = report.dl_signature
    return {
        "score": signature.score,
        "probability": signature.probability,
        "ci95": signature.ci95,
        "fold_scores": list(signature.fold_scores),
        "distance": signature.distance,
        "distance_limit": signature.distance_limit,
        **_interval_record(report, signature.ci95),
    }


def _dlcs(report: CaseReport) -> dict[str, object]:
    return {**asdict(report.dlcs), **_interval_record(report, report.dlcs.ci95)}


def _interval_record(report: CaseReport, ci95: object) -> dict[str, object]:
    """Return how an interval was made and how well it covers, beside the interval only."""
    if ci95 is None:
        return {}
    return {
        "interval_method": report.interval_method,
        "interval_coverage": report.interval_coverage,
    }


def _survival(outlook: SurvivalOutlook) -> dict[str, object]:
    read = outlook.at_horizons
    return {
        "linear_predictor": outlook.linear_predictor,
        "risk_group": outlook.risk_group,
        "cutoff": outlook.cutoff,
        "times_months": list(HORIZONS_MONTHS),
        "survival": read and list(read.survival),
        "ci95_low": read and list(read.ci95_low),
        "ci95_high": read and list(read.ci95_high),
    }


def _conformal(found: LabelSet | None) -> dict[str, object]:
    """Return the label set with what it is worth; every member None where there is none."""
    values = {"ppv": ("good",), "npv": ("poor",)}
    return {
        "score": found and found.score,
        "label_set": found and list(found.labels),
        "error_rate": found and found.error_rate,
        **{
            name: _share(found.predictive_value) if found and found.labels == labels else None
            for name, labels in values.items()
        },
        "coverage": found and {label: _share(share) for label, share in found.coverage.items()},
        "measured_on": found and found.measured_on,
    }


def _share(found: Proportion | None) -> dict[str, object] | None:
    return None if found is None else found.to_dict()


def _similar(found: SimilarPatients | None) -> list[dict[str, object]]:
    """Return similar patients one by one where they may be shown, then as a group."""
    if found is None:
        return []
    patients: list[dict[str, object]] = [
        {"kind": "patient", "synthetic": found.synthetic, **asdict(case)} for case in found.cases
    ]
    group = [] if found.group is None else [{"kind": "group", **asdict(found.group)}]
    return [*patients, *group]


def _layer(applied: AppliedLayer) -> dict[str, object]:
    """Return a local recalibration with the probability that the trained model gives."""
    return {
        **applied.layer.to_dict(),
        "original_probability": applied.original_probability,
    }


def _warnings(report: CaseReport, language: str) -> list[dict[str, str]]:
    worded = {(n.code, sentence_of(n, language)): None for n in report.warnings}
    return [{"code": code, "message": message} for code, message in worded]
