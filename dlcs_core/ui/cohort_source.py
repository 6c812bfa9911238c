"""Whose patients: the synthetic demo cohort, or a table of the visitor's own."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.clinical.cohort import Cohort
from dlcs_core.clinical.table import RawTable, read_table
from dlcs_core.report.cohort_mapping import ColumnChoice, MappedTable, RefusedRow, map_table
from dlcs_core.ui.cache import content_hash, demo_cohort
from dlcs_core.ui.cohort_address import remember, settle_choice, widget_key
from dlcs_core.ui.cohort_mapping_form import choose_columns, show_refused_rows
from dlcs_core.ui.messages import refusals_shown, show_synthetic_notice
from dlcs_core.ui.settings import read_settings
from dlcs_core.ui.words import plain, say

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

SOURCES = ("demo", "own")
_OWN_KEY = "own_table"
_MAPPED_KEY = "own_table_mapped"


@dataclass(frozen=True, eq=False)
class CohortInUse:
    """The table that a page is about.

    Attributes
    ----------
    cohort : Cohort
        Its patients.
    key : str
        What tells this table, as mapped, from any other: part of every cache key.
    is_demo : bool
        True for the synthetic cohort.
    refused : tuple of RefusedRow
        Rows of the file that could not be used.
    """

    cohort: Cohort
    key: str
    is_demo: bool
    refused: tuple[RefusedRow, ...] = ()


@dataclass(frozen=True, eq=False)
class _OwnTable:
    """An uploaded table; lives in the visitor's session only."""

    name: str
    sha256: str
    raw: RawTable


def choose_source() -> CohortInUse:
    """Draw the choice of data and return the cohort; end the run where there is none yet.

    An uploaded table stays in the visitor's session: it is in no cache that others see, on no
    disk once it is read, and not in the address.
    """
    settle_choice("data_source", SOURCES, SOURCES[0])
    source = st.segmented_control(
        say("explorer_data"), SOURCES, key=widget_key("data_source"), required=True,
        format_func=lambda name: say(f"explorer_data_{name}"), persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    remember("data_source", source)
    return _demo() if source == "demo" else _own()


def _demo() -> CohortInUse:
    show_synthetic_notice()
    with refusals_shown():
        cohort = demo_cohort()
    return CohortInUse(cohort, content_hash(read_settings().demo_cohort), is_demo=True)


def _own() -> CohortInUse:
    with refusals_shown():
        own = _own_table()
    if own is None:
        st.info(say("explorer_own_hint"), icon=":material/upload_file:")
        st.stop()
    with st.expander(say("explorer_mapping", name=plain(own.name)), icon=":material/schema:",
                     expanded=_needs_a_look(own), key=f"mapping_{own.sha256[:8]}"):  # fmt: skip
        choices = choose_columns(own.raw.frame, own.sha256[:8])
    with refusals_shown():
        mapped = _mapped(own, choices)
    show_refused_rows(mapped, len(own.raw.frame))
    key = hashlib.sha256(repr((own.sha256, choices)).encode()).hexdigest()
    return CohortInUse(mapped.cohort, key, is_demo=False, refused=mapped.refused)


def _needs_a_look(own: _OwnTable) -> bool:
    """Open the assistant the first time that a table is seen."""
    seen = st.session_state.setdefault("mappings_seen", [])
    if own.sha256 in seen:
        return False
    seen.append(own.sha256)
    return True


def _own_table() -> _OwnTable | None:
    """Draw the upload and return the table of this session."""
    uploaded = st.file_uploader(
        say("explorer_upload"), type=["csv", "txt", "tsv", "xlsx"], key="own_table_file"
    )
    own: _OwnTable | None = st.session_state.get(_OWN_KEY)
    if uploaded is None:
        return own
    content = uploaded.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    if own is None or own.sha256 != sha256:
        own = _OwnTable(uploaded.name, sha256, _read(uploaded, content))
        st.session_state[_OWN_KEY] = own
    return own


def _read(uploaded: "UploadedFile", content: bytes) -> RawTable:
    """Read an upload through a file that is gone at once."""
    st.session_state.pop(_OWN_KEY, None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("table" + Path(uploaded.name).suffix[:5])
        path.write_bytes(content)
        return read_table(path)


def _mapped(own: _OwnTable, choices: tuple[ColumnChoice, ...]) -> MappedTable:
    """Map the table; the latest mapping is kept in the session."""
    asked = (own.sha256, choices)
    kept_for, kept = st.session_state.get(_MAPPED_KEY, (None, None))
    if isinstance(kept, MappedTable) and kept_for == asked:
        return kept
    mapped = map_table(own.raw, choices)
    st.session_state[_MAPPED_KEY] = (asked, mapped)
    return mapped
