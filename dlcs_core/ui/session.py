"""What every page does first: stand inside the frame, and be allowed to be seen."""

import streamlit as st

from dlcs_core.ui import sign_in
from dlcs_core.ui.shell import ENTERED_KEY, draw_frame


def require(role: str) -> None:
    """Let the page go on only inside the frame and for a visitor who may see it.

    On a server that nobody has visited yet, Streamlit runs a page's file without ``app.py``. The
    frame is drawn here then, and our pages are registered by it, so that a link sent to a
    colleague opens as any other visit does.

    Parameters
    ----------
    role : str
        ``"viewer"``, ``"clinician"`` or ``"analyst"``; matters only where sign-in is configured.
    """
    if not st.session_state.pop(ENTERED_KEY, False):
        draw_frame()
    if not sign_in.allowed(role):
        st.stop()
