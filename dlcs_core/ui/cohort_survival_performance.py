"""A risk over time on the survival explorer: AUC, Brier score, calibration, net benefit."""

import math
from collections.abc import Mapping
from typing import cast

import streamlit as st

from dlcs_core.errors import BundleError
from dlcs_core.figures.decision_curve import decision_curve_figure
from dlcs_core.figures.over_time import auc_over_time_figure, brier_over_time_figure
from dlcs_core.figures.survival_calibration import survival_calibration_figure
from dlcs_core.report.cohort_grouping import predictions_of
from dlcs_core.report.survival import SurvivalReport, SurvivalRequest
from dlcs_core.report.survival_accuracy import Accuracy
from dlcs_core.report.survival_performance import Performance
from dlcs_core.report.survival_predictions import Source, training_part
from dlcs_core.statistics.survival_calibration import SurvivalCalibration, SurvivalSlope
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_survival_reports import Question
from dlcs_core.ui.cohort_words import column_label, estimate_text
from dlcs_core.ui.words import language, say


def choose_predictions(asked: Question) -> Source | None:
    """Draw the choice of where predicted survival comes from; None where it cannot be had."""
    options = _sources(asked)
    if not options:
        return None
    settle_choice("predictions", options, options[0])
    chosen = st.selectbox(
        say("explorer_predictions"), options, key=widget_key("predictions"), width=420,
        format_func=lambda o: say(f"explorer_predictions_{o}"), persist_state="session",
    )  # fmt: skip
    keep("predictions", chosen, options[0])
    if chosen == "refitted":
        table = asked.in_use.cohort.table
        _, is_training = training_part(table, table)
        is_apparent = not is_training or asked.selection.cohort in (None, "training")
        code = "explorer_refitted_apparent" if is_apparent else "explorer_refitted_training"
        st.caption(say(code))
    return chosen


def source_in_use(asked: Question) -> Source | None:
    """Return what is chosen, also while another view is drawn."""
    options = _sources(asked)
    return cast("Source", settle_choice("predictions", options, options[0])) if options else None


def _sources(asked: Question) -> list[Source]:
    """Return what can be had: the table's columns first, then the model that made the risk.

    Whose model made the risk of another table is not known, so there the served model is last.
    """
    found: list[Source] = ["columns"] if predictions_of(asked.in_use.cohort.table) else []
    models: list[Source] = [] if asked.risk is None else ["refitted"]
    if asked.risk == SurvivalRequest.risk and _has_bundle():
        models.insert(0 if asked.in_use.is_demo else 1, "served")
    return found + models


def _has_bundle() -> bool:
    try:
        served_bundle()
    except BundleError:
        return False
    return True


def show_performance(report: SurvivalReport, found: Performance) -> None:
    """Draw AUC(t) and the Brier score, with their integrals."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("explorer_auc_t"))
        if report.ranking is None:
            st.info(say("explorer_no_risk"))
        elif found.auc is None:
            st.info(say("explorer_auc_too_few"))
        else:
            name = column_label(report.request.risk)
            figure = auc_over_time_figure({name: found.auc}, language())
            show_figure(figure, "auc_t", say("explorer_auc_t_caption"))
    with right:
        st.subheader(say("explorer_brier_t"))
        if found.accuracy is None:
            st.info(say("explorer_no_predictions"))
        else:
            figure = brier_over_time_figure(found.accuracy.scores, language())
            show_figure(figure, "brier_t", say("explorer_brier_t_caption"))
    if report.ranking is not None:
        _show_areas(report)
    if found.accuracy is not None:
        _show_scores(report, found.accuracy)


def _show_areas(report: SurvivalReport) -> None:
    """Draw the areas at the horizons, their integrals and the slope of the risk."""
    ranking = report.ranking
    if ranking is None:
        return
    auc = ranking.auc
    rows = [
        {
            say("explorer_month"): f"{month:g}",
            say("explorer_auc"): known_text(value, low, high),
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


def _show_scores(report: SurvivalReport, accuracy: Accuracy) -> None:
    """Draw the Brier scores at the horizons, and their integral."""
    scores = accuracy.scores
    at = {float(month): place for place, month in enumerate(scores.horizon_months)}
    rows = []
    for month in report.request.horizons_months:
        place = at.get(month)
        if place is None:
            continue
        half = 1.96 * float(scores.se[place])
        value = float(scores.brier[place])
        rows.append(
            {
                say("explorer_month"): f"{month:g}",
                say("explorer_brier"): known_text(value, value - half, value + half, 4),
                say("explorer_brier_null"): known_text(float(scores.null[place]), digits=4),
                say("explorer_ipa"): known_text(float(scores.ipa[place])),
            }
        )
    caption = say(
        "explorer_ibs", ibs=estimate_text(accuracy.integrated, digits=4),
        null=estimate_text(accuracy.integrated_null, digits=4),
        ipa=estimate_text(accuracy.ipa, digits=3),
    )  # fmt: skip
    show_rows(rows, "brier_at_horizons", caption)


def show_calibration(report: SurvivalReport, found: Performance) -> None:
    """Draw calibration at the chosen months and the decision curve at one of them."""
    accuracy = found.accuracy
    if accuracy is None or not accuracy.decision:
        st.info(say("explorer_no_predictions"))
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("explorer_survival_calibration"))
        if accuracy.calibration:
            figure = survival_calibration_figure(accuracy.calibration, language())
            show_figure(
                figure, "survival_calibration", say("explorer_survival_calibration_caption")
            )
        else:
            st.info(say("explorer_no_calibration"))
    with right:
        _show_decision(accuracy)
    slope = report.ranking.slope if report.ranking else None
    if accuracy.calibration:
        _show_calibration_numbers(accuracy.calibration, slope)


def _show_decision(accuracy: Accuracy) -> None:
    months = [f"{month:g}" for month in accuracy.decision]
    st.subheader(say("explorer_survival_decision"))
    settle_choice("decision_month", months, months[-1])
    chosen = st.segmented_control(
        say("explorer_decision_month"), months, key=widget_key("decision_month"), required=True,
        persist_state="session", label_visibility="collapsed",
        format_func=lambda month: say("explorer_months", months=month),
    )  # fmt: skip
    keep("decision_month", chosen, months[-1])
    month = float(str(chosen))
    name = say("explorer_risk_of_death", months=chosen)
    figure = decision_curve_figure({name: accuracy.decision[month]}, language())
    figure.update_layout(height=400)
    show_figure(figure, "survival_decision", say("explorer_survival_decision_caption"))


def _show_calibration_numbers(
    calibration: Mapping[float, SurvivalCalibration], slope: SurvivalSlope | None
) -> None:
    rows = [
        {
            say("explorer_month"): f"{month:g}",
            "ICI": f"{found.ici:.4f}",
            "E50": f"{found.e50:.4f}",
            "E90": f"{found.e90:.4f}",
            "Emax": f"{found.emax:.4f}",
            say("explorer_observed_expected"): f"{found.observed_expected:.3f}",
        }
        for month, found in calibration.items()
    ]
    text = "–" if slope is None else estimate_text(slope.slope, slope.ci95, 3)
    show_rows(rows, "survival_calibration_numbers", say("explorer_survival_slope", slope=text))


def known_text(value: float, low: float = math.nan, high: float = math.nan, digits: int = 3) -> str:
    """Return an estimate with the interval that it has; a dash where there is none."""
    if math.isnan(value):
        return "–"
    return estimate_text(value, None if math.isnan(low) else (low, high), digits)
