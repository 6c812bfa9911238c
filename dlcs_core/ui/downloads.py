"""What can be taken away of a result."""

import json
from functools import partial

import streamlit as st

from dlcs_core.report.case_json import case_json
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.words import language, say


def show_downloads(case: AssessedCase) -> None:
    """Draw the buttons for the printable report and the machine-readable result."""
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            say("ui_download_report"), data=partial(_html, case, language()), type="primary",
            file_name="dlcs-report.html", mime="text/html", icon=":material/print:",
            on_click="ignore", key="download_report",
        )  # fmt: skip
        st.download_button(
            say("ui_download_json"), data=partial(_json, case), file_name="dlcs-case.json",
            mime="application/json", icon=":material/data_object:", on_click="ignore",
            key="download_json",
        )  # fmt: skip


def _html(case: AssessedCase, language_code: str) -> str:
    from dlcs_core.report.document import case_html

    return case_html(case.report, language_code, case.view)


def _json(case: AssessedCase) -> str:
    return json.dumps(case_json(case.report), indent=1, allow_nan=False)
