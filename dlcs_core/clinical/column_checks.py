"""Checks of one table column at a time, vectorised: levels, limits, ids, codes, times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.clinical.variables import VARIABLES, Limits, Variable
from dlcs_core.errors import Notice

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Checked = tuple[pd.Series, list["Finding"]]

COHORTS = ("training", "internal_validation", "external_validation")
SCORE_COLUMNS = ("dl_signature", "dl_score", "clinical_signature", "dlcs")
"""Known scores in [0, 1]."""

MAX_OS_MONTHS = 600
"""Fifty years: longer times are days, or a slip."""

FEWEST_NUMBERS = 5
MOSTLY = 0.8
"""A column with so many different numbers, and this share of them, was meant to hold numbers."""


@dataclass(frozen=True)
class Finding:
    """One rule and the cells of one column that it concerns.

    Attributes
    ----------
    column : str
        The column.
    notice : Notice
        What was found; carries the count and the first file row.
    is_breach : bool
        True where the cells cannot be used (they are emptied); False for a mere warning.
    """

    column: str
    notice: Notice
    is_breach: bool


def check_column(name: str, column: pd.Series) -> Checked:
    """Check one column of a cohort table.

    Parameters
    ----------
    name : str
        Its name; unknown names pass unless their numbers are not finite.
    column : pandas.Series
        Cells as read, indexed by file row.

    Returns
    -------
    tuple of (pandas.Series, list of Finding)
        The column in canonical type with unusable cells emptied, and what was found.
    """
    return _CHECKS.get(name, _check_unknown)(name, column)


def _finding(
    name: str, code: str, cells: NDArray[np.bool_], column: pd.Series, **values: object
) -> list[Finding]:
    """Return one breach that counts the cells and names the first row; none without cells."""
    if not cells.any():
        return []
    row = int(column.index[int(np.argmax(cells))])
    values = {"column": displayable(name), "count": int(cells.sum()), "row": row, **values}
    return [Finding(name, Notice(code, values), True)]


def _check_missing(name: str, column: pd.Series) -> list[Finding]:
    count = int(column.isna().sum())
    values = {"column": name, "count": count}
    return [Finding(name, Notice("column_has_missing_cells", values), False)] if count else []


def check_numbers(name: str, column: pd.Series) -> Checked:
    """Return float64 cells; text and non-finite numbers are emptied and found."""
    import pandas as pd

    numbers = pd.to_numeric(_truth_as_number(column), errors="coerce").astype("float64")
    is_text = (numbers.isna() & column.notna()).to_numpy()
    is_infinite = np.isinf(numbers.to_numpy())
    findings = _finding(name, "column_not_numeric", is_text, column)
    findings += _finding(name, "column_not_finite", is_infinite, column)
    return numbers.mask(is_infinite), findings


def _truth_as_number(column: pd.Series) -> pd.Series:
    """Return true/false cells, as pandas and spreadsheets write them, as 1 and 0."""
    if column.dtype != object:
        return column
    text = column.map(lambda cell: str(cell).casefold(), na_action="ignore")
    return column.mask(text == "true", 1).mask(text == "false", 0).infer_objects()


def _check_continuous(variable: Variable, name: str, column: pd.Series) -> Checked:
    numbers, findings = check_numbers(name, column)
    values = numbers.to_numpy()
    beyond = _outside(values, variable.hard_limits)
    findings += _limit_finding(variable, beyond, numbers)
    if variable.whole:
        fractional = ~beyond & (values != np.round(values)) & ~np.isnan(values)
        findings += _finding(name, "column_not_whole", fractional, column)
        beyond = beyond | fractional
    numbers = numbers.mask(beyond)
    findings += _unusual_finding(variable, _outside(numbers.to_numpy(), variable.soft_limits))
    return numbers, findings + _check_missing(name, column)


def _outside(values: NDArray[np.float64], limits: Limits | None) -> NDArray[np.bool_]:
    low, high = limits or (-np.inf, np.inf)
    return (values < low) | (values > high)


def _limit_finding(
    variable: Variable, cells: NDArray[np.bool_], numbers: pd.Series
) -> list[Finding]:
    if not cells.any() or variable.hard_limits is None:
        return []
    value = float(numbers.to_numpy()[cells][0])
    low, high = variable.hard_limits
    named: dict[str, object] = {"value": f"{value:g}", "unit": variable.unit}
    named |= {"low": f"{low:g}", "high": f"{high:g}"}
    trap = variable.trap_of(value)
    if trap is None or trap.factor is None:
        return _finding(variable.name, "column_outside_limits", cells, numbers, **named)
    named |= {"entered_unit": trap.unit, "converted": f"{value * trap.factor:.3g}"}
    return _finding(variable.name, "column_outside_limits_unit_slip", cells, numbers, **named)


def _unusual_finding(variable: Variable, cells: NDArray[np.bool_]) -> list[Finding]:
    if not cells.any() or variable.soft_limits is None:
        return []
    low, high = variable.soft_limits
    values = {"column": variable.name, "count": int(cells.sum()), "unit": variable.unit}
    values |= {"low": f"{low:g}", "high": f"{high:g}"}
    return [Finding(variable.name, Notice("column_unusual", values), False)]


def _check_levels(
    levels: tuple[str, ...], level_of: Callable[[str], str | None], name: str, column: pd.Series
) -> Checked:
    """Return a categorical with the given levels; what names none of them is found."""
    import pandas as pd

    cells = column.astype("category")
    known = {cell: level_of(str(cell)) for cell in cells.cat.categories}
    canonical = pd.Categorical(cells.map(known).astype(object), categories=list(levels))
    is_strange = np.asarray(canonical.isna() & cells.notna().to_numpy())
    found = _finding(name, "column_has_other_levels", is_strange, column, levels=", ".join(levels))
    settled = pd.Series(canonical, index=column.index, name=name)
    return settled, found + _check_missing(name, column)


def _check_ids(name: str, column: pd.Series) -> Checked:
    ids = column.map(lambda cell: str(cell).strip(), na_action="ignore").astype(object)
    is_missing = (ids.isna() | (ids == "")).to_numpy(bool)
    is_repeated = ids.duplicated().to_numpy() & ~is_missing
    findings = _finding(name, "patient_id_missing", is_missing, column)
    return ids, findings + _finding(name, "patient_id_twice", is_repeated, column)


def _check_text(name: str, column: pd.Series) -> Checked:
    text = column.map(lambda cell: str(cell).strip(), na_action="ignore").astype(object)
    return text, _check_missing(name, column)


def _check_code(allowed: tuple[float, ...], code: str, name: str, column: pd.Series) -> Checked:
    """Return numbers of a small set of codes."""
    numbers, findings = check_numbers(name, column)
    is_strange = (~numbers.isin(allowed) & numbers.notna()).to_numpy()
    findings += _finding(name, code, is_strange, column)
    return numbers.mask(is_strange), findings + _check_missing(name, column)


def check_truth(code: str, name: str, column: pd.Series) -> Checked:
    """Return a nullable boolean of a 0/1 column; 1/2 coding is named as such."""
    numbers, _ = check_numbers(name, column)
    present = set(numbers.dropna().unique())
    code = "column_coded_1_2" if present == {1.0, 2.0} else code
    numbers, findings = _check_code((0.0, 1.0), code, name, column)
    return numbers.astype("boolean"), findings


def _check_months(name: str, column: pd.Series) -> Checked:
    numbers, findings = check_numbers(name, column)
    beyond = _outside(numbers.to_numpy(), (0, MAX_OS_MONTHS))
    findings += _finding(name, "survival_time_outside_limits", beyond, column, high=MAX_OS_MONTHS)
    return numbers.mask(beyond), findings + _check_missing(name, column)


def _check_score(name: str, column: pd.Series) -> Checked:
    """Return a score; outside [0, 1] it is no probability, which is a warning."""
    numbers, findings = check_numbers(name, column)
    beyond = _outside(numbers.to_numpy(), (0, 1))
    if beyond.any():
        values = {"column": name, "count": int(beyond.sum())}
        findings.append(Finding(name, Notice("score_outside_unit_interval", values), False))
    return numbers, findings + _check_missing(name, column)


def _check_unknown(name: str, column: pd.Series) -> Checked:
    """Pass a column that the contract does not know; infinite numbers are emptied and found."""
    if column.dtype == object:
        return column, _text_among_numbers(name, column)
    if column.dtype != "float64":
        return column, []
    is_infinite = np.isinf(column.to_numpy())
    return column.mask(is_infinite), _finding(name, "column_not_finite", is_infinite, column)


def _text_among_numbers(name: str, column: pd.Series) -> list[Finding]:
    """Find the few texts that make levels of a column of numbers."""
    import pandas as pd

    cells = pd.Series(column.dropna().unique())
    numbers = pd.to_numeric(cells, errors="coerce")
    # Numbers written as text throughout, such as padded codes, are levels on purpose.
    texts = cells[~np.isfinite(numbers)]
    n_numbers = cells.size - texts.size
    if not texts.size or n_numbers < FEWEST_NUMBERS or n_numbers < MOSTLY * cells.size:
        return []
    is_text = column.isin(texts).to_numpy()
    row = int(column.index[int(np.argmax(is_text))])
    values = {"column": displayable(name), "count": int(is_text.sum()), "row": row}
    return [Finding(name, Notice("column_has_text_among_numbers", values), False)]


def _same_level(levels: tuple[str, ...], text: str) -> str | None:
    return next((level for level in levels if level == text.strip().casefold()), None)


_CHECKS: dict[str, Callable[[str, pd.Series], Checked]] = {
    "patient_id": _check_ids,
    "center": _check_text,
    "image": _check_text,
    "mask": _check_text,
    "cohort": partial(_check_levels, COHORTS, partial(_same_level, COHORTS)),
    "trg": partial(_check_code, (0.0, 1.0, 2.0, 3.0), "trg_outside_scale"),
    "good_response": partial(check_truth, "good_response_not_0_1"),
    "os_event": partial(check_truth, "event_not_0_1"),
    "os_months": _check_months,
    **dict.fromkeys(SCORE_COLUMNS, _check_score),
    "os_linear_predictor": check_numbers,
    **{v.name: partial(_check_continuous, v) for v in VARIABLES if not v.levels},
    **{v.name: partial(_check_levels, v.levels, v.level_of) for v in VARIABLES if v.levels},
}
