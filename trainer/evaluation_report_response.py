"""Sections on the response: Tables 1 and 2, Figures 2 to 4A, calibration, centres, subgroups."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dlcs_core.errors import DlcsError
from dlcs_core.models.proportion import proportion
from dlcs_core.report.response import ResponseReport, ResponseRequest, response_report
from dlcs_core.report.response_score import ScoreResult
from dlcs_core.report.table_one import TableOneRequest, table_one_report
from dlcs_core.report.table_one_text import p_text, summary_text
from dlcs_core.statistics.two_sample import compare_groups
from dlcs_core.translation import sentence
from trainer.demonstrations.networks import auc_words
from trainer.evaluation_report_document import Block, Picture, Section, Table, svg_bytes
from trainer.evaluation_report_sources import COHORT_WORDS, ReportMaterial

SCORES = ("dl_signature", "clinical_signature", "dlcs")
COLORS = {"dl_signature": "#0072b2", "clinical_signature": "#d55e00", "dlcs": "#009e73"}
SUBGROUPS = ("sex", "age_group", "ct_stage", "cn_stage", "tumor_location", "borrmann_type")
AGE_CUT_YEARS = 60
"""Of the paper's Table 1."""

NOTHING = "-"


def response_reports(material: ReportMaterial) -> dict[str, ResponseReport]:
    """Evaluate every cohort at the bundle's cutoffs; cohorts of one class are left out."""
    cutoffs = {name: cutoff.value for name, cutoff in material.bundle.manifest.cutoffs.items()}
    found = {}
    for name, rows in material.cohorts().items():
        is_old = rows["age_years"] >= AGE_CUT_YEARS
        group = is_old.map({True: "60 and older", False: "under 60"})
        rows = rows.assign(age_group=group.where(rows["age_years"].notna()))
        request = ResponseRequest(
            scores=SCORES,
            cutoffs={one: cutoffs[one] for one in SCORES if one in cutoffs},
            external=name != "training",
            subgroups=tuple(one for one in SUBGROUPS if _varies(rows[one])),
            centers="center" if _varies(rows["center"]) else None,
        )
        try:
            found[name] = response_report(rows, request)
        except DlcsError:
            continue  # one class only
    return found


def _varies(column: pd.Series) -> bool:
    return len(column.dropna().unique()) > 1


def table_one_section(material: ReportMaterial) -> Section:
    """Table 1 of the paper on this cohort."""
    report = table_one_report(material.table, TableOneRequest(by="good_response", cohort="cohort"))
    blocks: list[Block] = ["Good (1) against other responders (0), by cohort."]
    for name, table in report.tables.items():
        header = (
            "variable", "level", *(f"{group} (n = {n})" for group, n in table.groups.items()),
            "P", "test", "missing",
        )  # fmt: skip
        rows = tuple(
            (
                row.variable,
                row.level or NOTHING,
                *map(summary_text, row.by_group.values()),
                p_text(row.comparison.p if row.comparison else None),
                sentence(f"test_{row.comparison.test}", "en") if row.comparison else NOTHING,
                str(row.missing),
            )
            for row in table.rows
        )
        blocks.append(Table(header, rows, COHORT_WORDS.get(name, name)))
    return Section("Table 1: patients", tuple(blocks))


def table_two_section(reports: Mapping[str, ResponseReport]) -> Section:
    """Table 2 of the paper: discrimination and classification, with intervals."""
    rows = [
        _score_row(cohort, name, result)
        for cohort, report in reports.items()
        for name, result in report.scores.items()
    ]
    header = (
        "cohort", "score", "n", "AUC", "average precision", "cutoff", "accuracy", "sensitivity",
        "specificity", "PPV", "NPV", "Brier score",
    )  # fmt: skip
    tests = tuple(
        (COHORT_WORDS[cohort], f"{a} - {b}", f"{t.difference:+.3f} "
         f"({t.ci95[0]:+.3f} to {t.ci95[1]:+.3f})", p_text(t.p))
        for cohort, report in reports.items()
        for (a, b), t in report.comparisons.items()
    )  # fmt: skip
    return Section(
        "Table 2: how well response is told",
        (
            "AUC with DeLong's interval; shares at the cutoff fixed in training with exact "
            "intervals. A score whose cutoff is marked * has none in the bundle: Youden's on the "
            "very patients shown, which is optimistic.",
            Table(header, tuple(rows)),
            Table(("cohort", "scores", "difference of AUC", "DeLong P"), tests, "Comparisons"),
        ),
    )


