"""What the columns of another table probably are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlcs_core.clinical.column_checks import COHORTS, SCORE_COLUMNS
from dlcs_core.clinical.variables import VARIABLE_BY_NAME, VARIABLES
from dlcs_core.report.cohort_conversions import Conversion, converted, suggested_conversion
from dlcs_core.report.cohort_synonyms import COLUMN_SYNONYMS, folded

if TYPE_CHECKING:
    import pandas as pd

TARGETS = (
    "patient_id", "center", "cohort", "trg", "good_response", *(v.name for v in VARIABLES),
    "os_months", "os_event", *SCORE_COLUMNS, "os_linear_predictor",
)  # fmt: skip
"""Columns of the contract that an explorer uses."""

KEPT = ""
"""Target of a column that keeps its name, e.g. another score."""

LEFT_OUT = "-"
"""Target of a column that is not used."""

FoundBy = Literal["name", "synonym", "content", "none"]

_BY_FOLD = {
    folded(word): target for target, words in COLUMN_SYNONYMS.items() for word in (target, *words)
}
_TELLING = ("sex", "ct_stage", "cn_stage", "borrmann_type", "cohort", "differentiation")
"""Variables whose levels nothing else has, once single letters and digits are set aside."""

_SEEN = 2_000
"""Cells that a guess looks at."""


@dataclass(frozen=True)
class ColumnGuess:
    """What one column of another table is taken for.

    Attributes
    ----------
    column : str
        Its name there.
    target : str
        Our column; ``""`` where it keeps its name, ``"-"`` where it is left out.
    conversion : Conversion
        Of its numbers.
    found_by : {"name", "synonym", "content", "none"}
        How it was recognised.
    """

    column: str
    target: str
    conversion: Conversion
    found_by: FoundBy


def guess_columns(frame: "pd.DataFrame") -> tuple[ColumnGuess, ...]:
    """Guess what each column of a table is.

    Parameters
    ----------
    frame : pandas.DataFrame
        As read by :func:`dlcs_core.clinical.table.read_table`.

    Returns
    -------
    tuple of ColumnGuess
        One per column in order; no column of ours is used twice. Exact names come first, then
        synonyms, then contents that only one variable has.
    """
    taken: dict[str, tuple[str, FoundBy]] = {}
    for found_by, guess in _WAYS:
        for name in frame.columns:
            target = None if name in taken else guess(frame, str(name))
            if target and target not in {t for t, _ in taken.values()}:
                taken[name] = (target, found_by)
    return tuple(_guess(frame, str(name), taken) for name in frame.columns)


def _guess(
    frame: "pd.DataFrame", name: str, taken: Mapping[str, tuple[str, FoundBy]]
) -> ColumnGuess:
    target, found_by = taken.get(name, (KEPT, "none"))
    conversion = suggested_conversion(frame[name].head(_SEEN), target or None, name)
    return ColumnGuess(name, target, conversion, found_by)


def _by_name(_: "pd.DataFrame", name: str) -> str | None:
    return name if name in TARGETS else None


def _by_synonym(_: "pd.DataFrame", name: str) -> str | None:
    """Return the column that the name, with or without its unit at the end, is a synonym of."""
    form = folded(name)
    shorter = next(
        (form.removesuffix(unit) for unit in _UNITS if form.endswith(unit) and form != unit), form
    )
    return _BY_FOLD.get(form) or _BY_FOLD.get(shorter)


_UNITS = ("months", "month", "days", "day", "weeks", "years", "year", "mm", "cm", "gdl", "gl",
          "mmoll", "mgdl", "percent", "kgm2", "109l", "1e9l", "%", "月", "天",
          "年", "岁")  # fmt: skip


def _by_content(frame: "pd.DataFrame", name: str) -> str | None:
    cells = frame[name].dropna().head(_SEEN)
    found = set(cells.unique())
    for target in _TELLING:
        if found and _all_levels(cells, target):
            return target
    is_identifier = len(found) == len(cells) > 1 and all(isinstance(cell, str) for cell in found)
    return "patient_id" if is_identifier else None


def _all_levels(cells: "pd.Series", target: str) -> bool:
    """Tell whether every cell names a level; bare digits could mean anything."""
    texts = {str(cell) for cell in cells.unique()}
    if any(text.replace(".", "").isdigit() for text in texts) or len(texts) < 2:
        return False
    levels = COHORTS if target == "cohort" else VARIABLE_BY_NAME[target].levels
    mapped = converted(cells, target, suggested_conversion(cells, None, "")).unique()
    variable = VARIABLE_BY_NAME.get(target)
    return all(
        text in levels or (variable is not None and variable.level_of(str(text)) is not None)
        for text in np.asarray(mapped, dtype=object)
    )


_WAYS: tuple[tuple[FoundBy, Callable[["pd.DataFrame", str], str | None]], ...] = (
    ("name", _by_name),
    ("synonym", _by_synonym),
    ("content", _by_content),
)
