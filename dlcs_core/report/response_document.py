"""The response report as one HTML file that prints on A4: no script, no font, no request."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from markupsafe import Markup

import dlcs_core
from dlcs_core.clinical.record import displayable
from dlcs_core.errors import Notice
from dlcs_core.report.line_plot import Band, Dots, Line, LinePlot, line_plot_svg
from dlcs_core.report.page_template import page_template
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_benefit_text import (
    SHOWN_THRESHOLDS,
    benefit_rows,
    summary_rows,
)
from dlcs_core.report.response_score import ScoreResult
from dlcs_core.report.response_text import (
    auc_text,
    estimate_text,
    interval_text,
    number,
    p_text,
    pooled_values,
    subgroup_values,
)
from dlcs_core.translation import sentence, sentence_of

LOWEST_NET_BENEFIT = -0.05
"""Lower end of the axis: treat-all falls without bound and would flatten everything else."""

Rows = Sequence[Sequence[str]]
UNIT = np.array([0.0, 1.0])


def response_html(
    report: ResponseReport,
    notices: Iterable[Notice],
    language: str = "en",
    *,
    printed_at: datetime | None = None,
) -> str:
    """Return a response report as a self-contained page.

    Parameters
    ----------
    report : ResponseReport
        The evaluation.
    notices : iterable of Notice
        Warnings of reading the table and of the report.
    language : str
        ``"en"`` or ``"zh"``.
    printed_at : datetime, optional
        Date on the page; now by default.

    Returns
    -------
    str
        HTML with inline style and figures. Nothing in it comes from outside or runs; it holds
        no row of the table.
    """
    return page_template("response.html.j2").render(
        say=lambda code, **values: sentence(code, language, **values),
        language=language,
        cohort=sentence(
            "response_cohort", language,
            n=report.n, events=report.events, percent=f"{report.events / report.n:.1%}",
        ),
        figures=_figures(report, language),
        score_rows=_score_rows(report),
        calibration_rows=_calibration_rows(report),
        cutoff_rows=_cutoff_rows(report, language),
        pair_rows=_pair_rows(report),
        benefit_heads=[f"{threshold:.0%}" for threshold in SHOWN_THRESHOLDS],
        benefit_rows=benefit_rows(report),
        summary_rows=summary_rows(report),
        subgroup_rows=[list(map(str, subgroup_values(row).values())) for row in report.subgroups],
        center_rows=_center_rows(report),
        pooled_rows=_pooled_rows(report, language),
        warnings=list(dict.fromkeys(sentence_of(notice, language) for notice in notices)),
        provenance=_provenance(report, printed_at or datetime.now(UTC), language),
    )  # fmt: skip


def _figures(report: ResponseReport, language: str) -> Mapping[str, Markup]:
    named = [(displayable(k), result) for k, result in report.scores.items()]
    return {
        "roc": _roc(named, language),
        "precision_recall": _precision_recall(named, language),
        "calibration": _calibration(named, language),
        "decision": _decision(report, named, language),
    }


Named = Sequence[tuple[str, ScoreResult]]


def _roc(named: Named, language: str) -> Markup:
    lines = [Line(UNIT, UNIT)]
    lines += [
        Line(1.0 - r.curve.specificity, r.curve.sensitivity, f"{name}: {auc_text(r.auc)}", index)
        for index, (name, r) in enumerate(named)
    ]
    return _unit_plot("fig_one_minus_specificity", "fig_sensitivity", lines, (), language)


def _precision_recall(named: Named, language: str) -> Markup:
    lines = [
        Line(
            r.precision_recall.recall, r.precision_recall.precision,
            f"{name}: {number(r.precision_recall.average_precision)}", index,
        )
        for index, (name, r) in enumerate(named)
    ]  # fmt: skip
    return _unit_plot("fig_recall", "fig_precision", lines, (), language)


def _calibration(named: Named, language: str) -> Markup:
    lines = [Line(UNIT, UNIT, sentence("fig_ideal", language))]
    dots, bands = [], []
    for index, (name, result) in enumerate(named):
        found = result.calibration
        if found is None:
            continue
        if found.curve is not None:
            curve = found.curve
            lines.append(Line(curve.predicted, curve.observed, name, index))
            bands.append(Band(curve.predicted, curve.ci95_low, curve.ci95_high, index))
        g = found.groups
        dots.append(Dots(g.predicted, g.observed, g.ci95_low, g.ci95_high, index))
    return _unit_plot("fig_predicted", "fig_observed", lines, dots, language, bands)


def _unit_plot(
    x_title: str,
    y_title: str,
    lines: Sequence[Line],
    dots: Sequence[Dots],
    language: str,
    bands: Sequence[Band] = (),
) -> Markup:
    titles = sentence(x_title, language), sentence(y_title, language)
    alt = f"{titles[1]} / {titles[0]}"
    return line_plot_svg(LinePlot(*titles, alt, (0.0, 1.0), (0.0, 1.0), lines, dots, bands))


def _decision(report: ResponseReport, named: Named, language: str) -> Markup:
    everyone = report.treat_all
    zero = np.zeros(everyone.threshold.size)
    lines = [
        Line(everyone.threshold, everyone.treat_all, sentence("fig_treat_all", language)),
        Line(everyone.threshold, zero, sentence("fig_treat_none", language)),
    ]
    lines += [
        Line(r.decision.threshold, r.decision.net_benefit, name, index)
        for index, (name, r) in enumerate(named)
        if r.decision is not None
    ]
    titles = sentence("fig_threshold", language), sentence("fig_net_benefit", language)
    top = max(0.1, np.ceil(everyone.prevalence * 20.0) / 20.0)
    plot = LinePlot(
        *titles, f"{titles[1]} / {titles[0]}", (0.0, 1.0), (LOWEST_NET_BENEFIT, float(top)), lines
    )
    return line_plot_svg(plot)


def _score_rows(report: ResponseReport) -> Rows:
    rows = []
    for name, result in report.scores.items():
        brier = result.calibration.brier if result.calibration else None
        rows.append([
            displayable(name), str(result.n), str(result.events), auc_text(result.auc),
            number(result.precision_recall.average_precision),
            number(brier.brier if brier else None), number(brier.scaled if brier else None),
        ])  # fmt: skip
    return rows


def _calibration_rows(report: ResponseReport) -> Rows:
    rows = []
    for name, result in report.scores.items():
        found = result.calibration
        if found is None:
            continue
        curve, test = found.curve, found.hosmer_lemeshow
        distances = [curve.ici, curve.e50, curve.e90, curve.emax] if curve else [None] * 4
        rows.append([
            displayable(name), estimate_text(found.intercept), estimate_text(found.slope),
            *map(number, distances), f"{number(test.statistic)} ({test.df})", p_text(test.p),
        ])  # fmt: skip
    return rows


def _cutoff_rows(report: ResponseReport, language: str) -> Rows:
    rows = []
    for name, result in report.scores.items():
        calls = result.at_threshold
        rows.append([
            displayable(name), number(calls.threshold),
            sentence(f"response_threshold_{result.threshold_source}", language),
            *map(str, (calls.tp, calls.fp, calls.tn, calls.fn)),
            number(calls.sensitivity), number(calls.specificity),
            number(calls.ppv), number(calls.npv), number(calls.accuracy),
        ])  # fmt: skip
    return rows


def _pair_rows(report: ResponseReport) -> Rows:
    return [
        [
            displayable(a), displayable(b),
            f"{test.difference:+.3f}{interval_text(test.ci95)}", number(test.z), p_text(test.p),
        ]
        for (a, b), test in report.comparisons.items()
    ]  # fmt: skip


def _center_rows(report: ResponseReport) -> Rows:
    return [
        [
            displayable(name), displayable(row.center), str(row.n), str(row.events),
            auc_text(row.auc), number(row.oe_ratio), number(row.calibration_slope),
        ]
        for name, found in report.centers.items()
        for row in found.by_center
    ]  # fmt: skip


def _pooled_rows(report: ResponseReport, language: str) -> Rows:
    return [
        list(map(str, pooled_values(name, measure, part.overall, language).values()))
        for name, found in report.centers.items()
        for measure, part in found.pooled.items()
    ]


def _provenance(report: ResponseReport, printed_at: datetime, language: str) -> Rows:
    facts = {
        "doc_printed": printed_at.strftime("%Y-%m-%d %H:%M UTC"),
        "doc_program": f"DLCS {dlcs_core.__version__}",
        "response_outcome_column": displayable(report.request.outcome),
    }
    return [(sentence(code, language), value) for code, value in facts.items()]
