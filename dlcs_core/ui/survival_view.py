"""The parts of the survival explorer."""

import math

import streamlit as st

from dlcs_core.figures.kaplan_meier import kaplan_meier_figure
from dlcs_core.figures.theme import HIGH_RISK, LOW_RISK
from dlcs_core.report.case_view import time_origin_text
from dlcs_core.report.survival import GroupSurvival, SurvivalReport
from dlcs_core.ui.charts import show_figure
from dlcs_core.ui.response_view import p_text
from dlcs_core.ui.words import language, plain, say

COLORS = {"low": LOW_RISK, "high": HIGH_RISK}


def show_counts(report: SurvivalReport) -> None:
    """Draw size, deaths, discrimination and the log-rank test in one row."""
    c = report.concordance
    shown = "–" if c is None else f"{c.c_index:.2f} ({c.ci95[0]:.2f}–{c.ci95[1]:.2f})"
    with st.grid(4, gap="small"):
        st.metric(say("ui_patients"), f"{report.n:,}", border=True)
        st.metric(
            say("ui_deaths"), f"{report.events} ({report.events / report.n:.0%})", border=True
        )
        st.metric(say("ui_c_index"), shown, border=True)
        test = report.log_rank
        st.metric(say("ui_log_rank_p"), p_text(test.p if test else None), border=True)


def show_curves(report: SurvivalReport, origin: str | None) -> None:
    """Draw the Kaplan-Meier curves of the risk groups with the numbers at risk.

    Parameters
    ----------
    report : SurvivalReport
        The cohort's.
    origin : str or None
        The moment from which survival time counts, where it is known.
    """
    st.subheader(say("ui_kaplan_meier"))
    curves = {say(f"fig_group_{name}"): group.curve for name, group in report.groups.items()}
    figure = kaplan_meier_figure(
        curves, language(), colors=[COLORS[name] for name in report.groups], height=460
    )
    show_figure(figure, "kaplan_meier", _caption(report, origin))


def _caption(report: SurvivalReport, origin: str | None) -> str:
    cut = say("ui_kaplan_meier_caption", cutoff=f"{report.request.cutoff:.3f}")
    if origin is None:
        return f"{cut} {say('ui_survival_origin_unknown')}"
    return f"{cut} {say('ui_survival_origin', origin=plain(time_origin_text(origin, language())))}"


def show_table(report: SurvivalReport) -> None:
    """Draw survival at the horizons and the median of each group."""
    rows = [
        {say("ui_group"): say(f"fig_group_{name}"), **_row(group)}
        for name, group in report.groups.items()
    ]
    st.table(rows, border="horizontal")


def _row(group: GroupSurvival) -> dict[str, str]:
    at = group.at_horizons
    row = {
        say("ui_patients"): str(group.curve.n),
        say("ui_deaths"): str(group.curve.events),
        say("ui_median_months"): _months(group.median.median),
    }
    for month, value, low, high in zip(
        at.horizon_months, at.survival, at.ci95_low, at.ci95_high, strict=True
    ):
        row[say("ui_alive_at", months=f"{month:g}")] = _percent(value, low, high)
    return row


def _months(value: float | None) -> str:
    return say("ui_not_reached") if value is None else f"{value:.1f}"


def _percent(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.0%}" if math.isnan(low) else f"{value:.0%} ({low:.0%}–{high:.0%})"
