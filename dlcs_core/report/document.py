"""A case report as one HTML file that prints on A4: no script, no font, no request."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

import dlcs_core
from dlcs_core.clinical.variables import VARIABLES, Variable
from dlcs_core.figures.icon_array import of_hundred, of_hundred_text
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import (
    CaseView,
    Headline,
    frequency_code,
    headline,
    input_sha256,
    local_recalibrations,
    model_slices,
    nomogram_reading,
    other_warnings,
    reasons,
    time_origin_text,
)
from dlcs_core.report.print_figures import ct_svg, icon_array_svg, nomogram_svg, survival_svg
from dlcs_core.report.reader_findings import reader_rows
from dlcs_core.translation import sentence, sentence_of

HEAT_OPACITY = 0.45

Rows = Sequence[tuple[str, ...]]


def case_html(
    report: CaseReport,
    language: str = "en",
    view: CaseView | None = None,
    *,
    printed_at: datetime | None = None,
) -> str:
    """Return a case report as a self-contained page.

    Parameters
    ----------
    report : CaseReport
        The assessment. No identifier of the patient is printed; the page leaves a line to write
        it on.
    language : str
        ``"en"`` or ``"zh"``.
    view : CaseView, optional
        Native slices, nomogram and the risk groups' curves. Without it the slices are shown as
        the model saw them, and a model that learnt from phantoms is overprinted.
    printed_at : datetime, optional
        Date on the page; now by default.

    Returns
    -------
    str
        HTML with inline style and figures. Nothing in it comes from outside or runs.
    """
    facts = case_facts(report, view, language)
    provenance = provenance_rows(report, printed_at or datetime.now(UTC), language)
    return _template().render(facts, provenance=provenance)


def case_facts(report: CaseReport, view: CaseView | None, language: str) -> dict[str, Any]:
    """Return everything that a printed report shows, already worded.

    Parameters
    ----------
    report : CaseReport
        The assessment.
    view : CaseView or None
        Native slices, nomogram and the risk groups' curves.
    language : str
        Language of the words.
    """
    return {
        "say": partial(_say, language),
        "language": language,
        "report": report,
        "time_origin": time_origin_text(report.bundle.survival_time_origin, language),
        "overprinted": view.overprinted if view else report.bundle.synthetic_training_data,
        "headline": _headline(report, language),
        "uncertainty": _uncertainty(report, view, language),
        "reasons": [sentence_of(reason, language) for reason in reasons(report)],
        "figures": _figures(report, view, language),
        "study_rows": _study_rows(report, language),
        "form_rows": [*_form_rows(report, language), *reader_rows(report.reader, language)],
        "signature_rows": _signature_rows(report, language),
        "point_rows": _point_rows(report, language),
        "survival_rows": _survival_rows(report),
        "warnings": list(dict.fromkeys(sentence_of(n, language) for n in other_warnings(report))),
    }


def _say(language: str, code: str, **values: object) -> str:
    return sentence(code, language, **values)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("case.html.j2")


def _headline(report: CaseReport, language: str) -> dict[str, object] | None:
    leading = headline(report)
    if leading is None:
        return None
    good = of_hundred(leading.probability)
    return {
        "good": good,
        "poor": 100 - good,
        "code": frequency_code("doc_natural_frequency", good),
        "icons": icon_array_svg(leading.probability, language),
        "source": sentence(f"ui_source_of_{leading.source}", language),
    }


def _uncertainty(report: CaseReport, view: CaseView | None, language: str) -> list[str]:
    """Return the interval, where its coverage is on record, and the models' disagreement."""
    leading: Headline | None = headline(report)
    found = []
    if leading is not None and leading.ci95 is not None:
        low, high = (of_hundred_text(limit) for limit in leading.ci95)
        coverage = f"{report.interval_coverage or 0:.0%}"
        found.append(sentence("ui_interval", language, low=low, high=high, coverage=coverage))
    if view is not None and view.fold_range is not None:
        low, high = (of_hundred_text(limit) for limit in view.fold_range)
        count = len(report.dl_signature.fold_scores)
        found.append(sentence("ui_disagreement", language, low=low, high=high, count=count))
    return found + [sentence_of(notice, language) for notice in local_recalibrations(report)]


