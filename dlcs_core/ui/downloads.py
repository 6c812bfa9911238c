"""What can be taken away of a result."""

import json
from functools import partial

import streamlit as st

from dlcs_core.figures.icon_array import of_hundred_text
from dlcs_core.report.case_json import case_json
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.board_add import show_add_to_board
from dlcs_core.ui.words import language, say

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def show_downloads(case: AssessedCase) -> None:
    """Draw the buttons for the printable report and the machine-readable result."""
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            say("ui_download_report"), data=partial(_html, case, language()), type="primary",
            file_name="dlcs-report.html", mime="text/html", icon=":material/print:",
            on_click="ignore", key="download_report",
        )  # fmt: skip
        st.download_button(
            say("ui_download_pdf"), data=partial(_pdf, case, language(), history_text(case)),
            file_name="dlcs-report.pdf", mime="application/pdf", icon=":material/picture_as_pdf:",
            on_click="ignore", key="download_pdf",
        )  # fmt: skip
        st.download_button(
            say("ui_download_slide"), data=partial(_slide, case, language(), history_text(case)),
            file_name="dlcs-case.pptx", mime=PPTX, icon=":material/slideshow:",
            on_click="ignore", key="download_slide",
        )  # fmt: skip
        st.download_button(
            say("ui_download_json"), data=partial(_json, case), file_name="dlcs-case.json",
            mime="application/json", icon=":material/data_object:", on_click="ignore",
            key="download_json",
        )  # fmt: skip
        show_add_to_board(case)


def history_text(case: AssessedCase) -> str:
    """Word how often this study was assessed, and with what range."""
    history = case.history
    if history.n_assessments < 2 or history.lowest is None or history.highest is None:
        return say("ui_assessed_once")
    low, high = of_hundred_text(history.lowest), of_hundred_text(history.highest)
    return say("ui_assessed_often", count=history.n_assessments, low=low, high=high)


def _pdf(case: AssessedCase, code: str, history: str) -> bytes:
    from dlcs_core.report.pdf import case_pdf

    return case_pdf(case.report, code, case.view, notes=(history,))


def _slide(case: AssessedCase, code: str, history: str) -> bytes:
    from dlcs_core.report.slide import case_pptx

    return case_pptx(case.report, code, case.view, notes=(history,))


def _html(case: AssessedCase, language_code: str) -> str:
    from dlcs_core.report.document import case_html

    return case_html(case.report, language_code, case.view)


def _json(case: AssessedCase) -> str:
    return json.dumps(case_json(case.report), indent=1, allow_nan=False)
