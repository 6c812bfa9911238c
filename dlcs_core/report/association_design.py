"""Variables of a cohort table as the columns of a regression, level by level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError
from dlcs_core.report.survival_columns import level_column, number_column
from dlcs_core.report.table_columns import is_continuous
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.design_checks import dependent_columns

if TYPE_CHECKING:
    import pandas as pd

MAX_LEVELS = 50
"""More levels than this are a measurement or an identifier."""


@dataclass(frozen=True)
class Term:
    """One column of a regression.

    Attributes
    ----------
    variable : str
        The variable.
    level, reference_level : str or None
        What is compared with what; None for a continuous variable.
    """

    variable: str
    level: str | None = None
    reference_level: str | None = None

    @property
    def column(self) -> str:
        """Name of the column: the variable, followed by the level."""
        return self.variable + (self.level or "")


@dataclass(frozen=True, eq=False)
class DesignVariable:
    """One variable and its value for every row of a table.

    Attributes
    ----------
    name : str
        The variable.
    levels : tuple of str
        Levels with the reference first; empty for a continuous variable.
    values : array of float64, shape (n_rows,)
        Numbers, or positions among the levels; NaN where missing.
    """

    name: str
    levels: tuple[str, ...]
    values: FloatArray

    @property
    def terms(self) -> tuple[Term, ...]:
        """Columns of the variable in a regression."""
        if not self.levels:
            return (Term(self.name),)
        return tuple(Term(self.name, level, self.levels[0]) for level in self.levels[1:])

    @property
    def is_known(self) -> BoolArray:
        """Rows with a value."""
        return np.asarray(~np.isnan(self.values))

    def matrix(self, rows: BoolArray) -> FloatArray:
        """Return the columns of some rows, shape (n_rows, n_terms)."""
        values = self.values[rows]
        if not self.levels:
            return values[:, None]
        codes = np.arange(1, len(self.levels))
        return np.asarray(values[:, None] == codes, dtype=np.float64)

    def present(self, rows: BoolArray) -> "DesignVariable":
        """Return the variable with the levels that some rows have; the first is the reference."""
        if not self.levels:
            return self
        kept = np.unique(self.values[rows & self.is_known]).astype(int)
        place = np.full(len(self.levels), np.nan)
        place[kept] = np.arange(kept.size)
        values = np.full(self.values.size, np.nan)
        values[self.is_known] = place[self.values[self.is_known].astype(int)]
        return replace(self, levels=tuple(self.levels[k] for k in kept), values=values)

    def terms_of(self, present: "DesignVariable") -> tuple[Term, ...]:
        """Return a term per level, also of those that are absent, against the reference in use."""
        if not self.levels:
            return self.terms
        if len(self.levels) == 1:  # nothing to compare with, which is not passed over in silence
            return (Term(self.name, None, self.levels[0]),)
        reference = present.levels[0] if present.levels else self.levels[0]
        return tuple(Term(self.name, v, reference) for v in self.levels if v != reference)


def design_variables(
    table: "pd.DataFrame",
    names: Sequence[str],
    *,
    continuous: Sequence[str] = (),
    categorical: Sequence[str] = (),
    references: Mapping[str, str] | None = None,
) -> tuple[DesignVariable, ...]:
    """Read variables from a table.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    names : sequence of str
        The variables.
    continuous, categorical : sequence of str
        Those whose kind is set against the variable list and their cells.
    references : mapping of str to str
        Reference level by variable, which makes numbers levels too; by default the first of the
        variable list, else the first sorted.

    Returns
    -------
    tuple of DesignVariable
        In the order of the names.

    Raises
    ------
    ClinicalError
        If a column is missing, or a continuous one holds text.
    CohortError
        If a kind is set twice, a reference names no level, or a variable has too many levels.
    """
    both = sorted(set(continuous) & set(categorical))
    if both:
        raise CohortError("association_two_kinds", column=displayable(both[0]))
    stray = sorted(set(references or {}) - set(names))
    if stray:
        raise CohortError("association_reference_of_nothing", column=displayable(stray[0]))
    for name in sorted(set(continuous) & set(references or {})):
        raise CohortError("association_reference_of_continuous", column=displayable(name))
    with_levels = {*categorical, *(references or {})}
    by_number = {
        name
        for name in names
        if name in continuous or (name not in with_levels and _has_numbers(table, name))
    }
    return tuple(
        _continuous(table, name)
        if name in by_number
        else _categorical(table, name, (references or {}).get(name))
        for name in names
    )


def _has_numbers(table: "pd.DataFrame", name: str) -> bool:
    return name in table.columns and is_continuous(table[name], name)


def _continuous(table: "pd.DataFrame", name: str) -> DesignVariable:
    return DesignVariable(name, (), number_column(table, name))


def _categorical(table: "pd.DataFrame", name: str, reference: str | None) -> DesignVariable:
    """Return a variable with levels, the reference moved to the front."""
    found = level_column(table, name)
    if len(found.levels) > MAX_LEVELS:
        values = {"column": displayable(name), "count": len(found.levels)}
        raise CohortError("association_too_many_levels", **values, limit=MAX_LEVELS)
    first = found.levels[:1] if reference is None else (reference,)
    if not set(first) <= set(found.levels):
        raise CohortError(
            "association_reference_unknown",
            column=displayable(name), level=displayable(str(reference)),
            levels=", ".join(map(displayable, found.levels)),
        )  # fmt: skip
    levels = (*first, *(level for level in found.levels if level not in first))
    place = np.array([*(levels.index(level) for level in found.levels), np.nan])
    return DesignVariable(name, levels, place[found.codes])


def estimable_columns(
    variables: Sequence[DesignVariable], rows: BoolArray
) -> tuple[list[Term], list[Term], FloatArray]:
    """Return the columns of some rows, without those that say nothing of their own there.

    Parameters
    ----------
    variables : sequence of DesignVariable
        The variables, in order.
    rows : array of bool, shape (n_rows,)
        Rows that have all of them.

    Returns
    -------
    tuple of (list of Term, list of Term, array of float64)
        Every term, the terms that can be estimated, and the latter's columns.
    """
    present = [v.present(rows) for v in variables]
    terms = [term for v, p in zip(variables, present, strict=True) for term in v.terms_of(p)]
    columns = [term for v in present for term in v.terms]
    matrix = np.hstack([np.empty((int(rows.sum()), 0)), *(v.matrix(rows) for v in present)])
    aliased = set(dependent_columns(matrix)) if len(matrix) else set(range(len(columns)))
    kept = [i for i in range(len(columns)) if i not in aliased]
    return terms, [columns[i] for i in kept], np.asarray(matrix[:, kept])