def _figures(report: CaseReport, view: CaseView | None, language: str) -> Mapping[str, object]:
    slices = view.slices if view else model_slices(report)
    opacity = 0.0 if report.abstained else HEAT_OPACITY
    found: dict[str, object] = {
        "slices": [
            (shown.slice_index + 1, shown.is_key, ct_svg(shown, opacity, language))
            for shown in slices
        ],
        "nomogram": Markup(),
        "survival": Markup(),
    }
    reading = nomogram_reading(report)
    if view is not None and reading is not None:
        found["nomogram"] = nomogram_svg(view.nomogram, reading, language)
    if report.survival.curve is not None:
        groups = view.risk_groups if view else {}
        found["survival"] = survival_svg(report.survival.curve, groups, language)
    return found


def _study_rows(report: CaseReport, language: str) -> Rows:
    study = report.study
    facts = {
        "ui_size": " × ".join(map(str, study.size)),
        "ui_spacing": " × ".join(f"{mm:.2f}" for mm in study.spacing_mm) + " mm",
        "ui_key_slice": sentence(
            "ui_key_slice_value", language, number=study.key_slice_index + 1, count=study.size[0],
            position=f"{study.key_slice_position_mm:.1f}",
        ),
        "ui_tumor": f"{study.mask_area_mm2:.0f} mm² · {study.feret_diameter_mm:.0f} mm · "
                    f"{study.mean_hu:.0f} HU",
    }  # fmt: skip
    return [(sentence(code, language), value) for code, value in facts.items()]


def _form_rows(report: CaseReport, language: str) -> Rows:
    return [
        (
            sentence(f"variable.{variable.name}", language),
            value_text(variable, report.record.values[variable.name], language),
        )
        for variable in VARIABLES
    ]


def value_text(variable: Variable, value: float | str | None, language: str) -> str:
    """Return a clinical value as it is read: with its unit, or as the name of its level."""
    if value is None:
        return sentence("ui_not_recorded", language)
    if isinstance(value, str):
        return sentence(f"level.{variable.name}.{value}", language)
    unit = "" if variable.whole else sentence(f"unit.{variable.unit}", language)
    return f"{value:g} {unit}".strip()


def _signature_rows(report: CaseReport, language: str) -> Rows:
    values = {
        "dl_signature": report.dl_signature.probability,
        "clinical_signature": report.clinical_probability,
        "dlcs": report.dlcs.probability,
    }
    return [(sentence(f"variable.{k}", language), _probability(v)) for k, v in values.items()]


def _point_rows(report: CaseReport, language: str) -> Rows:
    rows = []
    for entry in report.nomogram:
        name = sentence(f"variable.{entry.variable}", language)
        rows.append((name, _nomogram_value(entry.variable, entry.value, language),
                     f"{entry.points:.1f}"))  # fmt: skip
    if report.total_points is not None:
        rows.append((sentence("fig_total_points", language), "", f"{report.total_points:.1f}"))
    return rows


def _nomogram_value(name: str, value: float | str, language: str) -> str:
    known = {variable.name: variable for variable in VARIABLES}
    if name in known:
        return value_text(known[name], value, language)
    return _probability(value) if isinstance(value, float) else value


def _survival_rows(report: CaseReport) -> Rows:
    read = report.survival.at_horizons
    if read is None:
        return []
    return [
        (f"{month:g}", _percent(survival), f"{_percent(low)} – {_percent(high)}")
        for month, survival, low, high in zip(
            read.times_months, read.survival, read.ci95_low, read.ci95_high, strict=True
        )
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _probability(value: float | None) -> str:
    return "–" if value is None else f"{of_hundred_text(value)}%"


def provenance_rows(report: CaseReport, printed_at: datetime, language: str) -> Rows:
    """Return what a printed report was made with: name and value."""
    bundle = report.bundle
    facts = {
        "doc_printed": printed_at.strftime("%Y-%m-%d %H:%M UTC"),
        "doc_program": f"DLCS {dlcs_core.__version__}",
        "ui_model": f"{bundle.name} {bundle.version}",
        "doc_bundle_sha256": bundle.sha256,
        "doc_input_sha256": input_sha256(report),
    }
    return [(sentence(code, language), value) for code, value in facts.items()]
