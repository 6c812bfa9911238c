"""The reproduction ledger on a page: what became of every printed number of the paper."""

from collections.abc import Sequence

import streamlit as st

from dlcs_core.errors import DlcsError
from dlcs_core.report.ledger import ledger_rows, reproduction_ledger, status_counts
from dlcs_core.report.ledger_entry import STATUSES, LedgerEntry, Status
from dlcs_core.ui.cache import content_hash, demo_cohort
from dlcs_core.ui.cohort_address import keep, settle_choice, settle_choices, widget_key
from dlcs_core.ui.cohort_charts import show_rows
from dlcs_core.ui.settings import read_settings
from dlcs_core.ui.words import language, say

EVERYTHING = "all"
TABLES = ("1", "2", "3", "text")
ROWS_ON_SCREEN = 16
COLUMNS = (
    "table", "item", "level", "cohort", "quantity", "printed", "recomputed", "demo", "status",
    "reason",
)  # fmt: skip


def show_ledger() -> None:
    """Draw how many numbers there are of each status, the filters, and the numbers."""
    st.markdown(say("card_ledger_intro"))
    entries = _entries(_demo_hash())
    _show_counts(entries)
    with st.container(horizontal=True, vertical_alignment="bottom", key="ledger_controls"):
        table = _choose_table()
        statuses = _choose_statuses()
    chosen = [
        entry
        for entry in entries
        if table in (EVERYTHING, entry.table) and (not statuses or entry.status in statuses)
    ]
    if not chosen:
        st.info(say("card_ledger_nothing"))
        return
    caption = say("card_ledger_caption", shown=len(chosen), count=len(entries))
    long = len(chosen) > ROWS_ON_SCREEN
    show_rows(_worded(chosen), "ledger", caption, height=640 if long else None)
    if all(entry.demo is None for entry in entries):
        st.info(say("card_ledger_no_demo"))
    with st.expander(say("explorer_method"), icon=":material/menu_book:"):
        st.markdown(say("method_ledger"))
        st.caption(say("reference_ledger"))


def _demo_hash() -> str:
    path = read_settings().demo_cohort
    return content_hash(path) if path.is_file() else ""


@st.cache_resource(max_entries=2, show_spinner=False)
def _entries(sha256: str) -> tuple[LedgerEntry, ...]:
    """Return the ledger with the demo cohort's values; without them where it cannot be read."""
    if not sha256:
        return reproduction_ledger()
    try:
        table = demo_cohort().table
    except DlcsError:
        # Case review and the explorers word why; the paper's numbers do not depend on it.
        return reproduction_ledger()
    return reproduction_ledger(table)


def _show_counts(entries: Sequence[LedgerEntry]) -> None:
    with st.grid(len(STATUSES), gap="small"):
        for status, count in status_counts(entries).items():
            st.metric(
                _status_label(status), str(count), border=True,
                help=say(f"card_ledger_means_{status}"),
            )  # fmt: skip


def _choose_table() -> str:
    options = (EVERYTHING, *TABLES)
    settle_choice("ledger_table", options, EVERYTHING)
    chosen = st.segmented_control(
        say("card_ledger_table"), options, key=widget_key("ledger_table"), required=True,
        format_func=_table_label, persist_state="session",
    )  # fmt: skip
    keep("ledger_table", chosen, EVERYTHING)
    return str(chosen)


def _choose_statuses() -> list[str]:
    settle_choices("ledger_status", STATUSES, ())
    chosen = st.pills(
        say("card_ledger_status"), STATUSES, selection_mode="multi", format_func=_status_label,
        key=widget_key("ledger_status"), persist_state="session",
    )  # fmt: skip
    keep("ledger_status", list(chosen), [])
    return list(chosen)


def _table_label(table: str) -> str:
    return say(f"card_ledger_table_{table}")


def _status_label(status: str | Status) -> str:
    return say(f"ledger_status_{status}")


def _worded(entries: Sequence[LedgerEntry]) -> list[dict[str, str]]:
    titles = {name: say(f"card_ledger_{name}") for name in COLUMNS}
    rows = ledger_rows(entries, language())
    return [
        {titles[name]: _table_label(row[name]) if name == "table" else row[name]
         for name in COLUMNS}
        for row in rows
    ]  # fmt: skip
