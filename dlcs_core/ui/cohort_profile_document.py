"""The whole profile as one HTML file that can be kept or sent."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.report.cohort_profile import training_rows
from dlcs_core.report.profile_document import profile_html
from dlcs_core.ui.cohort_address import widget_key
from dlcs_core.ui.cohort_filters import NO_GROUPS
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd

GROUPING = "good_response"
"""Of Table 1 until another one was chosen."""


def show_document(in_use: CohortInUse, table: "pd.DataFrame") -> None:
    """Draw the button that makes the page of every view, in the language of this visit."""
    chosen = st.session_state.get(widget_key("by")) or st.session_state.get("chosen_by")
    by = chosen or (GROUPING if GROUPING in table.columns else None)
    st.download_button(
        say("explorer_page_html"),
        data=partial(
            profile_html, table, None if by == NO_GROUPS else by,
            training_rows(in_use.cohort.table), in_use.cohort.warnings, language(),
        ),
        file_name="profile.html", mime="text/html", icon=":material/print:",
        on_click="ignore", key="profile_html", width="content",
        help=say("explorer_profile_html_help"),
    )  # fmt: skip
