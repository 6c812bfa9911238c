"""Table 3 of the paper: hazard ratios, intervals and P values held against each other.

A Wald interval is symmetric on the log scale: the hazard ratio is the geometric mean of its
limits, and with its standard error it gives the P value.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from dlcs_core.errors import Notice
from dlcs_core.report.ledger_entry import LedgerEntry, Status
from dlcs_core.report.paper import printed_p, printed_rows, rounded_range
from dlcs_core.report.table_one_text import p_text
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, normal_p

MODELS = {"univariable": "uni", "multivariable": "multi"}
LEVEL_GROUPS = ("Tumor location", "Borrmann type")
SIGNIFICANCE = 0.05

Range = tuple[float, float]


@dataclass(frozen=True)
class _Printed:
    """One hazard ratio of the table as printed."""

    item: str
    level: str | None
    model: str
    hr: str
    low: str
    high: str
    p: str
    starred: bool

    @property
    def is_cut_short(self) -> bool:
        """Whether the upper limit lost its last digit."""
        return self.high.endswith("–")


def table_three_entries() -> Iterator[LedgerEntry]:
    """Yield hazard ratio, both limits and P of every row of Table 3, for both models."""
    for row in printed_rows("table3"):
        for model, prefix in MODELS.items():
            hr = row[f"{prefix}_hr"]
            if hr and hr != "Ref":
                yield from _entries(_parsed(row, model, prefix))


def _parsed(row: dict[str, str], model: str, prefix: str) -> _Printed:
    low, _, high = row[f"{prefix}_ci_as_printed"].partition("–")
    item, level = (row["group"], row["parameter"]) if row["group"] else (row["parameter"], None)
    starred = row[f"{prefix}_starred"] == "yes"
    return _Printed(item, level, model, row[f"{prefix}_hr"], low, high, row[f"{prefix}_p"], starred)


def _entries(row: _Printed) -> Iterator[LedgerEntry]:
    low, high = rounded_range(row.low), _upper_limit(row)
    hr = rounded_range(row.hr)
    if hr[1] < low[0] or hr[0] > high[1]:
        yield from _contradictory(row, low, high)
        return
    middle = math.sqrt(float(row.low) * sum(high) / 2.0)
    middle_range = math.sqrt(low[0] * high[0]), math.sqrt(low[1] * high[1])
    yield _entry(
        row, "hr", row.hr, f"{middle:.3f}", _status(f"{middle:.3f}", row.hr, middle_range, hr)
    )
    yield _entry(row, "ci95_low", row.low, None, "given")
    yield _limit(row, high)
    yield _p_entry(row, hr, low, high)


def _contradictory(row: _Printed, low: Range, high: Range) -> Iterator[LedgerEntry]:
    """Yield the numbers of a hazard ratio outside its own interval: not all can be right."""
    middle = math.sqrt(float(row.low) * float(row.high))
    from_interval = p_text(_wald_p(middle, sum(low) / 2, sum(high) / 2))
    from_ratio = p_text(_wald_p(float(row.hr), sum(low) / 2, sum(high) / 2))
    values = {"p_of_ratio": from_ratio, "p_of_interval": from_interval}
    reason = Notice("ledger_hr_outside_interval", values)
    for quantity, printed, recomputed in (
        ("hr", row.hr, f"{middle:.3f}"),
        ("ci95_low", row.low, None),
        ("ci95_high", row.high, None),
        ("p", row.p, from_interval),
    ):
        yield _entry(row, quantity, printed, recomputed, "impossible", reason)


def _upper_limit(row: _Printed) -> Range:
    """Return the range of the upper limit; of one cut short, what the other numbers give."""
    if not row.is_cut_short:
        return rounded_range(row.high)
    (hr_low, hr_high), (low, high) = rounded_range(row.hr), rounded_range(row.low)
    return hr_low**2 / high, hr_high**2 / low


def _limit(row: _Printed, high: Range) -> LedgerEntry:
    if not row.is_cut_short:
        return _entry(row, "ci95_high", row.high, None, "given")
    reason = Notice("ledger_digit_lost", {})
    recomputed = f"{sum(high) / 2:.3f}"
    return _entry(row, "ci95_high", row.high, recomputed, "not_reproduced", reason)


def _p_entry(row: _Printed, hr: Range, low: Range, high: Range) -> LedgerEntry:
    recomputed = p_text(_wald_p(float(row.hr), sum(low) / 2, sum(high) / 2))
    if not row.p:
        reason = Notice("ledger_p_blank", {})
        return _entry(row, "p", row.p, recomputed, "not_reproduced", reason)
    possible = [_wald_p(*corner) for corner in product(hr, low, high)]
    if hr[0] <= 1.0 <= hr[1]:
        possible.append(1.0)
    status = _status(recomputed, row.p, (min(possible), max(possible)), printed_p(row.p))
    star_missing = printed_p(row.p)[1] < SIGNIFICANCE and not row.starred
    reason_found = Notice("ledger_star_missing", {}) if star_missing else None
    return _entry(row, "p", row.p, recomputed, status, reason_found)


def _wald_p(hr: float, low: float, high: float) -> float:
    se = (math.log(high) - math.log(low)) / (2.0 * NORMAL_QUANTILE_975)
    return normal_p(math.log(hr) / se)


def _status(recomputed: str, printed: str, possible: Range, allowed: Range) -> Status:
    if recomputed == printed:
        return "reproduced"
    overlap = possible[0] <= allowed[1] and allowed[0] <= possible[1]
    return "within_rounding" if overlap else "not_reproduced"


def _entry(
    row: _Printed,
    quantity: str,
    printed: str,
    recomputed: str | None,
    status: Status,
    reason: Notice | None = None,
) -> LedgerEntry:
    return LedgerEntry(
        "3", row.item, row.level, "follow_up", f"{quantity}_{row.model}", printed, recomputed,
        status, reason or _remark(row, quantity, status),
    )  # fmt: skip


def _remark(row: _Printed, quantity: str, status: Status) -> Notice | None:
    """Return what must be known to read a hazard ratio."""
    if quantity == "hr" and status == "not_reproduced":
        return Notice("ledger_hr_not_middle", {})
    if quantity == "p" and status == "not_reproduced":
        return Notice("ledger_p_not_of_interval", {})
    if quantity == "hr" and row.model == "multivariable":
        return Notice("ledger_per_standard_deviation", {})
    if quantity == "hr" and row.item in LEVEL_GROUPS:
        return Notice("ledger_level_against_rest", {})
    return None
