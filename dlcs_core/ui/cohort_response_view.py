"""The parts of the response explorer beside the threshold bench."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcs_core.figures.calibration import CalibrationResult, calibration_figure
from dlcs_core.figures.decision_curve import decision_curve_figure
from dlcs_core.figures.flags_avoided import flags_avoided_figure
from dlcs_core.figures.risk_histogram import risk_histogram_figure
from dlcs_core.figures.roc import auc_text
from dlcs_core.report.cohort_bench import rates_of
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_columns import outcome_column, score_column
from dlcs_core.report.response_score import Calibration, ScoreResult
from dlcs_core.statistics.calibration import CalibrationEstimate
from dlcs_core.statistics.delong import DelongTest
from dlcs_core.ui.cohort_bench_view import RATES
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_words import column_label, estimate_text, p_text, percent_text
from dlcs_core.ui.words import language, plain, say

if TYPE_CHECKING:
    import pandas as pd


def show_counts(report: ResponseReport, *, has_training: bool) -> None:
    """Draw the cohort's size, its responders and the area of each score in one row."""
    with st.grid(2 + len(report.scores), gap="small"):
        st.metric(say("ui_patients"), f"{report.n:,}", border=True)
        share = report.events / report.n
        st.metric(say("ui_good_responders"), f"{report.events:,} ({share:.0%})", border=True)
        for name, result in report.scores.items():
            label = say("ui_auc_of", score=plain(column_label(name)))
            st.metric(label, auc_text(result.auc), border=True)
    if has_training:
        st.caption(say("ui_training_is_optimistic"))


def show_calibration(report: ResponseReport, table: "pd.DataFrame") -> None:
    """Draw the calibration curves, the predictions under them and the statistics."""
    known = {name: r.calibration for name, r in report.scores.items() if r.calibration is not None}
    if not known:
        st.info(say("explorer_no_probability"))
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("ui_calibration"))
        curves = {
            column_label(name): CalibrationResult(c.curve, c.groups)
            for name, c in known.items()
            if c.curve is not None
        }
        show_figure(calibration_figure(curves, language()), "calibration",
                    say("ui_calibration_caption"))  # fmt: skip
    with right:
        st.subheader(say("explorer_histogram"))
        risks = {column_label(name): _risk(table, name) for name in known}
        show_figure(risk_histogram_figure(risks, language()), "risk_histogram",
                    say("explorer_histogram_caption"))  # fmt: skip
    st.subheader(say("ui_calibration_numbers"))
    rows = [_calibration_row(name, c) for name, c in known.items()]
    show_rows(rows, "calibration", say("ui_calibration_numbers_caption"))
    st.caption(say("explorer_hosmer_caption"))


def _risk(table: "pd.DataFrame", name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the predictions with an outcome, and the outcome."""
    risk, outcome = score_column(table, name), outcome_column(table, "good_response")
    known = ~np.isnan(risk) & ~np.isnan(outcome)
    return risk[known], outcome[known] == 1.0


def _calibration_row(name: str, found: Calibration) -> dict[str, str]:
    curve, fit = found.curve, found.hosmer_lemeshow
    errors = {
        key: "–" if curve is None else f"{getattr(curve, key.lower()):.3f}"
        for key in ("ICI", "E50", "E90", "Emax")
    }
    statistic = "–" if fit.statistic is None else f"{fit.statistic:.2f} ({fit.df})"
    return {
        say("ui_score"): column_label(name),
        say("ui_intercept"): _estimate(found.intercept),
        say("ui_slope"): _estimate(found.slope),
        say("explorer_brier"): f"{found.brier.brier:.3f}",
        say("explorer_scaled_brier"): estimate_text(found.brier.scaled, digits=3),
        **errors,
        say("explorer_hosmer"): statistic,
        "P": p_text(fit.p),
    }


def _estimate(found: CalibrationEstimate | None) -> str:
    return "–" if found is None else estimate_text(found.estimate, found.ci95)


def show_decision(report: ResponseReport) -> None:
    """Draw net benefit and unnecessary flags avoided over all thresholds."""
    curves = {
        column_label(name): r.decision
        for name, r in report.scores.items()
        if r.decision is not None
    }
    if not curves:
        st.info(say("explorer_no_probability"))
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("explorer_decision_curve"))
        show_figure(decision_curve_figure(curves, language()), "decision_curve",
                    say("ui_decision_curve_caption"))  # fmt: skip
    with right:
        st.subheader(say("explorer_flags_avoided"))
        show_figure(flags_avoided_figure(curves, language()), "flags_avoided",
                    say("explorer_flags_avoided_caption"))  # fmt: skip


def show_tables(report: ResponseReport) -> None:
    """Draw Table 2, discrimination in numbers and the comparison of every pair of scores."""
    st.subheader(say("explorer_table_two"))
    rows = [_table_two_row(name, r) for name, r in report.scores.items()]
    show_rows(rows, "table_two", say("explorer_table_two_caption"))
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("explorer_discrimination"))
        show_rows([_area_row(name, r) for name, r in report.scores.items()], "areas",
                  say("explorer_areas_caption"))  # fmt: skip
    with right:
        st.subheader(say("ui_comparison"))
        if not report.comparisons:
            st.info(say("explorer_one_score"))
            return
        pairs = [_pair_row(a, b, test) for (a, b), test in report.comparisons.items()]
        show_rows(pairs, "delong", say("ui_delong_caption"))


def _table_two_row(name: str, result: ScoreResult) -> dict[str, str]:
    rates = rates_of(result.at_threshold)
    shown = {
        say(f"explorer_rate_{rate}"): percent_text(rates[rate].value, rates[rate].ci95)
        for rate in RATES
    }
    return {
        say("ui_score"): column_label(name),
        say("explorer_cutoff"): f"{result.at_threshold.threshold:.3f}",
        **shown,
    }


def _area_row(name: str, result: ScoreResult) -> dict[str, str]:
    return {
        say("ui_score"): column_label(name),
        say("ui_patients"): f"{result.n:,}",
        say("ui_good_responders"): f"{result.events:,}",
        say("explorer_auc"): estimate_text(result.auc.auc, result.auc.ci95, 3),
        say("explorer_se"): estimate_text(result.auc.se, digits=4),
        say("explorer_average_precision"): f"{result.precision_recall.average_precision:.3f}",
    }


def _pair_row(a: str, b: str, test: DelongTest) -> dict[str, str]:
    return {
        say("ui_pair"): f"{column_label(a)} − {column_label(b)}",
        say("ui_difference"): f"{test.difference:+.3f}",
        say("ui_ci95"): f"{test.ci95[0]:+.3f} – {test.ci95[1]:+.3f}",
        "Z": estimate_text(test.z),
        "P": p_text(test.p),
    }
