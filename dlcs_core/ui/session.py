"""What every page does first: come through the entry script, and be allowed to be seen."""

import streamlit as st

from dlcs_core.ui import sign_in
from dlcs_core.ui.shell import ENTERED_KEY, navigate


def require(role: str) -> None:
    """Let the page go on only for a visitor who may see it.

    On a server that nobody has visited yet, Streamlit runs a page's file without the entry
    script. The pages are registered then and the run starts again through ``app.py``, so that a
    link sent to a colleague opens as any other visit does.

    Parameters
    ----------
    role : str
        ``"viewer"``, ``"clinician"`` or ``"analyst"``; matters only where sign-in is configured.
    """
    if not st.session_state.get(ENTERED_KEY):
        navigate()
        st.rerun()
    if not sign_in.allowed(role):
        st.stop()
