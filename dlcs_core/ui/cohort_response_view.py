"""The parts of the response explorer beside the threshold bench."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcs_core.figures.calibration import CalibrationResult, calibration_figure
from dlcs_core.figures.decision_curve import decision_curve_figure
from dlcs_core.figures.flags_avoided import flags_avoided_figure
from dlcs_core.figures.risk_histogram import risk_histogram_figure
from dlcs_core.figures.roc import auc_text
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_columns import outcome_column, score_column
from dlcs_core.report.response_score import Calibration
from dlcs_core.statistics.calibration import CalibrationEstimate
from dlcs_core.statistics.validation_summary import ValidationSummary
from dlcs_core.ui.cohort_benefit_view import show_benefit_difference
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_reports import response
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import column_label, estimate_text, p_text
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


def show_calibration(
    in_use: CohortInUse, selection: Selection, report: ResponseReport, table: "pd.DataFrame"
) -> None:
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
    with st.spinner(say("explorer_computing")):
        summarized = response(in_use, selection, tuple(known), (), None, 0, True)
    if summarized.summaries:
        _show_summaries(summarized.summaries)


def _show_summaries(summaries: Mapping[str, ValidationSummary]) -> None:
    """Draw what ``rms::val.prob`` reports, one line per number."""
    st.subheader(say("explorer_val_prob"))
    rows = [
        {
            say("explorer_measure"): title,
            **{column_label(name): getter(one) for name, one in summaries.items()},
        }
        for title, getter in VAL_PROB.items()
    ]
    show_rows(rows, "val_prob", say("explorer_val_prob_caption"))


def _decimals(field: str, digits: int = 3) -> Callable[[ValidationSummary], str]:
    return lambda found: f"{getattr(found, field):.{digits}f}"


def _p_of(field: str) -> Callable[[ValidationSummary], str]:
    return lambda found: p_text(getattr(found, field))


VAL_PROB: Mapping[str, Callable[[ValidationSummary], str]] = {
    "Dxy": _decimals("dxy"), "C (ROC)": _decimals("c"), "R²": _decimals("r2"),
    "D": _decimals("d"), "D χ²": _decimals("d_chi_square", 2), "U": _decimals("u"),
    "U χ²": _decimals("u_chi_square", 2), "U P": _p_of("u_p"), "Q": _decimals("q"),
    "Brier": _decimals("brier", 4), "Intercept": _decimals("intercept"),
    "Slope": _decimals("slope"), "Emax": _decimals("emax"), "E90": _decimals("e90"),
    "Eavg": _decimals("eavg"), "S z": _decimals("spiegelhalter_z"),
    "S P": _p_of("spiegelhalter_p"), "log loss": _decimals("log_loss", 4),
}  # fmt: skip
"""The numbers by their names in R, which are the same in every language."""


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
        "Brier": f"{found.brier.brier:.3f}",
        say("explorer_scaled_brier"): estimate_text(found.brier.scaled, digits=3),
        **errors,
        say("explorer_hosmer"): statistic,
        "P": p_text(fit.p),
    }


def _estimate(found: CalibrationEstimate | None) -> str:
    return "–" if found is None else estimate_text(found.estimate, found.ci95)


def show_decision(in_use: CohortInUse, selection: Selection, report: ResponseReport) -> None:
    """Draw net benefit, unnecessary flags avoided and the difference between two scores."""
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
    show_benefit_difference(in_use, selection, report)
