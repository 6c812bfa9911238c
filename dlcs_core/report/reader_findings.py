"""What the reader states of a case: reasons to abstain that neither pixels nor header show."""

from dataclasses import replace

from dlcs_core.clinical.reader_findings import ReaderFindings
from dlcs_core.errors import Notice
from dlcs_core.models.design import logit_of, probability_of
from dlcs_core.report.case_report import CaseReport, Dlcs, DlSignature, SurvivalOutlook
from dlcs_core.report.local_layer import LOCAL_RECALIBRATION
from dlcs_core.translation import sentence

MOST_DAYS = 7
"""Days from CT to chemotherapy beyond which the tumour may have changed."""

_REASONS = {
    ("phase", "arterial"): Notice("reader_phase_arterial"),
    ("phase", "delayed"): Notice("reader_phase_delayed"),
    ("phase", "unenhanced"): Notice("reader_phase_unenhanced"),
    ("artifact", "strong"): Notice("reader_strong_artifact"),
    ("stent", "yes"): Notice("reader_stent"),
    ("regimen", "without_5fu"): Notice("reader_regimen_without_5fu"),
    ("regimen", "with_immunotherapy"): Notice("reader_regimen_immunotherapy"),
    ("regimen", "with_her2_therapy"): Notice("reader_regimen_her2_therapy"),
    ("regimen", "chemoradiotherapy"): Notice("reader_regimen_chemoradiotherapy"),
}


def reader_reasons(findings: ReaderFindings) -> tuple[Notice, ...]:
    """Return why a case as stated is not one that the model was made for.

    Examples
    --------
    >>> [reason.code for reason in reader_reasons(ReaderFindings(stent="yes"))]
    ['reader_stent']
    >>> reader_reasons(ReaderFindings())
    ()
    """
    found = [_REASONS[item] for item in findings.stated.items() if item in _REASONS]
    if (findings.days_to_chemotherapy or 0) < 0:
        found.append(Notice("reader_ct_after_chemotherapy"))
    return tuple(found)


def reader_warnings(findings: ReaderFindings) -> tuple[Notice, ...]:
    """Return what was stated that the user must know although the result stands."""
    days = findings.days_to_chemotherapy
    if days is None or days <= MOST_DAYS:
        return ()
    return (Notice("reader_ct_long_before", {"days": days, "limit": MOST_DAYS}),)


def with_reader_findings(report: CaseReport, findings: ReaderFindings) -> CaseReport:
    """Return a report that knows what the reader states.

    Parameters
    ----------
    report : CaseReport
        As :func:`dlcs_core.report.case.assess_case` gives it.
    findings : ReaderFindings
        What was stated; the report comes back as it is where nothing was.

    Returns
    -------
    CaseReport
        With the findings on record and their warnings; without probabilities, intervals, risk
        group, survival, label set and similar patients where a finding is a reason to abstain,
        exactly as where the images are one.
    """
    if not findings.stated:
        return report
    reasons = reader_reasons(findings)
    known = replace(
        report,
        reader=findings,
        warnings=(*report.warnings, *reader_warnings(findings), *reasons),
        abstained_because=(*report.abstained_because, *(reason.code for reason in reasons)),
    )
    return _without_results(known) if reasons else known


def _without_results(report: CaseReport) -> CaseReport:
    """Take away everything that a model says; scores of the network stay on record."""
    return replace(
        report,
        dl_signature=_no_probability(report.dl_signature),
        clinical_probability=None,
        dlcs=_no_response(report),
        nomogram=(),
        total_points=None,
        survival=SurvivalOutlook(None, None, report.survival.cutoff, None, None),
        # The notice of a local recalibration carries probabilities in its words.
        warnings=tuple(n for n in report.warnings if n.code != LOCAL_RECALIBRATION),
        local={},
        label_set=None,
        similar=None,
    )


def _no_probability(signature: DlSignature) -> DlSignature:
    return replace(signature, probability=None, ci95=None)


def _no_response(report: CaseReport) -> Dlcs:
    """Return the DLCS without a result; its cutoff is again the one of the trained model."""
    cutoff = report.dlcs.cutoff
    if "dlcs" in report.local:
        layer = report.local["dlcs"].layer
        cutoff = probability_of((logit_of(cutoff) - layer.intercept) / layer.slope)
    return Dlcs(None, None, None, cutoff, report.dlcs.cutoff_cohort, None)


def reader_rows(findings: ReaderFindings | None, language: str) -> list[tuple[str, str]]:
    """Return what was stated as name and value, worded; empty where nothing was."""
    stated = {} if findings is None else findings.stated
    return [
        (sentence(f"reader.{name}", language), _value_text(name, value, language))
        for name, value in stated.items()
    ]


def _value_text(name: str, value: str | int, language: str) -> str:
    if isinstance(value, int):
        return sentence("reader_days", language, days=value)
    return sentence(f"reader.{name}.{value}", language)
