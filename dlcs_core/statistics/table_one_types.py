"""What goes into a baseline table and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import Notice
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.comparison import Comparison

CodeArray = NDArray[np.intp]

NO_CODE = -1
"""Code of a missing level or group."""


@dataclass(frozen=True, eq=False)
class ContinuousColumn:
    """A continuous variable.

    Attributes
    ----------
    name : str
        Its name.
    numbers : array of float64, shape (n_patients,)
        In the variable's unit; NaN where missing.
    """

    name: str
    numbers: FloatArray


@dataclass(frozen=True, eq=False)
class CategoricalColumn:
    """A variable with levels.

    Attributes
    ----------
    name : str
        Its name; for a grouping, the name of the column that divides the patients.
    levels : tuple of str
        In the order of the table.
    codes : array of int, shape (n_patients,)
        Position of each patient's level; -1 where missing.
    """

    name: str
    levels: tuple[str, ...]
    codes: CodeArray


@dataclass(frozen=True)
class CountSummary:
    """Patients of one group with one level; ``percent`` of those with a value, None if nobody."""

    n: int
    percent: float | None


@dataclass(frozen=True)
class MeanSummary:
    """Mean and standard deviation (divisor n - 1); None where too few have a value."""

    mean: float | None
    sd: float | None


@dataclass(frozen=True)
class MedianSummary:
    """Median and quartiles (R's type 7); None where nobody has a value."""

    median: float | None
    q1: float | None
    q3: float | None


Summary = CountSummary | MeanSummary | MedianSummary


@dataclass(frozen=True)
class TableOneRow:
    """One line: a continuous variable, or one level of a categorical one.

    Attributes
    ----------
    variable : str
        Name of the variable.
    level : str or None
        The level; None for a continuous variable.
    by_group : mapping of str to summary
        Every group in sorted order.
    comparison : Comparison or None
        Test of the whole variable between the groups, the same on each of its rows; None where
        there is none, for the reason that a warning gives.
    smd : float or None
        Standardised difference of the whole variable: signed, first group minus second, for a
        continuous variable and two groups; not negative otherwise (mean over all pairs of more
        than two groups).
    missing : int
        Patients of all groups without a value.
    missing_by_group : mapping of str to int
        The same per group.
    """

    variable: str
    level: str | None
    by_group: Mapping[str, Summary]
    comparison: Comparison | None
    smd: float | None
    missing: int
    missing_by_group: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TableOne:
    """A baseline table.

    Attributes
    ----------
    by : str
        Name of the column that divides the patients.
    groups : mapping of str to int
        Patients per group, in sorted order.
    rows : tuple of TableOneRow
        In the order of the variables and of their levels.
    warnings : tuple of Notice
        Why a test or a difference is missing.
    """

    by: str
    groups: Mapping[str, int]
    rows: tuple[TableOneRow, ...]
    warnings: tuple[Notice, ...]
