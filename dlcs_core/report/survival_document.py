"""The survival report as one HTML file that prints on A4: no script, no font, no request."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from markupsafe import Markup

import dlcs_core
from dlcs_core.clinical.record import displayable
from dlcs_core.errors import Notice
from dlcs_core.report.line_plot import Line, LinePlot, line_plot_svg
from dlcs_core.report.page_template import page_template
from dlcs_core.report.response_text import NOTHING, interval_text, number
from dlcs_core.report.survival import GroupSurvival, SurvivalReport
from dlcs_core.report.survival_json import time_key
from dlcs_core.report.survival_sections import Section
from dlcs_core.report.survival_text import (
    accuracy_line,
    area_text,
    cohort_line,
    group_values,
    log_rank_line,
    ranking_line,
)
from dlcs_core.translation import sentence, sentence_of

Rows = Sequence[Sequence[str]]


def survival_html(
    report: SurvivalReport,
    notices: Iterable[Notice],
    language: str = "en",
    *,
    printed_at: datetime | None = None,
    sections: Iterable[Section] = (),
    labels: Mapping[str, str] | None = None,
) -> str:
    """Return a survival report as a self-contained page.

    Parameters
    ----------
    report : SurvivalReport
        The evaluation.
    notices : iterable of Notice
        Warnings of reading the table and of the report.
    language : str
        ``"en"`` or ``"zh"``.
    printed_at : datetime, optional
        Date on the page; now by default.
    sections : iterable of Section
        What follows the curves and the discrimination.
    labels : mapping of str to str, optional
        Display names of the groups; their own names by default.

    Returns
    -------
    str
        HTML with inline style and figures. Nothing in it comes from outside or runs; it holds
        no row of the table.
    """
    return page_template("survival.html.j2").render(
        say=lambda code, **values: sentence(code, language, **values),
        language=language,
        cohort=cohort_line(report, language),
        figure=_figure(report, labels or {}, language),
        horizon_heads=[
            sentence("survival_alive_at", language, month=time_key(month))
            for month in report.request.horizons_months
        ],
        group_rows=[
            _group_row(k, group, labels or {}, language) for k, group in report.groups.items()
        ],
        log_rank=log_rank_line(report, language),
        ranking=ranking_line(report, language),
        month_rows=_month_rows(report),
        accuracy=accuracy_line(report, language),
        sections=list(sections),
        warnings=list(dict.fromkeys(sentence_of(notice, language) for notice in notices)),
        provenance=_provenance(report, printed_at or datetime.now(UTC), language),
    )


def _figure(report: SurvivalReport, labels: Mapping[str, str], language: str) -> Markup:
    """Draw the curves from month 0, each with its group in the legend."""
    lines, last = [], 1.0
    for index, (name, group) in enumerate(report.groups.items()):
        curve = group.curve
        label = labels.get(name) or str(group_values(name, group, language)["group"])
        months, survival = np.r_[0.0, curve.time_months], np.r_[1.0, curve.survival]
        lines.append(Line(months, survival, label, index, is_step=True))
        last = max(last, float(curve.time_months[-1]))
    titles = sentence("fig_months", language), sentence("fig_survival", language)
    plot = LinePlot(*titles, f"{titles[1]} / {titles[0]}", (0.0, last), (0.0, 1.0), lines)
    return line_plot_svg(plot)


def _group_row(
    name: str, group: GroupSurvival, labels: Mapping[str, str], language: str
) -> list[str]:
    at = group.at_horizons
    alive = [
        NOTHING if survival != survival else number(survival) + _limits(low, high)
        for survival, low, high in zip(
            at.survival.tolist(), at.ci95_low.tolist(), at.ci95_high.tolist(), strict=True
        )
    ]
    values = group_values(name, group, language)
    values["group"] = labels.get(name) or values["group"]
    return [*(str(values[key]) for key in ("group", "n", "events", "median")), *alive]


def _limits(low: float, high: float) -> str:
    return "" if low != low or high != high else interval_text((low, high))


def _month_rows(report: SurvivalReport) -> Rows:
    """Return AUC, Brier score, that of the curve and the index of accuracy per horizon."""
    scores = report.accuracy.scores if report.accuracy else None
    at = scores.horizon_months.tolist() if scores else []
    rows = []
    for month in report.request.horizons_months:
        found = [NOTHING] * 3
        if scores is not None and month in at:
            place = at.index(month)
            values = (scores.brier[place], scores.null[place], scores.ipa[place])
            found = [NOTHING if np.isnan(value) else number(float(value)) for value in values]
        rows.append([time_key(month), area_text(report, month), *found])
    return rows


def _provenance(report: SurvivalReport, printed_at: datetime, language: str) -> Rows:
    request = report.request
    facts = {
        "doc_printed": printed_at.strftime("%Y-%m-%d %H:%M UTC"),
        "doc_program": f"DLCS {dlcs_core.__version__}",
        "survival_columns": ", ".join(
            displayable(name) for name in (request.time, request.event, request.risk)
        ),
    }
    return [(sentence(code, language), value) for code, value in facts.items()]
