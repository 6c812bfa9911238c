"""The consulting room's view of a case: one outcome at a time, large, in agreeing formats."""

from functools import partial

import streamlit as st

from dlcs_core.figures.icon_array import RESPONSE_FRAMES, icon_array_figure
from dlcs_core.figures.outlook_bars import OutlookBar, outlook_bars_figure
from dlcs_core.figures.survival import survival_figure
from dlcs_core.report.case_view import time_origin_text
from dlcs_core.report.consultation import Consultation, Outlook, make_consultation
from dlcs_core.report.consultation_document import (
    SURVIVAL_FRAMES,
    basis_text,
    consultation_html,
    outlook_name,
    outlook_text,
)
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.charts import show_figure
from dlcs_core.ui.words import language, plain, say

CHOICE_KEY = "consultation_outcome"


def show_consultation(case: AssessedCase) -> bool:
    """Draw the view; return False where the case abstains and there is nothing to tell."""
    told = make_consultation(case.report, served_bundle())
    if told is None:
        return False
    outlook = _chosen(told)
    with st.container(key="consultation"):
        _show_statement(told, outlook)
        left, right = st.columns([1, 1], gap="large")
        with left:
            _show_icons(outlook)
            _show_bars(told)
        with right:
            _show_table(told)
            _show_curve(case, outlook)
        _show_print(case, told)
    return True


def _chosen(told: Consultation) -> Outlook:
    """Draw the choice of the outcome that is told now."""
    places = range(len(told.outlooks))
    place = st.segmented_control(
        say("consult_choose"), places, default=0, key=CHOICE_KEY, required=True,
        format_func=lambda i: outlook_name(told.outlooks[i], language()),
    )  # fmt: skip
    return told.outlooks[place if place in places else 0]


def _show_statement(told: Consultation, outlook: Outlook) -> None:
    with st.container(key="consultation_statement"):
        st.markdown(outlook_text(outlook, language()))
    if outlook.interval is not None:
        low, high = outlook.interval
        st.markdown(say("consult_interval", low=low, high=high))
    st.markdown(say("ui_reference_class"))
    st.markdown(basis_text(told, outlook, language()))


def _show_icons(outlook: Outlook) -> None:
    frames = RESPONSE_FRAMES if outlook.month is None else SURVIVAL_FRAMES
    figure = icon_array_figure(outlook.probability, language(), frames)
    show_figure(
        figure.update_layout(height=170).update_traces(marker_size=14, hoverinfo="skip"),
        "consultation_icons", alt=outlook_text(outlook, language()),
    )  # fmt: skip


def _show_bars(told: Consultation) -> None:
    bars = [
        OutlookBar(outlook_name(one, language()), one.good, one.good_text, one.poor_text)
        for one in told.outlooks
    ]
    said = " ".join(outlook_text(one, language()) for one in told.outlooks)
    show_figure(outlook_bars_figure(bars, language()), "consultation_bars", alt=said)


def _show_table(told: Consultation) -> None:
    rows = [
        {
            say("consult_outcome"): outlook_name(one, language()),
            say("consult_yes"): plain(one.good_text),
            say("consult_no"): plain(one.poor_text),
            say("ui_ci95"): "–" if one.interval is None else plain(" – ".join(one.interval)),
        }
        for one in told.outlooks
    ]
    st.table(rows, border="horizontal")
    st.caption(say("consult_of_hundred"))


def _show_curve(case: AssessedCase, outlook: Outlook) -> None:
    """Draw the survival curve; the month that is told now is marked on it."""
    curve = case.report.survival.curve
    if curve is None:
        return
    months = tuple(m for m in (12.0, 24.0, 35.0) if outlook.month in (None, m))
    figure = survival_figure(curve, {}, language(), horizons_months=months)
    origin = plain(time_origin_text(case.report.bundle.survival_time_origin, language()))
    show_figure(figure, "consultation_curve", say("ui_survival_origin", origin=origin))


def _show_print(case: AssessedCase, told: Consultation) -> None:
    st.download_button(
        say("consult_print"), data=partial(consultation_html, case.report, case.view, told,
                                           language()),
        file_name="dlcs-consultation.html", mime="text/html", icon=":material/print:",
        on_click="ignore", key="download_consultation",
    )  # fmt: skip
