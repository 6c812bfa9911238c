"""Further parts of the survival report as HTML: Cox regression, months, calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from dlcs_core.clinical.record import displayable
from dlcs_core.report.association import AssociationReport
from dlcs_core.report.line_plot import Dots, Line, LinePlot, line_plot_svg
from dlcs_core.report.response_text import NOTHING, interval_text, number, p_text
from dlcs_core.report.survival_accuracy import Accuracy
from dlcs_core.report.survival_performance import Performance
from dlcs_core.translation import catalogue, sentence

LOWEST_NET_BENEFIT = -0.05

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """One part of a report.

    Attributes
    ----------
    title : str
        Its heading.
    figures : tuple of Markup
        Side by side.
    heads : tuple of str
        Titles of the table's columns.
    rows : sequence of sequence of str
        The table; empty for none.
    method : str
        What was done, in a line.
    """

    title: str
    figures: tuple[Markup, ...]
    heads: tuple[str, ...]
    rows: Rows
    method: str


def column_name(name: str, language: str) -> str:
    """Return the display name of a column: worded where it is ours, else as in the table."""
    for code in (f"variable.{name}", f"column.{name}"):
        if code in catalogue(language):
            return sentence(code, language)
    return displayable(name)


def level_name(column: str, level: str, language: str) -> str:
    """Return the display name of a level of a column."""
    for code in (f"level.{column}.{level}", f"cell.{column}.{level}"):
        if code in catalogue(language):
            return sentence(code, language)
    return displayable(level)


def cox_section(report: AssociationReport, language: str) -> Section:
    """Return the table of a Cox regression.

    Parameters
    ----------
    report : AssociationReport
        Of a survival time.
    language : str
        Language of the words.
    """
    together = {row.term: row.wald for row in report.multivariable.rows}
    rows = []
    for row in report.univariable:
        term = row.term
        label = column_name(term.variable, language)
        if term.level is not None:
            level, reference = (
                level_name(term.variable, name or "", language)
                for name in (term.level, term.reference_level)
            )
            label += f": {level} / {reference}"
        cells = [label]
        for wald in (row.wald, together.get(term)):
            cells.append(NOTHING if wald is None else number(wald.ratio) + interval_text(wald.ci95))
            cells.append(p_text(wald.p if wald else None))
        rows.append(cells)
    for check in report.multivariable.proportional_hazards or ():
        is_all = check.variable == "GLOBAL"
        name = (
            sentence("explorer_global", language)
            if is_all
            else column_name(check.variable, language)
        )
        label = sentence("explorer_proportional_of", language, name=name)
        rows.append([label, "", "", f"{check.statistic:.2f} ({check.df})", p_text(check.p)])
    heads = ("ui_variable", "explorer_hr_univariable", "explorer_p_univariable",
             "explorer_hr_multivariable", "explorer_p_multivariable")  # fmt: skip
    return Section(
        title=sentence("explorer_view_cox", language),
        figures=(),
        heads=tuple(sentence(code, language) for code in heads),
        rows=rows,
        method=sentence("method_cox", language),
    )


def time_section(found: Performance, language: str) -> Section | None:
    """Return AUC and Brier score over time as figures; None without either."""
    figures = []
    if found.auc is not None:
        auc = found.auc
        lines = [Line(auc.horizon_months, auc.auc, index=0)]
        lines += [Line(auc.horizon_months, limit) for limit in (auc.ci95_low, auc.ci95_high)]
        figures.append(_over_months("fig_auc_t", lines, (0.3, 1.0), language))
    if found.accuracy is not None:
        scores = found.accuracy.scores
        known = sentence("fig_brier_model", language), sentence("fig_brier_null", language)
        lines = [
            Line(scores.horizon_months, scores.brier, known[0], 0),
            Line(scores.horizon_months, scores.null, known[1]),
        ]
        most = float(np.nanmax([*scores.brier, *scores.null, 0.25]))
        figures.append(_over_months("fig_brier", lines, (0.0, most), language))
    if not figures:
        return None
    title = sentence("explorer_view_performance", language)
    return Section(title, tuple(figures), (), (), sentence("method_brier_t", language))


def _over_months(
    y_title: str, lines: Sequence[Line], y_range: tuple[float, float], language: str
) -> Markup:
    titles = sentence("fig_months", language), sentence(y_title, language)
    last = max(float(lines[0].x[-1]), 1.0)
    return line_plot_svg(LinePlot(*titles, titles[1], (0.0, last), y_range, lines))


def calibration_section(found: Accuracy, language: str) -> Section | None:
    """Return calibration and decision curves at the horizons; None where there is neither."""
    if not found.decision:
        return None
    rows = [
        [f"{month:g}", *(f"{v:.4f}" for v in (c.ici, c.e50, c.e90, c.emax)),
         f"{c.observed_expected:.3f}"]
        for month, c in found.calibration.items()
    ]  # fmt: skip
    heads = (sentence("survival_month", language), "ICI", "E50", "E90", "Emax",
             sentence("explorer_observed_expected", language))  # fmt: skip
    figures = [_calibration(found, language)] if found.calibration else []
    return Section(
        title=sentence("explorer_view_survival_calibration", language),
        figures=(*figures, _decision(found, language)),
        heads=heads,
        rows=rows,
        method=sentence("method_survival_calibration", language),
    )


def _calibration(found: Accuracy, language: str) -> Markup:
    unit = np.array([0.0, 1.0])
    lines, dots = [Line(unit, unit)], []
    for index, (month, c) in enumerate(found.calibration.items()):
        name = sentence("fig_survival_at", language, months=f"{month:g}")
        lines.append(Line(1.0 - c.predicted, 1.0 - c.observed, name, index))
        groups = c.groups
        dots.append(Dots(groups.predicted_survival, groups.survival, groups.ci95_low,
                         groups.ci95_high, index))  # fmt: skip
    x, y = (sentence(f"fig_{kind}_survival", language) for kind in ("predicted", "observed"))
    return line_plot_svg(LinePlot(x, y, f"{y} / {x}", (0.0, 1.0), (0.0, 1.0), lines, dots))


def _decision(found: Accuracy, language: str) -> Markup:
    lines = []
    for index, (month, curve) in enumerate(found.decision.items()):
        name = sentence("fig_survival_at", language, months=f"{month:g}")
        lines.append(Line(curve.threshold, curve.net_benefit, name, index))
        lines.append(Line(curve.threshold, curve.treat_all))
    most = 1.1 * max(curve.prevalence for curve in found.decision.values())
    x, y = sentence("fig_threshold", language), sentence("fig_net_benefit", language)
    frame = (0.0, 1.0), (LOWEST_NET_BENEFIT, max(most, 0.05))
    return line_plot_svg(LinePlot(x, y, f"{y} / {x}", *frame, lines))
