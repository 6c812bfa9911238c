"""Table 2 of the paper: rates that must follow from whole numbers of patients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlcs_core.errors import Notice
from dlcs_core.report.ledger_entry import LedgerEntry
from dlcs_core.report.paper import COHORT_OF, COHORT_SIZES, printed_rows, rounded_range

RATES = ("accuracy", "sensitivity", "specificity")


@dataclass(frozen=True)
class _Counts:
    """Right calls that fit a printed sensitivity and specificity."""

    tp: int
    tn: int
    good: int
    poor: int

    def rate(self, name: str) -> float:
        right, n = {
            "sensitivity": (self.tp, self.good),
            "specificity": (self.tn, self.poor),
            "accuracy": (self.tp + self.tn, self.good + self.poor),
        }[name]
        return right / n


def table_two_entries() -> Iterator[LedgerEntry]:
    """Yield every rate of Table 2, with good response as the positive class.

    A row is reproduced where whole numbers of patients give all three of its rates.
    """
    for row in printed_rows("table2"):
        cohort = COHORT_OF[row["cohort"]]
        fitting = _fitting(row, *COHORT_SIZES[cohort])
        agreeing = [c for c in fitting if _rounds_to(c.rate("accuracy"), row["accuracy"])]
        shown = agreeing or fitting
        for name in RATES:
            yield LedgerEntry(
                "2", row["model"], None, cohort, name, row[name],
                _span([counts.rate(name) for counts in shown]),
                "reproduced" if agreeing else "impossible",
                None if agreeing else Notice("ledger_no_counts_fit", {}),
            )  # fmt: skip


def _fitting(row: dict[str, str], good: int, poor: int) -> list[_Counts]:
    """Return the counts that round to the printed sensitivity and specificity."""
    found_all = [tp for tp in range(good + 1) if _rounds_to(tp / good, row["sensitivity"])]
    spared_all = [tn for tn in range(poor + 1) if _rounds_to(tn / poor, row["specificity"])]
    return [_Counts(tp, tn, good, poor) for tp in found_all for tn in spared_all]


def _rounds_to(value: float, printed: str) -> bool:
    low, high = rounded_range(printed)
    return low <= value <= high


def _span(values: Sequence[float]) -> str:
    """Return one number, or the range that the printed rates leave open."""
    low, high = f"{min(values):.3f}", f"{max(values):.3f}"
    return low if low == high else f"{low}–{high}"
