"""Sections on overall survival: Table 3, Figure 5 and Figure S6."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import DlcsError
from dlcs_core.report.survival import HORIZONS_MONTHS, SurvivalReport, SurvivalRequest
from dlcs_core.report.survival import survival_report as evaluate_survival
from dlcs_core.report.table_one_text import p_text
from trainer.evaluation_report_document import Block, Picture, Section, Table, svg_bytes
from trainer.evaluation_report_sources import COHORT_WORDS, ReportMaterial

NOTHING = "-"
GROUP_COLORS = {"low": "#0072b2", "high": "#d55e00"}


def survival_reports(material: ReportMaterial) -> dict[str, SurvivalReport]:
    """Evaluate every cohort with deaths; risk groups by the training cohort's cutoff."""
    model = material.bundle.survival
    found = {}
    for name, rows in material.cohorts().items():
        risk = rows["os_linear_predictor"].to_numpy(float)
        predicted = model.survival_probabilities(risk, HORIZONS_MONTHS)
        columns = {month: f"survival_{month:g}" for month in HORIZONS_MONTHS}
        rows = rows.assign(
            risk_group=np.array(_groups(risk, model.risk_cutoff), dtype=object),
            **{column: predicted[:, k] for k, column in enumerate(columns.values())},
        )
        request = SurvivalRequest(survival=columns, group="risk_group", cutoff=model.risk_cutoff)
        try:
            found[name] = evaluate_survival(rows, request)
        except DlcsError:
            continue  # nobody followed up
    return found


def _groups(risk: NDArray[np.float64], cutoff: float) -> list[str | None]:
    """Return the risk group of each patient; None without a risk."""
    return [None if not np.isfinite(one) else "high" if one > cutoff else "low" for one in risk]


def table_three_section(material: ReportMaterial) -> Section:
    """Table 3: hazard ratios, univariable and multivariable, and the nomogram's model."""
    evidence: Mapping[str, Any] = material.bundle.extras.evidence
    if not evidence:
        return Section("Table 3: hazard ratios", ("The bundle carries no evidence.",))
    survival = evidence["survival"]
    header = ("column", "hazard ratio (95 % interval)", "P")
    return Section(
        "Table 3: hazard ratios",
        (
            f"{survival['patients']} training patients with follow-up, {survival['deaths']} "
            "deaths, out-of-fold DL signature; P values are not adjusted for the screening.",
            Table(header, _ratio_rows(survival["univariable"]), "Univariable"),
            Table(header, _ratio_rows(survival["multivariable"]), "Multivariable, as served"),
        ),
    )


def _ratio_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            row["column"],
            f"{row['hazard_ratio']:.3f} ({row['ci95'][0]:.3f} to {row['ci95'][1]:.3f})"
            if row["hazard_ratio"] is not None
            else NOTHING,
            p_text(row["p_unadjusted"]),
        )
        for row in rows
    )


def survival_section(reports: Mapping[str, SurvivalReport]) -> Section:
    """Figure 5 and what the paper prints beside it: C, AUC(t), Brier score, risk groups."""
    header = (
        "cohort", "n (deaths)", "Harrell's C", "Uno's C", "integrated AUC",
        "integrated Brier score", "Kaplan-Meier's", "log-rank P",
    )  # fmt: skip
    rows = tuple(_summary(name, report) for name, report in reports.items())
    months = tuple(row for name, report in reports.items() for row in _month_rows(name, report))
    blocks: list[Block] = [
        "Risk groups by the cutoff fixed in training; out of fold in the training cohort. "
        "Integrated measures are the standard ones in [0, 1]; the paper's 1.24 and 2.03 cannot be.",
        Table(header, rows),
        Table(("cohort", "months", "AUC(t)", "Brier score", "observed / expected"), months),
    ]
    if reports:
        caption = "Kaplan-Meier curves of the risk groups (Figure 5), with log-log intervals"
        blocks.append(Picture("risk_groups", draw_risk_groups(reports), "svg", caption))
        caption = "Smooth calibration of the predicted risk of death (Figure S6)"
        blocks.append(Picture("survival_calibration", draw_calibration(reports), "svg", caption))
    return Section("Figure 5 and S6: overall survival", tuple(blocks))


