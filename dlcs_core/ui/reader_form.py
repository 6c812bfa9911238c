"""The reader's form of the case review: what images and header do not tell."""

import streamlit as st

from dlcs_core.clinical.reader_findings import READER_LEVELS, ReaderFindings
from dlcs_core.ui.words import say

IMAGE_FIELDS = ("phase", "distension", "oral_contrast", "artifact", "stent")
RECORDED_FIELDS = ("regimen", "lauren", "msi", "her2", "pdl1")
COLUMNS = 2


def fill_reader_form(key: str) -> ReaderFindings:
    """Draw the form, closed at first; what is not stated stays None and never abstains.

    Parameters
    ----------
    key : str
        Prefix of the widget keys; each case has its own.
    """
    with st.expander(say("reader_title"), icon=":material/radiology:", key=f"{key}_reader"):
        st.caption(say("reader_hint"))
        stated = _selects(IMAGE_FIELDS, key)
        days = st.number_input(
            say("reader.days_to_chemotherapy"), value=None, step=1, format="%d",
            key=f"{key}_reader_days", placeholder=say("reader_not_stated"),
            persist_state="session",
        )  # fmt: skip
        st.caption(say("reader_recorded_hint"))
        stated |= _selects(RECORDED_FIELDS, key)
    return ReaderFindings(**stated, days_to_chemotherapy=None if days is None else int(days))


def _selects(names: tuple[str, ...], key: str) -> dict[str, str | None]:
    """Draw one select per finding, side by side."""
    found: dict[str, str | None] = {}
    for start in range(0, len(names), COLUMNS):
        for column, name in zip(
            st.columns(COLUMNS, gap="small"), names[start : start + COLUMNS], strict=False
        ):
            with column:
                found[name] = _select(name, key)
    return found


def _select(name: str, key: str) -> str | None:
    return st.selectbox(
        say(f"reader.{name}"), READER_LEVELS[name], index=None, key=f"{key}_reader_{name}",
        format_func=lambda level: say(f"reader.{name}.{level}"),
        placeholder=say("reader_not_stated"), persist_state="session",
    )  # fmt: skip
