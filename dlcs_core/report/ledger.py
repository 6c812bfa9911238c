"""The reproduction ledger: every number of the paper's tables and text, and what became of it.

"Printed" is what the paper prints, "recomputed" what follows from its other printed numbers; none
is ever repaired into the other. Not reproducible by any test tried: the P values of CEA, CA125 and
AFP in the training cohort's Table 1 (39 of the 42 categorical ones are), and those of lymphocytes,
glucose and neutrophils in the external cohort (missing laboratory values). Impossible as printed:
Table 2's clinical model in the internal cohort, Table 3's univariable cT and cN stage, and the
integrated Brier scores; each entry says why.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from dlcs_core.report.ledger_demo import demo_response_values
from dlcs_core.report.ledger_demo_survival import demo_survival_values
from dlcs_core.report.ledger_entry import STATUSES, Key, LedgerEntry, Status
from dlcs_core.report.ledger_table_one import table_one_entries
from dlcs_core.report.ledger_table_three import table_three_entries
from dlcs_core.report.ledger_table_two import table_two_entries
from dlcs_core.report.ledger_text import text_entries
from dlcs_core.translation import sentence, sentence_of

if TYPE_CHECKING:
    import pandas as pd


def reproduction_ledger(demo: "pd.DataFrame | None" = None) -> tuple[LedgerEntry, ...]:
    """Return every printed number with what it recomputes to and whether it can be right.

    Parameters
    ----------
    demo : pandas.DataFrame, optional
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`, all cohorts; fills the demo column.

    Returns
    -------
    tuple of LedgerEntry
        Tables 1 to 3, then the text, in printed order.
    """
    entries = (
        *table_one_entries(),
        *table_two_entries(),
        *table_three_entries(),
        *text_entries(),
    )
    values = {} if demo is None else _demo_values(demo)
    return tuple(replace(entry, demo=values.get(_demo_key(entry))) for entry in entries)


def status_counts(entries: Iterable[LedgerEntry]) -> Mapping[Status, int]:
    """Return how many numbers there are of each status, in the order of ``STATUSES``."""
    found = Counter(entry.status for entry in entries)
    return {status: found[status] for status in STATUSES}


def ledger_rows(entries: Iterable[LedgerEntry], language: str) -> list[dict[str, str]]:
    """Return the ledger as worded rows, for a page or a CSV.

    Parameters
    ----------
    entries : iterable of LedgerEntry
        From :func:`reproduction_ledger`.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of dict of str to str
        Columns ``table, item, level, cohort, quantity, printed, recomputed, demo, status,
        reason``; the printed words stay as printed.
    """
    return [_row(entry, language) for entry in entries]


def _row(entry: LedgerEntry, language: str) -> dict[str, str]:
    return {
        "table": entry.table,
        "item": entry.item,
        "level": entry.level or "",
        "cohort": sentence(f"ledger_cohort_{entry.cohort}", language),
        "quantity": sentence(f"ledger_quantity_{entry.quantity}", language),
        "printed": entry.printed,
        "recomputed": entry.recomputed or "",
        "demo": entry.demo or "",
        "status": sentence(f"ledger_status_{entry.status}", language),
        "reason": sentence_of(entry.reason, language) if entry.reason else "",
    }


def _demo_values(demo: "pd.DataFrame") -> Mapping[Key, str]:
    if not {"cohort", "good_response"} <= set(demo.columns):
        return demo_survival_values(demo)
    return {**demo_response_values(demo), **demo_survival_values(demo)}


def _demo_key(entry: LedgerEntry) -> Key:
    """Return the key of the demo value: where in the text a number stands does not matter."""
    return ("text", "", *entry.key[2:]) if entry.table == "text" else entry.key
