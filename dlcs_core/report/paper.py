"""The printed numbers of the paper, as they stand in ``assets/paper``."""

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

PAPER_DIRECTORY = Path(__file__).resolve().parents[2] / "assets" / "paper"

COHORT_SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "training": (162, 502),
        "internal_validation": (29, 102),
        "external_validation": (59, 206),
    }
)
"""Good and poor responders per cohort: the column totals of Table 1's complete characteristics."""

FOLLOWED_UP, DEATHS = 654, 265
"""Patients of the survival models, and how many of them died within three years."""

COHORT_OF = MappingProxyType(
    {
        "TC": "training",
        "IVC": "internal_validation",
        "EVC": "external_validation",
        "Training cohort": "training",
        "Internal cohort": "internal_validation",
        "External cohort": "external_validation",
    }
)
"""Printed name of a cohort to its name in tables."""


def printed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a printed table.

    Parameters
    ----------
    name : {"table1", "table2", "table3", "text"}
        File under ``assets/paper`` without ending.
    """
    with (PAPER_DIRECTORY / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def printed_p(text: str) -> tuple[float, float]:
    """Return the P values that a printed one can stand for.

    Examples
    --------
    >>> printed_p("< 0.001")
    (0.0, 0.001)
    >>> printed_p("0.250")
    (0.2495, 0.2505)
    """
    if text.startswith("<"):
        return 0.0, float(text.lstrip("< "))
    return rounded_range(text)


def rounded_range(text: str) -> tuple[float, float]:
    """Return the numbers that round to a printed decimal.

    Examples
    --------
    >>> rounded_range("0.5")
    (0.45, 0.55)
    """
    decimals = len(text.partition(".")[2])
    half = 0.5 * 10.0**-decimals
    return round(float(text) - half, decimals + 2), round(float(text) + half, decimals + 2)
