"""The parts of the survival explorer: curves of groups, and a risk over time."""

import math
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.figures.kaplan_meier import kaplan_meier_figure
from dlcs_core.figures.over_time import auc_over_time_figure, brier_over_time_figure
from dlcs_core.figures.theme import HIGH_RISK, LOW_RISK, OKABE_ITO
from dlcs_core.report.association import AssociationRow
from dlcs_core.report.cohort_curves import concordance_interval, thinned_survival
from dlcs_core.report.cohort_grouping import HIGH, LOW, Division
from dlcs_core.report.survival import EVERYBODY, GroupSurvival, SurvivalReport
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
    from collections.abc import Mapping, Sequence


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
        height=420 + 18 * len(curves),
    )  # fmt: skip
    show_figure(figure, "kaplan_meier", _curves_caption(division))
    rows = [_group_row(division, level, group) for level, group in report.groups.items()]
    show_rows(rows, "groups", say("explorer_groups_caption"))
    left, right = st.columns(2, gap="medium")
    with left:
        _show_log_rank(report, division)
    with right:
        _show_ratios(ratios, division)


def _curves_caption(division: Division) -> str:
    if division.kind != "risk":
        return say("explorer_kaplan_meier_caption")
    code = "ui_kaplan_meier_caption" if division.from_training else "explorer_own_median_caption"
    return say(code, cutoff=f"{division.cutoff:.3f}")


def _group_row(division: Division, level: str, group: GroupSurvival) -> dict[str, str]:
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


def show_performance(
    at_horizons: SurvivalReport,
    monthly: SurvivalReport,
    predictions: "Mapping[float, str]",
) -> None:
    """Draw AUC(t) and the Brier score, with their integrals."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("explorer_auc_t"))
        if monthly.ranking is None:
            st.info(say("explorer_no_risk"))
        else:
            name = column_label(monthly.request.risk)
            figure = auc_over_time_figure({name: monthly.ranking.auc}, language())
            show_figure(figure, "auc_t", say("explorer_auc_t_caption"))
    with right:
        st.subheader(say("explorer_brier_t"))
        accuracy = at_horizons.accuracy
        if accuracy is None or not predictions:
            st.info(say("explorer_no_predictions"))
        else:
            figure = brier_over_time_figure(accuracy.scores, language())
            show_figure(figure, "brier_t", say("explorer_brier_t_caption"))
    _show_horizons(at_horizons)


def _show_horizons(report: SurvivalReport) -> None:
    """Draw the areas, Brier scores and integrals at the horizons as tables."""
    ranking, accuracy = report.ranking, report.accuracy
    if ranking is not None:
        auc = ranking.auc
        rows = [
            {
                say("explorer_month"): f"{month:g}",
                say("explorer_auc"): _known(value, low, high),
                say("explorer_cases"): f"{cases:,}",
                say("explorer_controls"): f"{controls:,}",
            }
            for month, value, low, high, cases, controls in zip(
                auc.horizon_months, auc.auc, auc.ci95_low, auc.ci95_high, auc.n_cases,
                auc.n_controls, strict=True,
            )
        ]  # fmt: skip
        integrals = say(
            "explorer_integrals", iauc=estimate_text(auc.integrated, digits=3),
            monthly=estimate_text(ranking.integrated_monthly, digits=3),
            uno=estimate_text(ranking.uno_c, digits=3),
        )  # fmt: skip
        show_rows(rows, "auc_at_horizons", integrals)
    if accuracy is not None:
        st.caption(
            say(
                "explorer_ibs", ibs=estimate_text(accuracy.integrated, digits=4),
                null=estimate_text(accuracy.integrated_null, digits=4),
                ipa=estimate_text(accuracy.ipa, digits=3),
            )
        )  # fmt: skip


def _known(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return "–"
    return estimate_text(value, None if math.isnan(low) else (low, high), 3)