def _score_row(cohort: str, name: str, result: ScoreResult) -> tuple[str, ...]:
    at = result.at_threshold
    star = "*" if result.threshold_source == "same_data" else ""
    shares = (
        (at.tp + at.tn, at.tp + at.tn + at.fp + at.fn),
        (at.tp, at.tp + at.fn),
        (at.tn, at.tn + at.fp),
        (at.tp, at.tp + at.fp),
        (at.tn, at.tn + at.fn),
    )
    return (
        COHORT_WORDS[cohort],
        name,
        f"{result.n} ({result.events} good)",
        auc_words(result.auc),
        f"{result.precision_recall.average_precision:.3f}",
        f"{at.threshold:.3f}{star}",
        *(share_words(*one) for one in shares),
        f"{result.calibration.brier.brier:.3f}" if result.calibration else NOTHING,
    )


def share_words(count: int, n: int) -> str:
    """Word a share with its exact interval."""
    found = proportion(count, n)
    return NOTHING if found is None else f"{found.estimate:.2f} ({found.low:.2f}-{found.high:.2f})"


def curves_section(reports: Mapping[str, ResponseReport]) -> Section:
    """Figures 2 and 3E-H: ROC, precision-recall, calibration and decision curves."""
    pictures: tuple[Block, ...] = tuple(
        Picture(
            f"curves_{cohort}", draw_curves(report), "svg",
            f"ROC, precision-recall, calibration (tenths of the patients) and decision curves: "
            f"{COHORT_WORDS[cohort]}",
        )
        for cohort, report in reports.items()
    )  # fmt: skip
    return Section("Figures 2 and 3: curves by cohort", pictures)


