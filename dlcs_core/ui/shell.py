"""The frame around every page: configuration, style, navigation, language and notice."""

import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dlcs_core.translation import LANGUAGES
from dlcs_core.ui.words import LANGUAGE_KEY, LANGUAGE_NAMES, language, say

ENTERED_KEY = "came_through_app"
"""Session key that ``app.py`` sets in each run and the page takes away in the same run."""

_REGISTERED = threading.Event()
"""Set once this server knows our pages. Until then Streamlit runs ``app.py`` as one page of its own
list, where widgets have other identities: the first click would be lost."""

STATIC = Path(__file__).parent / "static"
STYLE_SHEET = STATIC / "style.css"
LOGO = STATIC / "logo.svg"
ICON = STATIC / "icon.svg"
"""A file of ours: Streamlit fetches its own icons for the browser's tab from another server."""


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


def enter() -> st.Page:
    """Draw the frame (tab, menu, language switch, notice) and return the page to run inside it."""
    st.set_page_config(
        page_title="DLCS", page_icon=ICON, layout="wide", initial_sidebar_state="expanded"
    )
    if not _REGISTERED.is_set():
        st.navigation(_registered_pages())
        _REGISTERED.set()
        st.rerun()
    st.session_state[ENTERED_KEY] = True
    st.html(STYLE_SHEET)
    st.logo(LOGO, size="large")
    _draw_language_switch()
    page = st.navigation(_registered_pages())
    with st.container(key="research_use"):
        st.markdown(say("ui_research_use"))
    return page


def _registered_pages() -> list[st.Page]:
    """Return Streamlit's pages; the first is served as ``/`` and, unlisted, by its own name too.

    A default page's own name is otherwise "not found".
    """
    first = PAGES[0]
    start = st.Page(
        first.path, title=say(first.title), icon=first.icon, default=True, url_path="start"
    )
    others = [st.Page(e.path, title=say(e.title), icon=e.icon) for e in PAGES[1:]]
    by_name = st.Page(first.path, title=say(first.title), visibility="hidden")
    return [start, *others, by_name]


def _draw_language_switch() -> None:
    """Language buttons under the menu; a visit may begin with one in its address (``?lang=zh``)."""
    with st.sidebar, st.container(key="language_switch"):
        st.segmented_control(
            say("ui_language"),
            LANGUAGES,
            default=language(),
            format_func=lambda code: LANGUAGE_NAMES[code],
            key=LANGUAGE_KEY,
            label_visibility="collapsed",
            required=True,
            persist_state="session",
        )
