"""Who the patients are: distributions in groups, missing cells, drift against another cohort."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import CohortError
from dlcs_core.report.response_columns import FloatArray, score_column
from dlcs_core.report.table_columns import categorical_column, is_continuous, sorted_groups
from dlcs_core.report.table_one import MAX_LEVELS, NO_BASELINE
from dlcs_core.statistics.drift import LevelDrift, NumberDrift, level_drift, number_drift
from dlcs_core.statistics.missingness import Missingness, missingness

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS = ("good_response", "dl_signature", "clinical_signature", "dlcs", "os_linear_predictor")
"""What a model gives, and what it predicts: they move too."""


@dataclass(frozen=True, eq=False)
class NumbersByGroup:
    """A measurement in groups of patients; missing values are left out."""

    numbers: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class LevelsByGroup:
    """A categorical variable in groups of patients.

    Attributes
    ----------
    levels : tuple of str
        In display order.
    shares : mapping of str to array of float64, shape (n_levels,)
        Per group, of its patients with a value; zeros where nobody has one.
    """

    levels: tuple[str, ...]
    shares: Mapping[str, FloatArray]


@dataclass(frozen=True)
class VariableDrift:
    """How far one variable has moved; ``found`` is None where a cohort has no value of it."""

    variable: str
    found: NumberDrift | LevelDrift | None


def profile_variables(table: "pd.DataFrame") -> tuple[str, ...]:
    """Return the variables that a profile describes: the 22 that there are, then others.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    """
    known = [name for name in VARIABLE_BY_NAME if name in table.columns]
    others = [
        name
        for name in table.columns
        if name not in VARIABLE_BY_NAME and name not in NO_BASELINE and _describable(table, name)
    ]
    return (*known, *others)


def _describable(table: "pd.DataFrame", name: str) -> bool:
    """Tell whether a column is a measurement or has few enough levels."""
    column = table[name]
    return is_continuous(column, name) or column.nunique() <= MAX_LEVELS


def distribution(
    table: "pd.DataFrame", variable: str, by: str | None
) -> NumbersByGroup | LevelsByGroup:
    """Return one variable in the groups of another column.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    variable : str
        What is described.
    by : str or None
        Column that divides the patients; None for one group called ``""``.
    """
    groups = {"": np.ones(len(table), dtype=np.bool_)}
    if by is not None:
        division = sorted_groups(table[by], by)
        groups = {level: division.codes == code for code, level in enumerate(division.levels)}
    if is_continuous(table[variable], variable):
        values = score_column(table, variable)
        known = ~np.isnan(values)
        return NumbersByGroup({name: values[rows & known] for name, rows in groups.items()})
    column = categorical_column(table[variable], variable)
    n_levels = len(column.levels)
    counts = {
        name: np.bincount(column.codes[rows & (column.codes >= 0)], minlength=n_levels)
        for name, rows in groups.items()
    }
    shares = {name: count / max(count.sum(), 1) for name, count in counts.items()}
    return LevelsByGroup(column.levels, shares)


def missing_cells(table: "pd.DataFrame") -> Missingness:
    """Count missing cells of the described variables, by variable and by pattern.

    Raises
    ------
    CohortError
        If the table has none of the variables.
    """
    return missingness({name: table[name].isna().to_numpy() for name in profile_variables(table)})


def drift(reference: "pd.DataFrame", current: "pd.DataFrame") -> tuple[VariableDrift, ...]:
    """Compare the variables of a cohort with those of the patients a model has learnt from.

    Parameters
    ----------
    reference, current : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.

    Returns
    -------
    tuple of VariableDrift
        For every variable that both have, in the order of ``current``, then response and scores.
    """
    wanted = (*profile_variables(current), *(n for n in OUTPUTS if n in current.columns))
    names = [name for name in wanted if name in reference.columns]
    return tuple(VariableDrift(name, _drift(reference, current, name)) for name in names)


def _drift(
    reference: "pd.DataFrame", current: "pd.DataFrame", name: str
) -> NumberDrift | LevelDrift | None:
    tables = (reference, current)
    try:
        if all(is_continuous(table[name], name) for table in tables):
            numbers = [score_column(table, name) for table in tables]
            return number_drift(*(values[~np.isnan(values)] for values in numbers))
        return level_drift(*(_levels(table, name) for table in tables))
    except CohortError:
        return None


def _levels(table: "pd.DataFrame", name: str) -> Sequence[str]:
    column = categorical_column(table[name], name)
    known = column.codes[column.codes >= 0]
    return [] if not known.size else np.asarray(column.levels)[known].tolist()


def training_rows(table: "pd.DataFrame") -> "pd.DataFrame | None":
    """Return the training patients of a table; None where it has none."""
    if "cohort" not in table.columns:
        return None
    rows = table[table["cohort"] == "training"]
    return None if rows.empty else rows