def _summary(name: str, report: SurvivalReport) -> tuple[str, ...]:
    ranking, accuracy = report.ranking, report.accuracy
    concordance = ranking.concordance if ranking else None
    return (
        COHORT_WORDS[name],
        f"{report.n} ({report.events})",
        _plus_minus(concordance.c_index, concordance.se) if concordance else NOTHING,
        number(ranking.uno_c if ranking else None),
        number(ranking.auc.integrated if ranking else None),
        number(accuracy.integrated if accuracy else None),
        number(accuracy.integrated_null if accuracy else None),
        p_text(report.log_rank.p if report.log_rank else None),
    )


def _plus_minus(estimate: float, se: float) -> str:
    half = 1.959964 * se
    return f"{estimate:.3f} ({max(estimate - half, 0):.3f} to {min(estimate + half, 1):.3f})"


def number(value: float | None) -> str:
    """Word a number to three places; a dash where there is none."""
    return NOTHING if value is None or not np.isfinite(value) else f"{value:.3f}"


def _month_rows(name: str, report: SurvivalReport) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for place, month in enumerate(report.request.horizons_months):
        area, accuracy, words = report.ranking and report.ranking.auc, report.accuracy, NOTHING
        if area and np.isfinite(area.auc[place]):
            words = _plus_minus(float(area.auc[place]), float(area.se[place]))
        held = accuracy.calibration.get(month) if accuracy else None
        rows.append(
            (COHORT_WORDS[name], f"{month:g}", words, _brier(report, month),
             number(held.observed_expected if held else None))
        )  # fmt: skip
    return rows


def _brier(report: SurvivalReport, month: float) -> str:
    if report.accuracy is None:
        return NOTHING
    scores = report.accuracy.scores
    places = np.flatnonzero(scores.horizon_months == month)
    return number(float(scores.brier[places[0]])) if places.size else NOTHING


def draw_risk_groups(reports: Mapping[str, SurvivalReport]) -> bytes:
    """Draw the Kaplan-Meier curves of each cohort's risk groups."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(reports), 3.0), layout="constrained")
    axes: Any = figure.subplots(1, len(reports), sharey=True, squeeze=False)[0]
    for axis, (name, report) in zip(axes, reports.items(), strict=True):
        for group, found in report.groups.items():
            curve, color = found.curve, GROUP_COLORS.get(group, "0.4")
            time = np.concatenate([[0.0], curve.time_months])
            label = f"{group} risk"
            axis.step(
                time, np.concatenate([[1.0], curve.survival]), where="post", color=color,
                label=label,
            )  # fmt: skip
            axis.fill_between(
                curve.time_months, curve.ci95_low, curve.ci95_high, step="post", color=color,
                alpha=0.15, linewidth=0,
            )  # fmt: skip
        axis.set_title(COHORT_WORDS[name], fontsize=9)
        axis.set_xlabel("months")
        axis.set_ylim(0, 1.02)
        axis.set_xlim(left=0)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("overall survival")
    axes[0].legend(frameon=False)
    return svg_bytes(figure)


def draw_calibration(reports: Mapping[str, SurvivalReport]) -> bytes:
    """Draw observed against predicted risk of death at each horizon."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(reports), 3.0), layout="constrained")
    axes: Any = figure.subplots(1, len(reports), sharey=True, squeeze=False)[0]
    for axis, (name, report) in zip(axes, reports.items(), strict=True):
        axis.plot((0, 1), (0, 1), color="0.6", linewidth=0.8)
        curves = report.accuracy.calibration if report.accuracy else {}
        for month, found in curves.items():
            axis.plot(found.predicted, found.observed, label=f"{month:g} months")
        axis.set_title(COHORT_WORDS[name], fontsize=9)
        axis.set_xlabel("predicted risk of death")
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.spines[["top", "right"]].set_visible(False)
        if curves:
            axis.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("observed risk")
    return svg_bytes(figure)