def draw_curves(report: ResponseReport) -> bytes:
    """Draw the four curves of one cohort."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.2), layout="constrained")
    axes: Any = figure.subplots(1, 4)
    for name, result in report.scores.items():
        color, calibration = COLORS[name], result.calibration
        curve, precision = result.curve, result.precision_recall
        axes[0].plot(
            1 - curve.specificity,
            curve.sensitivity,
            color=color,
            label=f"{name} {result.auc.auc:.2f}",
        )
        axes[1].plot(precision.recall, precision.precision, color=color)
        if calibration is not None:
            groups = calibration.groups
            axes[2].errorbar(
                groups.predicted, groups.observed,
                [groups.observed - groups.ci95_low, groups.ci95_high - groups.observed],
                fmt="o", color=color, markersize=3, linewidth=0.7,
            )  # fmt: skip
            if calibration.curve is not None:
                axes[2].plot(calibration.curve.predicted, calibration.curve.observed, color=color)
        if result.decision is not None:
            axes[3].plot(result.decision.threshold, result.decision.net_benefit, color=color)
    everyone = report.treat_all
    axes[3].plot(everyone.threshold, everyone.treat_all, color="0.5", linewidth=0.8)
    axes[3].axhline(0, color="0.3", linewidth=0.8)
    axes[3].set_ylim(-0.05, max(0.1, 1.15 * everyone.prevalence))
    for axis in (axes[0], axes[2]):
        axis.plot((0, 1), (0, 1), color="0.6", linewidth=0.8)
    titles = (
        ("1 - specificity", "sensitivity"), ("recall", "precision"),
        ("predicted", "observed"), ("threshold probability", "net benefit"),
    )  # fmt: skip
    for axis, (x, y) in zip(axes, titles, strict=True):
        axis.set_xlabel(x)
        axis.set_ylabel(y)
        axis.set_xlim(0, 1)
        axis.set_xticks((0, 0.25, 0.5, 0.75, 1), ("0", "", "0.5", "", "1"))
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[:3]:
        axis.set_ylim(0, 1.01)
    axes[0].legend(frameon=False, fontsize=7)
    return svg_bytes(figure)


def calibration_section(material: ReportMaterial, reports: Mapping[str, ResponseReport]) -> Section:
    """Calibration before and after recalibration: raw network score against what is shown."""
    rows = []
    for cohort in reports:
        found: Any = material.bundle.manifest.metrics[cohort]
        for score in ("dl_score", *SCORES):
            one = found[score]
            rows.append(
                (COHORT_WORDS[cohort], score, _pair(one["calibration_intercept"]),
                 _pair(one["calibration_slope"]))
            )  # fmt: skip
    return Section(
        "Calibration before and after recalibration",
        (
            "dl_score is the network's own sigmoid, trained on balanced classes; dl_signature is "
            "the same after recalibration to the training prevalence. Intercept 0 and slope 1 are "
            "perfect; a negative intercept means that probabilities are too high.",
            Table(("cohort", "score", "intercept in the large", "slope"), tuple(rows)),
        ),
    )


def _pair(found: Mapping[str, Any] | None) -> str:
    if not found:
        return NOTHING
    low, high = found["ci95"]
    return f"{found['estimate']:+.2f} ({low:+.2f} to {high:+.2f})"


def distribution_section(material: ReportMaterial) -> Section:
    """Figures 3B-D and 4A: scores by response and grade, and the Mann-Whitney P."""
    rows = []
    for name, part in material.cohorts().items():
        for score in SCORES:
            known = part[part[score].notna()]
            good = known["good_response"].to_numpy(bool)
            values = known[score].to_numpy(float)
            if 0 < good.sum() < len(good):
                p = compare_groups([values[good], values[~good]], "mann-whitney").p
                rows.append(
                    (COHORT_WORDS[name], score, _quartiles(values[good]),
                     _quartiles(values[~good]), p_text(p))
                )  # fmt: skip
    blocks: list[Block] = [
        Table(("cohort", "score", "good response", "poor response", "P"), tuple(rows),
              "Median (quartiles)"),
    ]  # fmt: skip
    if "trg" in material.table and material.table["trg"].notna().any():
        caption = "DLCS by tumour regression grade, a panel a cohort"
        blocks.append(Picture("dlcs_by_grade", draw_by_grade(material), "svg", caption))
    return Section("Figures 3 and 4A: scores of good and poor responders", tuple(blocks))


def _quartiles(values: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.3f} ({low:.3f}, {high:.3f})"


def draw_by_grade(material: ReportMaterial) -> bytes:
    """Draw the DLCS of every patient by grade."""
    from matplotlib.figure import Figure

    cohorts, rng = material.cohorts(), np.random.default_rng(0)
    figure = Figure(figsize=(3.2 * len(cohorts), 2.8), layout="constrained")
    axes: Any = figure.subplots(1, len(cohorts), sharey=True, squeeze=False)[0]
    for axis, (name, part) in zip(axes, cohorts.items(), strict=True):
        for grade in range(4):
            rows: pd.DataFrame = part[part["trg"] == grade]
            values = rows["dlcs"].dropna().to_numpy(float)
            color = "#009e73" if grade < 2 else "#d55e00"
            axis.plot(
                grade + rng.uniform(-0.25, 0.25, len(values)), values, "o", color=color,
                markersize=2, alpha=0.5, markeredgewidth=0,
            )  # fmt: skip
            if len(values):
                axis.plot((grade - 0.3, grade + 0.3), (np.median(values),) * 2, color="0.1")
        axis.set_title(COHORT_WORDS[name], fontsize=9)
        axis.set_xticks(range(4))
        axis.set_xlabel("tumour regression grade")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("DLCS")
    return svg_bytes(figure)


def parts_section(reports: Mapping[str, ResponseReport]) -> Section:
    """Every centre and subgroup with its own interval."""
    centers = tuple(
        (COHORT_WORDS[cohort], score, one.center, f"{one.n} ({one.events} good)",
         auc_words(one.auc) if one.auc else NOTHING,
         NOTHING if one.calibration_slope is None else f"{one.calibration_slope:.2f}")
        for cohort, report in reports.items()
        for score, found in report.centers.items()
        for one in found.by_center
    )  # fmt: skip
    groups = tuple(
        (COHORT_WORDS[cohort], one.variable, one.level, f"{one.found.n} ({one.found.events} good)",
         auc_words(one.found.auc) if one.found.auc else NOTHING,
         p_text(one.interaction.p if one.interaction else None))
        for cohort, report in reports.items()
        for one in report.subgroups
        if one.score == "dlcs"
    )  # fmt: skip
    return Section(
        "Centres and subgroups",
        (
            "P of interaction: whether the odds of response rise with the DLCS alike in all "
            "levels; not adjusted for their number.",
            Table(("cohort", "score", "centre", "n", "AUC", "slope"), centers, "By centre"),
            Table(
                ("cohort", "variable", "level", "n", "AUC of the DLCS", "P of interaction"),
                groups,
                "By subgroup",
            ),
        ),
    )
