"""Refusals and warnings on a page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from dlcs_core.clinical.cohort import GOOD_RESPONSE_TRG
from dlcs_core.errors import DlcsError, Notice
from dlcs_core.report.case_view import time_origin_text
from dlcs_core.ui.demo_cases import DemoCase
from dlcs_core.ui.words import language, plain, say, sentence_shown


@contextmanager
def refusals_shown() -> Iterator[None]:
    """Show a refusal as one sentence and end the run of the page; let all else fail loudly."""
    try:
        yield
    except DlcsError as refusal:
        show_refusal(refusal)
        st.stop()


def show_refusal(refusal: DlcsError) -> None:
    """Show why something cannot be used."""
    st.error(sentence_shown(refusal), icon=":material/block:")


def show_notices(notices: Sequence[Notice]) -> None:
    """Show warnings as one list, each once, in the order they arose."""
    sentences = dict.fromkeys(sentence_shown(notice) for notice in notices)
    if not sentences:
        return
    with st.expander(say("ui_warnings", count=len(sentences)), icon=":material/warning:",
                     expanded=len(sentences) <= 4):  # fmt: skip
        st.markdown("\n".join(f"- {text}" for text in sentences))


def show_synthetic_notice() -> None:
    """Say that the numbers on this page come from drawn patients."""
    with st.container(key="synthetic_notice"):
        st.markdown(say("ui_synthetic_cohort"))


def show_synthetic_case(case: DemoCase, *, with_truth: bool) -> None:
    """Say that the case on this page is a phantom and, once asked, what became of it."""
    text = say("ui_synthetic_case")
    if with_truth and case.trg is not None:
        code = "ui_truth_good" if case.trg in GOOD_RESPONSE_TRG else "ui_truth_poor"
        text = f"{text} {say(code, trg=case.trg)}"
    with st.container(key="synthetic_case"):
        st.markdown(text)


def show_time_origin(origin: str | None) -> None:
    """Say from which moment survival time counts, as it must stand under every curve."""
    if origin is None:
        st.caption(say("ui_survival_origin_unknown"))
    else:
        st.caption(say("ui_survival_origin", origin=plain(time_origin_text(origin, language()))))
