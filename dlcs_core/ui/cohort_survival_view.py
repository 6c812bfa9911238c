"""Kaplan-Meier curves of groups on the survival explorer, with their numbers and tests."""

import math
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.figures.kaplan_meier import kaplan_meier_figure
from dlcs_core.figures.theme import HIGH_RISK, LOW_RISK, OKABE_ITO
from dlcs_core.report.association import AssociationRow
from dlcs_core.report.cohort_curves import concordance_interval, thinned_survival
from dlcs_core.report.cohort_grouping import HIGH, LOW, Division
from dlcs_core.report.survival import EVERYBODY, GroupSurvival, SurvivalReport
from dlcs_core.report.survival_groups import (
    RestrictedMeans,
    median_followup_of,
    restricted_means,
)
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_words import (
    cell_label,
    column_label,
    estimate_text,
    interval_text,
    p_text,
)
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    from collections.abc import Sequence


def group_label(division: Division, level: str) -> str:
    """Return the display name of a group."""
    if level == EVERYBODY and division.kind == "none":
        return say("explorer_all_patients")
    if division.kind == "risk":
        return say(f"fig_group_{level}")
    if division.kind == "quantile":
        name = column_label(division.column)
        return say("explorer_quantile", name=name, number=level.removeprefix("Q"))
    return cell_label(division.column, level)


def show_counts(report: SurvivalReport) -> None:
    """Draw size, deaths, follow-up, discrimination and the log-rank test in one row."""
    followup = report.median_followup_months
    found = report.concordance
    c_index = "–"
    if found is not None:
        c_index = estimate_text(found.c_index, concordance_interval(found))
    with st.grid(5, gap="small"):
        st.metric(say("ui_patients"), f"{report.n:,}", border=True)
        deaths = f"{report.events:,} ({report.events / report.n:.0%})"
        st.metric(say("ui_deaths"), deaths, border=True)
        st.metric(say("explorer_followup"), estimate_text(followup, digits=1), border=True)
        st.metric(say("ui_c_index"), c_index, border=True)
        test = report.log_rank
        st.metric(say("ui_log_rank_p"), p_text(test.p if test else None), border=True)


def show_curves(
    report: SurvivalReport, division: Division, ratios: "Sequence[AssociationRow]"
) -> None:
    """Draw the Kaplan-Meier curves of the groups with numbers at risk, tests and ratios."""
    curves = {
        group_label(division, level): thinned_survival(group.curve)
        for level, group in report.groups.items()
    }
    is_risk = tuple(report.groups) in ((LOW, HIGH), (HIGH, LOW))
    colors = [HIGH_RISK if level == HIGH else LOW_RISK for level in report.groups]
    figure = kaplan_meier_figure(
        curves, language(), colors=colors if is_risk else OKABE_ITO,
        height=440 + 44 * len(curves),
    )  # fmt: skip
    show_figure(figure, "kaplan_meier", _curves_caption(report, division))
    means = restricted_means(report)
    rows = [_group_row(division, level, group, means) for level, group in report.groups.items()]
    show_rows(rows, "groups", say(f"explorer_groups_caption_{_scale(report)}"))
    left, right = st.columns(2, gap="medium")
    with left:
        _show_log_rank(report, division)
    with right:
        _show_ratios(ratios, division)


def _scale(report: SurvivalReport) -> str:
    return report.request.ci_type.replace("-", "_")


def _curves_caption(report: SurvivalReport, division: Division) -> str:
    bands = say(f"explorer_bands_{_scale(report)}")
    if division.kind != "risk":
        return bands
    code = "explorer_cut_training" if division.from_training else "explorer_cut_own"
    return say(code, cutoff=f"{division.cutoff:.3f}") + " " + bands


def _group_row(
    division: Division, level: str, group: GroupSurvival, means: RestrictedMeans | None
) -> dict[str, str]:
    median, at = group.median, group.at_horizons
    limits = None
    if median.ci95_low is not None and median.ci95_high is not None:
        limits = (median.ci95_low, median.ci95_high)
    months = "–" if median.median is None else f"{median.median:.1f}{interval_text(limits, 1)}"
    row = {
        say("ui_group"): group_label(division, level),
        say("ui_patients"): f"{group.curve.n:,}",
        say("ui_deaths"): f"{group.curve.events:,}",
        say("ui_median_months"): say("ui_not_reached") if median.median is None else months,
    }
    for month, value, low, high in zip(
        at.horizon_months, at.survival, at.ci95_low, at.ci95_high, strict=True
    ):
        row[say("ui_alive_at", months=f"{month:g}")] = _percent(value, low, high)
    if means is not None:
        mean, months = means.groups[level], f"{means.horizon_months:g}"
        shown = estimate_text(mean.mean_months, mean.ci95, 1)
        row[say("explorer_restricted_mean", months=months)] = shown
    row[say("explorer_followup")] = estimate_text(median_followup_of(group.curve), digits=1)
    return row


def _percent(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.0%}" if math.isnan(low) else f"{value:.0%} ({low:.0%}–{high:.0%})"


def _show_log_rank(report: SurvivalReport, division: Division) -> None:
    st.subheader(say("explorer_log_rank"))
    test = report.log_rank
    if test is None:
        st.info(say("explorer_one_group"))
        return
    rows = [
        {
            say("ui_group"): group_label(division, level),
            say("ui_patients"): f"{n:,}",
            say("explorer_observed"): f"{observed:,}",
            say("explorer_expected"): f"{expected:.1f}",
        }
        for level, n, observed, expected in zip(
            test.groups, test.n, test.observed, test.expected, strict=True
        )
    ]
    text = say("explorer_log_rank_caption", statistic=f"{test.statistic:.2f}", df=test.df,
               p=p_text(test.p))  # fmt: skip
    show_rows(rows, "log_rank", text)


def _show_ratios(ratios: "Sequence[AssociationRow]", division: Division) -> None:
    st.subheader(say("explorer_hazard_ratio"))
    if not ratios:
        st.info(say("explorer_one_group"))
        return
    rows = [
        {
            say("ui_group"): group_label(division, row.term.level or ""),
            say("explorer_against"): group_label(division, row.term.reference_level or ""),
            say("explorer_hr"): estimate_text(row.wald.ratio, row.wald.ci95) if row.wald else "–",
            "P": p_text(row.wald.p if row.wald else None),
        }
        for row in ratios
    ]
    show_rows(rows, "hazard_ratios", say("explorer_cox_caption"))
