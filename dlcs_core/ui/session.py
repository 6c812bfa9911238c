"""What every page does first: stand inside the frame, and be allowed to be seen."""

import streamlit as st

from dlcs_core.ui import sign_in
from dlcs_core.ui.shell import ENTERED_KEY, enter


def require(role: str) -> None:
    """Let the page go on only inside the frame and for a visitor who may see it.

    On a server that nobody has visited yet, Streamlit runs a page's file without ``app.py``. What
    ``app.py`` does is done here then, so that a link sent to a colleague opens as any other visit
    does, and the page's widgets are the same ones in the next run, which goes through ``app.py``.

    Parameters
    ----------
    role : str
        ``"viewer"``, ``"clinician"`` or ``"analyst"``; matters only where sign-in is configured.
    """
    if not st.session_state.pop(ENTERED_KEY, False):
        enter().run()
        st.stop()
    if not sign_in.allowed(role):
        st.stop()
