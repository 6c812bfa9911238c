"""Local recalibration of a case: adjusted probabilities beside the original ones."""

from collections.abc import Mapping
from dataclasses import replace

from dlcs_core.errors import Notice
from dlcs_core.models.local_recalibration import LocalRecalibration
from dlcs_core.report.case_report import AppliedLayer, CaseReport

LOCAL_RECALIBRATION = "case_recalibrated_locally"
"""Code of the warning that names a layer."""

Layers = Mapping[str, LocalRecalibration]


def with_local_layers(report: CaseReport, layers: Layers) -> CaseReport:
    """Return a report whose probabilities are those of the local layers.

    Parameters
    ----------
    report : CaseReport
        As the trained model gives it; nothing changes where it abstains.
    layers : mapping of str to LocalRecalibration
        By score; without any the report comes back as it is.

    Returns
    -------
    CaseReport
        The DLCS's cutoff is adjusted with its probability, so that the call stays. Intervals are
        None: their coverage was measured without the layer. Each layer that was applied is named
        in ``local`` and in a warning, with the original probability.
    """
    applied = {
        score: AppliedLayer(layer, original)
        for score, layer in layers.items()
        if (original := _original(report, score)) is not None
    }
    if not applied:
        return report
    changed = replace(
        report,
        local=applied,
        # As intervals: coverage and predictive value were measured without the layer.
        label_set=None,
        warnings=(*report.warnings, *(_notice(k, layer) for k, layer in applied.items())),
    )
    if "dl_signature" in applied:
        probability = applied["dl_signature"].probability
        signature = replace(report.dl_signature, probability=probability, ci95=None)
        changed = replace(changed, dl_signature=signature)
    if "clinical_signature" in applied:
        probability = applied["clinical_signature"].probability
        changed = replace(changed, clinical_probability=probability)
    if "dlcs" in applied:
        changed = _with_dlcs(changed, applied["dlcs"])
    return changed


def _original(report: CaseReport, score: str) -> float | None:
    return {
        "dl_signature": report.dl_signature.probability,
        "clinical_signature": report.clinical_probability,
        "dlcs": report.dlcs.probability,
    }[score]


def _with_dlcs(report: CaseReport, applied: AppliedLayer) -> CaseReport:
    cutoff = applied.layer.probability(report.dlcs.cutoff)
    dlcs = replace(report.dlcs, probability=applied.probability, cutoff=cutoff, ci95=None)
    return replace(report, dlcs=dlcs)


def _notice(score: str, applied: AppliedLayer) -> Notice:
    values = {
        "score": score,
        "n": applied.layer.n_patients,
        "events": applied.layer.n_events,
        "cohort": applied.layer.cohort,
        "probability": f"{applied.probability:.0%}",
        "original": f"{applied.original_probability:.0%}",
    }
    return Notice(LOCAL_RECALIBRATION, values)
