"""From the cells of another table to the units, codes and levels of ours."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.column_checks import SCORE_COLUMNS
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.report.cohort_synonyms import (
    FALSE_WORDS,
    LEVEL_SYNONYMS,
    TRUE_WORDS,
    folded,
    without_kind,
)

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_MONTH = 30.4375
"""365.25 / 12."""

TRUTH_COLUMNS = ("good_response", "os_event")

_DECIMAL_COMMA = re.compile(r"^\s*(-?\d+),(\d+)\s*$")


@dataclass(frozen=True)
class Conversion:
    """A linear change of a column's numbers.

    Attributes
    ----------
    code : str
        Stable name, e.g. ``"unit"`` or ``"days"``.
    factor, offset : float
        New value = ``factor`` times old value + ``offset``.
    unit : str
        The unit or coding that the cells have.
    """

    code: str
    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""


NOTHING = Conversion("none")


def conversions_of(target: str | None) -> tuple[Conversion, ...]:
    """Return the conversions that make sense for a column of ours; the first changes nothing."""
    if target == "os_months":
        return (
            NOTHING,
            Conversion("days", 1 / DAYS_PER_MONTH, unit="d"),
            Conversion("weeks", 7 / DAYS_PER_MONTH, unit="w"),
            Conversion("years", 12.0, unit="y"),
        )
    if target in TRUTH_COLUMNS:
        return (
            NOTHING,
            Conversion("coded_1_2", 1.0, -1.0, "1/2"),
            Conversion("coded_2_1", -1.0, 2.0, "2/1"),
            Conversion("reversed", -1.0, 1.0, "1/0"),
        )
    if target in SCORE_COLUMNS:
        return (NOTHING, Conversion("percent", 0.01, unit="%"))
    variable = VARIABLE_BY_NAME.get(target or "")
    traps = variable.traps if variable else ()
    return (
        NOTHING,
        *(Conversion("unit", t.factor, unit=t.unit) for t in traps if t.factor is not None),
    )


def converted(column: "pd.Series", target: str | None, conversion: Conversion) -> "pd.Series":
    """Return a column's cells as those of ours.

    Parameters
    ----------
    column : pandas.Series
        As read.
    target : str or None
        Our column; None keeps the cells.
    conversion : Conversion
        Of the numbers.

    Returns
    -------
    pandas.Series
        With the same index; cells that are not understood stay as they are.
    """
    if target is None:
        return column
    if target in TRUTH_COLUMNS:
        return _rescaled(column.map(_truth, na_action="ignore"), conversion)
    if target in LEVEL_SYNONYMS:
        return _by_level(column, target)
    if target == "trg":
        return column.map(_grade, na_action="ignore")
    if target in ("patient_id", "center"):
        return column.map(_text, na_action="ignore").astype(object)
    return _rescaled(column, conversion)


def _rescaled(column: "pd.Series", conversion: Conversion) -> "pd.Series":
    """Return numbers times factor plus offset; text that is no number stays."""
    import pandas as pd

    cells = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    if cells.dtype == object or isinstance(cells.dtype, pd.StringDtype):
        cells = cells.map(_point, na_action="ignore")
    numbers = pd.to_numeric(cells, errors="coerce")
    is_text = numbers.isna() & cells.notna()
    if not is_text.any():
        cells = numbers
    if conversion == NOTHING:
        return cells
    # Ten digits hold any measurement and drop the noise of the multiplication.
    changed = numbers.astype("float64") * conversion.factor + conversion.offset
    rounded = changed.round(10)
    return rounded.astype(object).where(~is_text, cells) if is_text.any() else rounded


def _by_level(column: "pd.Series", target: str) -> "pd.Series":
    """Return cells as our levels where a synonym is known."""
    cells = column.astype(object)
    known = {cell: _level(cell, target) for cell in cells.dropna().unique()}
    return cells.map(known, na_action="ignore").astype("category")


def _level(cell: object, target: str) -> str:
    text = _text(cell)
    variable = VARIABLE_BY_NAME.get(target)
    levels = variable.levels if variable else ()
    by_fold = {folded(level): level for level in levels} | LEVEL_SYNONYMS[target]
    for form in (folded(text), without_kind(folded(text))):
        if form in by_fold:
            return by_fold[form]
    return text


def _truth(cell: object) -> object:
    form = folded(_text(cell))
    if form in TRUE_WORDS:
        return 1.0
    return 0.0 if form in FALSE_WORDS else _point(cell)


def _grade(cell: object) -> object:
    return without_kind(folded(_text(cell))) if isinstance(cell, str) else cell


def _text(cell: object) -> str:
    """Return a cell as text; a whole number without its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _point(cell: object) -> object:
    """Return a number with a decimal comma as one with a point."""
    if not isinstance(cell, str):
        return cell
    found = _DECIMAL_COMMA.match(cell)
    return f"{found[1]}.{found[2]}" if found else cell


def suggested_conversion(column: "pd.Series", target: str | None, header: str) -> Conversion:
    """Return the conversion that the header or the numbers ask for.

    Parameters
    ----------
    column : pandas.Series
        As read.
    target : str or None
        Our column.
    header : str
        Name of the column, which may hold its unit.
    """
    import pandas as pd

    options = conversions_of(target)
    if len(options) == 1:
        return NOTHING
    cells = converted(column, target, NOTHING)
    numbers = pd.to_numeric(cells, errors="coerce").dropna().to_numpy(np.float64)
    if not numbers.size:
        return NOTHING
    if target in TRUTH_COLUMNS:
        # R's survival codes a death as 2; which of 1 and 2 is a good response nobody can guess.
        is_r = target == "os_event" and set(np.unique(numbers)) == {1.0, 2.0}
        return options[1] if is_r else NOTHING
    if target == "os_months":
        return _time_unit(header, numbers, options)
    if target in SCORE_COLUMNS:
        is_percent = np.median(numbers) > 1.0 and 0.0 <= numbers.min() <= numbers.max() <= 100.0
        return options[1] if is_percent else NOTHING
    return _unit_slip(str(target), numbers, options)


def _time_unit(header: str, numbers: np.ndarray, options: tuple[Conversion, ...]) -> Conversion:
    named = {
        "day": "days",
        "天": "days",
        "week": "weeks",
        "周": "weeks",
        "year": "years",
        "年": "years",
    }
    for word, code in named.items():
        if word in header.casefold():
            return next(option for option in options if option.code == code)
    return options[1] if np.median(numbers) > 240 else NOTHING


def _unit_slip(target: str, numbers: np.ndarray, options: tuple[Conversion, ...]) -> Conversion:
    """Return the unit in which most numbers become usual, if they are not so as they stand."""
    limits = VARIABLE_BY_NAME[target].soft_limits
    if limits is None:
        return NOTHING

    def usual(option: Conversion) -> float:
        values = numbers * option.factor
        return float(np.mean((values >= limits[0]) & (values <= limits[1])))

    best = max(options, key=usual)
    return best if usual(best) > usual(NOTHING) + 0.3 else NOTHING
