"""Model card: what the model is, on whom it was fitted, what it must not be used for."""

import streamlit as st

from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.cohort_address import keep_language
from dlcs_core.ui.cohort_filters import choose_view
from dlcs_core.ui.ledger_view import show_ledger
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.model_card_view import show_data, show_metrics, show_provenance, show_purpose
from dlcs_core.ui.session import require
from dlcs_core.ui.words import say

VIEWS = ("card", "ledger")


def render() -> None:
    """Draw the page."""
    require("viewer")
    st.title(say("ui_model_card"))
    view = choose_view(VIEWS, "card_view")
    keep_language()
    if view == "ledger":
        show_ledger()
        return
    with refusals_shown():
        bundle = served_bundle()
    show_purpose(bundle.manifest)
    show_data(bundle.manifest)
    show_metrics(bundle.manifest)
    show_provenance(bundle)


if __name__ == "__main__":
    render()
