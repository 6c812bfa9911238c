"""Local recalibration: what it would change, and the bundle that carries it."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.errors import DlcsError
from dlcs_core.figures.calibration import CalibrationResult, calibration_figure
from dlcs_core.models.local_recalibration import LOCAL_SCORES, MAX_NAME
from dlcs_core.report.cohort_recalibration import (
    CohortRecalibration,
    recalibrated_bundle,
)
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.report.local_recalibration import RecalibrationReport
from dlcs_core.report.response import ResponseReport
from dlcs_core.statistics.recalibration import CalibrationSummary
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.cohort_address import keep, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_reports import recalibration, selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import column_label, estimate_text
from dlcs_core.ui.messages import refusals_shown, show_notices
from dlcs_core.ui.settings import read_settings
from dlcs_core.ui.words import language, plain, say

if TYPE_CHECKING:
    import pandas as pd

MAX_PATIENTS_SHOWN = 500


def show_recalibration(in_use: CohortInUse, selection: Selection, report: ResponseReport) -> None:
    """Draw the recalibration of one score on the selected patients, before and after."""
    usable = [name for name, r in report.scores.items() if r.calibration is not None]
    st.subheader(say("explorer_recalibration"))
    st.caption(say("explorer_recalibration_hint"))
    if not usable:
        st.info(say("explorer_no_probability"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = _choose("recalibrated", usable, usable[-1])
        score = _choose("layer", LOCAL_SCORES, column if column in LOCAL_SCORES else "dlcs")
        cohort = st.text_input(
            say("explorer_cohort_name"), say("explorer_cohort_name_local"), max_chars=MAX_NAME,
            key="recalibration_cohort", width=260, persist_state="session",
        )  # fmt: skip
    with refusals_shown(), st.spinner(say("explorer_computing")):
        found = recalibration(in_use, selection, column, score, cohort.strip() or "local")
    _show_worth(found)
    _show_bundle(found.report)
    _show_patients(found, selected(in_use, selection))
    show_notices(found.report.warnings)


def _choose(key: str, options: "list[str] | tuple[str, ...]", default: str) -> str:
    settle_choice(key, options, default)
    chosen = st.selectbox(
        say(f"explorer_choose_{key}"), options, format_func=column_label, key=widget_key(key),
        width=260, persist_state="session",
    )  # fmt: skip
    keep(key, chosen, default)
    return str(chosen)


def _show_worth(found: CohortRecalibration) -> None:
    layer = found.report.layer
    st.markdown(
        say(
            "explorer_layer", score=plain(column_label(found.report.score)),
            method=say(f"recalibration_method_{layer.method}"), n=f"{layer.n_patients:,}",
            events=f"{layer.n_events:,}", intercept=f"{layer.intercept:.3f}",
            slope=f"{layer.slope:.3f}",
        )
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        curves = {
            say(f"explorer_{when}"): CalibrationResult(part.curve, part.groups)
            for when, part in (("before", found.before), ("after", found.after))
            if part.curve is not None
        }
        show_figure(calibration_figure(curves, language()), "recalibration",
                    say("explorer_recalibration_caption", folds=found.report.folds))  # fmt: skip
    with right:
        rows = [
            _summary_row("before", found.report.before),
            _summary_row("after", found.report.after),
        ]
        show_rows(rows, "recalibration",
                  say("explorer_recalibration_numbers", folds=found.report.folds))  # fmt: skip


def _summary_row(when: str, found: CalibrationSummary) -> dict[str, str]:
    return {
        say("explorer_probability"): say(f"explorer_{when}"),
        "Brier": f"{found.brier:.4f}",
        say("ui_intercept"): estimate_text(found.calibration_intercept),
        say("ui_slope"): estimate_text(found.calibration_slope),
        "ICI": estimate_text(found.ici, digits=3),
    }


def _show_bundle(report: RecalibrationReport) -> None:
    """Draw the download of the bundle, which is written only when it is asked for."""
    try:
        bundle = served_bundle()
    except DlcsError:
        st.info(say("explorer_no_bundle"))
        return
    if report.score in bundle.recalibration.local:
        st.info(say("bundle_has_local_layer", score=column_label(report.score)))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="bundle_download"):
        st.download_button(
            say("explorer_bundle_download"), data=partial(_bundle, report), type="primary",
            file_name="dlcs-bundle-local.zip", mime="application/zip", on_click="ignore",
            icon=":material/inventory_2:", key="recalibrated_bundle", width="content",
        )  # fmt: skip
        st.caption(say("explorer_bundle_caption", name=plain(bundle.manifest.name)))


def _bundle(report: RecalibrationReport) -> bytes:
    return recalibrated_bundle(read_settings().bundle, report)


def _show_patients(found: CohortRecalibration, table: "pd.DataFrame") -> None:
    """Draw every patient's original probability beside the adjusted one."""
    numbered = range(1, len(table) + 1)
    names = table["patient_id"].to_list() if "patient_id" in table.columns else numbered
    rows = [
        {
            say("explorer_patient"): str(names[row]),
            say("explorer_before"): f"{original:.3f}",
            say("explorer_adjusted"): f"{adjusted:.3f}",
        }
        for row, original, adjusted in zip(
            found.rows[:MAX_PATIENTS_SHOWN].tolist(), found.original, found.adjusted, strict=False
        )
    ]
    cut = found.rows.size > MAX_PATIENTS_SHOWN
    caption = say("explorer_patients_first", count=MAX_PATIENTS_SHOWN) if cut else ""
    show_rows(rows, "recalibrated_patients", caption, height=260)
