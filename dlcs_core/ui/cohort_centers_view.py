"""One score in every centre, pooled over them."""

from collections.abc import Mapping

import streamlit as st

from dlcs_core.figures.forest import ForestRow, forest_figure
from dlcs_core.figures.roc import auc_text
from dlcs_core.report.centers import CenterResult, CentersResult, Pooled
from dlcs_core.report.cohort_selection import Selection, divisions_of
from dlcs_core.ui.cohort_charts import Row, show_figure, show_rows
from dlcs_core.ui.cohort_reports import response, selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import cell_label, estimate_text, p_text
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

CENTER = "center"


def show_centers(in_use: CohortInUse, selection: Selection, score: str) -> None:
    """Draw a score's area in every centre with the pooled one, and the pooled measures."""
    st.subheader(say("explorer_centers"))
    if CENTER not in divisions_of(selected(in_use, selection)):
        st.info(say("explorer_centers_too_few"))
        return
    with refusals_shown():
        report = response(in_use, selection, (score,), (), CENTER)
    found = report.centers[score]
    overall = report.scores[score].auc
    figure = forest_figure(_forest(found), x_title="fig_auc", reference=overall.auc,
                           language=language())  # fmt: skip
    show_figure(figure, "centers", say("explorer_centers_caption"))
    left, right = st.columns(2, gap="medium")
    with left:
        show_rows([_center_row(one) for one in found.by_center], "by_center")
    with right:
        if found.pooled:
            show_rows(_pooled_rows(found), "pooled", say("explorer_pooled_caption"))
        else:
            st.info(say("explorer_centers_too_few"))


def _forest(found: CentersResult) -> list[ForestRow]:
    rows = [
        ForestRow(
            f"{cell_label(CENTER, one.center)} ({one.events}/{one.n})",
            one.auc.auc if one.auc else None, one.auc.ci95 if one.auc else None,
            auc_text(one.auc) if one.auc else "–",
        )
        for one in found.by_center
    ]  # fmt: skip
    if "auc" not in found.pooled:
        return rows
    pooled = found.pooled["auc"]
    rows.append(ForestRow(say("explorer_pooled_over", k=pooled.overall.k), is_heading=True))
    rows.append(_pooled_line(say("explorer_pooled_mean"), pooled.overall))
    low, high = pooled.overall.prediction95
    rows.append(
        ForestRow(say("explorer_prediction"), pooled.overall.estimate, (low, high),
                  f"{low:.2f}–{high:.2f}")
    )  # fmt: skip
    if pooled.without:
        rows.append(ForestRow(say("explorer_leave_one_out"), is_heading=True))
    rows += [
        _pooled_line(say("explorer_without", center=cell_label(CENTER, center)), one)
        for center, one in pooled.without.items()
    ]
    return rows


def _pooled_line(label: str, found: Pooled) -> ForestRow:
    text = estimate_text(found.estimate, found.ci95)
    return ForestRow(label, found.estimate, found.ci95, text)


def _center_row(one: CenterResult) -> Mapping[str, str]:
    return {
        say("column.center"): cell_label(CENTER, one.center),
        say("ui_patients"): str(one.n),
        say("ui_good_responders"): str(one.events),
        say("explorer_auc"): auc_text(one.auc) if one.auc else "–",
        say("explorer_oe_ratio"): estimate_text(one.oe_ratio),
        say("explorer_calibration_slope"): estimate_text(one.calibration_slope),
    }


def _pooled_rows(found: CentersResult) -> list[Row]:
    rows: list[Row] = []
    for measure, part in found.pooled.items():
        rows.append(_pooled_row(say(f"explorer_pooled_{measure}"), part.overall))
        rows += [
            _pooled_row(
                say("explorer_measure_without", measure=say(f"explorer_pooled_{measure}"),
                    center=cell_label(CENTER, center)), one,
            )
            for center, one in part.without.items()
        ]  # fmt: skip
    return rows


def _pooled_row(label: str, found: Pooled) -> Mapping[str, str]:
    low, high = found.prediction95
    return {
        say("explorer_measure"): label,
        say("explorer_pooled_estimate"): estimate_text(found.estimate, found.ci95),
        say("explorer_prediction"): f"{low:.2f}–{high:.2f}",
        "I²": f"{found.i2:.0%}",
        "τ²": f"{found.tau2:.3f}",
        "P(Q)": p_text(found.q_p),
    }
