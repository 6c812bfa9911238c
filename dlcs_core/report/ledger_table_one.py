"""Table 1 of the paper: counts, means and P values, recomputed from what is printed."""

from collections.abc import Iterator, Sequence

from dlcs_core.errors import Notice
from dlcs_core.report.ledger_entry import LedgerEntry, Status
from dlcs_core.report.paper import COHORT_OF, COHORT_SIZES, printed_p, printed_rows, rounded_range
from dlcs_core.report.table_one_text import p_text
from dlcs_core.statistics.contingency import independence_test
from dlcs_core.statistics.two_sample import student_t_of_summaries

Row = dict[str, str]
Moments = tuple[float, float]

REMARKS = {
    ("CEA", "training", "p"): "ledger_marker_without_test",
    ("CA125", "training", "p"): "ledger_marker_without_test",
    ("AFP", "training", "p"): "ledger_marker_without_test",
    ("AFP", "external_validation", "p"): "ledger_star_missing",
    ("PCT", "external_validation", "p"): "ledger_significant_but_not_in_text",
    ("Borrmann type", "training", "p"): "ledger_borrmann_in_fusion",
    ("Glu", "external_validation", "sd_poor"): "ledger_sd_of_an_outlier",
}
"""What has to be known beside the arithmetic."""

BISECTIONS = 60


def table_one_entries() -> Iterator[LedgerEntry]:
    """Yield every number of Table 1: counts, column totals, means, SDs and P values."""
    parts: dict[tuple[str, str], list[Row]] = {}
    for row in printed_rows("table1"):
        parts.setdefault((row["characteristic"], COHORT_OF[row["cohort"]]), []).append(row)
    for (item, cohort), rows in parts.items():
        if rows[0]["kind"] == "count":
            yield from _categorical(item, cohort, rows)
        else:
            yield from _continuous(item, cohort, rows[0])


def student_p(good: Moments, poor: Moments, sizes: tuple[float, float]) -> float:
    """Return Student's P from mean and SD of good and poor responders and their numbers."""
    return student_t_of_summaries((sizes[0], *good), (sizes[1], *poor)).p


def _categorical(item: str, cohort: str, rows: Sequence[Row]) -> Iterator[LedgerEntry]:
    counts = [(int(row["gr"]), int(row["pr"])) for row in rows]
    for row in rows:
        for quantity, printed in (("n_good", row["gr"]), ("n_poor", row["pr"])):
            yield _given(item, row["category"], cohort, quantity, printed)
    yield _total(item, cohort, (sum(c[0] for c in counts), sum(c[1] for c in counts)))
    printed = rows[0]["p_as_printed"]
    recomputed = p_text(independence_test(counts).p)
    status: Status = "reproduced" if recomputed == printed else "not_reproduced"
    yield _entry(item, None, cohort, "p", printed, recomputed, status)


def _total(item: str, cohort: str, found: tuple[int, int]) -> LedgerEntry:
    """Hold the sum over a characteristic's categories against the size of the cohort."""
    size = COHORT_SIZES[cohort]
    missing = sum(size) - sum(found)
    printed, summed = (f"{good} / {poor}" for good, poor in (size, found))
    return LedgerEntry(
        "1", item, None, cohort, "n_good_poor", printed, summed,
        "not_reproduced" if missing else "reproduced",
        Notice("ledger_patients_missing", {"count": missing}) if missing else None,
    )  # fmt: skip


def _continuous(item: str, cohort: str, row: Row) -> Iterator[LedgerEntry]:
    texts = [cell.split(" ± ") for cell in (row["gr"], row["pr"])]
    for group, (mean, sd) in zip(("good", "poor"), texts, strict=True):
        yield _given(item, None, cohort, f"mean_{group}", mean)
        yield _given(item, None, cohort, f"sd_{group}", sd)
    printed, size = row["p_as_printed"], COHORT_SIZES[cohort]
    good, poor = ((float(mean), float(sd)) for mean, sd in texts)
    recomputed = p_text(student_p(good, poor, size))
    low, high = _range_of_p(texts, size)
    printed_low, printed_high = printed_p(printed)
    if recomputed == printed:
        yield _entry(item, None, cohort, "p", printed, recomputed, "reproduced")
    elif low <= printed_high and printed_low <= high:
        yield _entry(item, None, cohort, "p", printed, recomputed, "within_rounding")
    else:
        share = _share_with_values(good, poor, size, float(printed))
        reason = Notice("ledger_values_missing", {"percent": f"{100 * share:.0f}"})
        yield LedgerEntry(
            "1", item, None, cohort, "p", printed, recomputed, "not_reproduced", reason
        )


def _range_of_p(texts: Sequence[Sequence[str]], size: tuple[int, int]) -> tuple[float, float]:
    """Return the smallest and the largest P that the printed means and SDs can stand for."""
    (mean_good, mean_poor), (sd_good, sd_poor) = (
        [rounded_range(text[part]) for text in texts] for part in (0, 1)
    )
    farthest = max(mean_good[1] - mean_poor[0], mean_poor[1] - mean_good[0])
    nearest = max(0.0, mean_good[0] - mean_poor[1], mean_poor[0] - mean_good[1])
    return (
        student_p((farthest, sd_good[0]), (0.0, sd_poor[0]), size),
        student_p((nearest, sd_good[1]), (0.0, sd_poor[1]), size),
    )


def _share_with_values(good: Moments, poor: Moments, size: tuple[int, int], p: float) -> float:
    """Return the share of the cohort whose means and SDs would give P: it falls with size."""
    low, high = 0.01, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        found = student_p(good, poor, (middle * size[0], middle * size[1]))
        low, high = (middle, high) if found > p else (low, middle)
    return low


def _given(item: str, level: str | None, cohort: str, quantity: str, printed: str) -> LedgerEntry:
    return _entry(item, level, cohort, quantity, printed, None, "given")


def _entry(
    item: str,
    level: str | None,
    cohort: str,
    quantity: str,
    printed: str,
    recomputed: str | None,
    status: Status,
) -> LedgerEntry:
    code = REMARKS.get((item, cohort, quantity))
    reason = Notice(code, {}) if code else None
    return LedgerEntry("1", item, level, cohort, quantity, printed, recomputed, status, reason)
