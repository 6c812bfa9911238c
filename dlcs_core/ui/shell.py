"""The frame around every page: configuration, style, navigation, language and notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dlcs_core.translation import LANGUAGES
from dlcs_core.ui.settings import read_settings
from dlcs_core.ui.words import LANGUAGE_KEY, LANGUAGE_NAMES, say

ENTERED_KEY = "came_through_app"
"""Session key that ``app.py`` sets and every page looks for."""

STYLE_SHEET = Path(__file__).parent / "static" / "style.css"


@dataclass(frozen=True)
class PageEntry:
    """One page of the product: its file, its title's code and its icon."""

    path: str
    title: str
    icon: str


PAGES = (
    PageEntry("pages/case_review.py", "ui_case_review", ":material/person_search:"),
    PageEntry("pages/tumor_board.py", "ui_tumor_board", ":material/groups:"),
    PageEntry("pages/response_explorer.py", "ui_response_explorer", ":material/query_stats:"),
    PageEntry("pages/survival_explorer.py", "ui_survival_explorer", ":material/trending_down:"),
    PageEntry("pages/cohort_profile.py", "ui_cohort_profile", ":material/table_rows:"),
    PageEntry("pages/model_card.py", "ui_model_card", ":material/description:"),
)
"""In the order of the menu; the first is served as ``/``."""


def registered_pages(entries: Sequence[PageEntry]) -> list[st.Page]:
    """Return Streamlit's pages for our entries, the first as the default."""
    return [
        st.Page(entry.path, title=say(entry.title), icon=entry.icon, default=entry is entries[0])
        for entry in entries
    ]


def open_page() -> st.Page:
    """Draw the frame and return the page to run inside it."""
    st.set_page_config(
        page_title="DLCS", page_icon=":material/radiology:", layout="wide",
        initial_sidebar_state="expanded",
    )  # fmt: skip
    st.session_state[ENTERED_KEY] = True
    st.html(STYLE_SHEET)
    _draw_language_switch()
    page = st.navigation(registered_pages(PAGES))
    with st.container(key="research_use"):
        st.markdown(say("ui_research_use"))
    return page


def _draw_language_switch() -> None:
    """Language buttons under the menu; the choice stands in the address (``?lang=zh``)."""
    with st.sidebar, st.container(key="language_switch"):
        st.segmented_control(
            say("ui_language"),
            LANGUAGES,
            default=read_settings().language,
            format_func=lambda code: LANGUAGE_NAMES[code],
            key=LANGUAGE_KEY,
            label_visibility="collapsed",
            required=True,
            bind="query-params",
        )
