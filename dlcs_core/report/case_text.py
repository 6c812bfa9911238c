"""The case report as a few lines of text for a terminal."""

from collections.abc import Iterator

from dlcs_core.report.case_report import CaseReport
from dlcs_core.translation import sentence, sentence_of


def case_text(report: CaseReport, language: str = "en") -> list[str]:
    """Word a case report.

    Parameters
    ----------
    report : CaseReport
        The assessment.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of str
        One sentence per line: notice, study, results or why there are none, warnings.
    """
    results = _reasons(report, language) if report.abstained else _results(report, language)
    warnings = dict.fromkeys(sentence_of(notice, language) for notice in report.warnings)
    return [
        sentence("research_use_only", language),
        _study(report, language),
        _score(report, language),
        *results,
        *(sentence("text_warning", language, message=message) for message in warnings),
    ]


def _study(report: CaseReport, language: str) -> str:
    study = report.study
    return sentence(
        "text_study",
        language,
        slices=study.size[0],
        rows=study.size[1],
        columns=study.size[2],
        key=study.key_slice_index,
        area=f"{study.mask_area_mm2:.0f}",
        diameter=f"{study.feret_diameter_mm:.1f}",
        hu=f"{study.mean_hu:.0f}",
    )


def _score(report: CaseReport, language: str) -> str:
    signature = report.dl_signature
    low, high = min(signature.fold_scores), max(signature.fold_scores)
    return sentence(
        "text_score",
        language,
        score=f"{signature.score:.3f}",
        low=f"{low:.3f}",
        high=f"{high:.3f}",
    )


def _reasons(report: CaseReport, language: str) -> Iterator[str]:
    yield sentence("text_abstained", language, count=len(report.abstained_because))


def _results(report: CaseReport, language: str) -> Iterator[str]:
    yield sentence("reference_class", language)
    for code, probability in (
        ("text_dl_signature", report.dl_signature.probability),
        ("text_clinical_signature", report.clinical_probability),
        ("text_dlcs", report.dlcs.probability),
    ):
        if probability is not None:
            yield sentence(code, language, in_100=round(100 * probability))
    read = report.survival.at_horizons
    for months, survival in zip(read.times_months, read.survival, strict=True) if read else ():
        if survival is not None:
            percent = round(100 * survival)
            yield sentence("text_survival", language, months=f"{months:g}", percent=percent)
