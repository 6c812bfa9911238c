"""The parts of the response explorer."""

import streamlit as st

from dlcs_core.figures.calibration import CalibrationResult, calibration_figure
from dlcs_core.figures.decision_curve import decision_curve_figure
from dlcs_core.figures.roc import RocResult, auc_text, roc_figure
from dlcs_core.figures.theme import Figure
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_score import ScoreResult
from dlcs_core.statistics.calibration import CalibrationEstimate
from dlcs_core.statistics.delong import DelongTest
from dlcs_core.ui.charts import show_figure
from dlcs_core.ui.words import language, say, variable_label


def show_counts(report: ResponseReport, cohort: str | None) -> None:
    """Draw the cohort's size, its responders and the area of each score in one row."""
    with st.grid(2 + len(report.scores), gap="small"):
        st.metric(say("ui_patients"), f"{report.n:,}", border=True)
        share = report.events / report.n
        st.metric(say("ui_good_responders"), f"{report.events} ({share:.0%})", border=True)
        for name, result in report.scores.items():
            label = say("ui_auc_of", score=variable_label(name))
            st.metric(label, auc_text(result.auc), border=True)
    if cohort in ("training", None):
        st.caption(say("ui_training_is_optimistic"))


def show_figures(report: ResponseReport) -> None:
    """Draw ROC, calibration and decision curves side by side."""
    for column, (name, figure) in zip(
        st.columns(3, gap="medium"), _figures(report).items(), strict=True
    ):
        with column:
            st.subheader(say(f"ui_{name}"))
            show_figure(figure, name, say(f"ui_{name}_caption"))


def _figures(report: ResponseReport) -> dict[str, Figure]:
    """Return the three figures; a score that is no probability has a ROC curve only."""
    scores = {variable_label(name): result for name, result in report.scores.items()}
    roc = {name: RocResult(r.curve, r.auc) for name, r in scores.items()}
    calibration = {
        name: CalibrationResult(r.calibration.curve, r.calibration.groups)
        for name, r in scores.items()
        if r.calibration is not None and r.calibration.curve is not None
    }
    decision = {name: r.decision for name, r in scores.items() if r.decision is not None}
    return {
        "roc": roc_figure(roc, language()),
        "calibration": calibration_figure(calibration, language()),
        "decision_curve": decision_curve_figure(decision or {"": report.treat_all}, language()),
    }


def show_tables(report: ResponseReport) -> None:
    """Draw calibration in numbers and the comparison of every pair of scores."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("ui_calibration_numbers"))
        st.table([_calibration_row(name, r) for name, r in report.scores.items()],
                 border="horizontal")  # fmt: skip
        st.caption(say("ui_calibration_numbers_caption"))
    with right:
        st.subheader(say("ui_comparison"))
        st.table([_pair_row(a, b, test) for (a, b), test in report.comparisons.items()],
                 border="horizontal")  # fmt: skip
        st.caption(say("ui_delong_caption"))


def _calibration_row(name: str, result: ScoreResult) -> dict[str, str]:
    calibration = result.calibration
    curve = calibration.curve if calibration else None
    return {
        say("ui_score"): variable_label(name),
        say("ui_intercept"): estimate_text(calibration.intercept if calibration else None),
        say("ui_slope"): estimate_text(calibration.slope if calibration else None),
        "ICI": f"{curve.ici:.3f}" if curve else "–",
        "E90": f"{curve.e90:.3f}" if curve else "–",
    }


def _pair_row(a: str, b: str, test: DelongTest) -> dict[str, str]:
    return {
        say("ui_pair"): f"{variable_label(a)} − {variable_label(b)}",
        say("ui_difference"): f"{test.difference:+.3f}",
        say("ui_ci95"): f"{test.ci95[0]:+.3f} – {test.ci95[1]:+.3f}",
        "P": p_text(test.p),
    }


def estimate_text(found: CalibrationEstimate | None) -> str:
    """Return an estimate with its interval; a dash where there is none."""
    if found is None:
        return "–"
    return f"{found.estimate:.2f} ({found.ci95[0]:.2f}–{found.ci95[1]:.2f})"


def p_text(p: float | None) -> str:
    """Return a P value as print has it."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
