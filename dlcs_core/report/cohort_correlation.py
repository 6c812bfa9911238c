"""Rank correlations of scores and variables in a cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import CohortError
from dlcs_core.report.response_columns import FloatArray, score_column
from dlcs_core.report.table_columns import categorical_column, is_continuous
from dlcs_core.statistics.correlation import spearman_matrix

if TYPE_CHECKING:
    import pandas as pd

FEWEST_PAIRS = 3
"""Patients with both values below which no correlation is shown."""

UNKNOWN = "unknown"
"""A level that has no place in an order: such patients count as missing."""


@dataclass(frozen=True, eq=False)
class Correlations:
    """Spearman's correlations of all pairs of columns.

    Attributes
    ----------
    names : tuple of str
        Columns, scores first.
    rho : array of float64, shape (n_columns, n_columns)
        In [-1, 1]; NaN where fewer than three patients have both or one column is constant in
        them.
    n : array of int, shape (n_columns, n_columns)
        Patients who have both values.
    p : array of float64, shape (n_columns, n_columns)
        Two-sided, by the t distribution; NaN where ``rho`` is.
    """

    names: tuple[str, ...]
    rho: FloatArray
    n: NDArray[np.intp]
    p: FloatArray


def related_columns(table: "pd.DataFrame", scores: Sequence[str]) -> tuple[str, ...]:
    """Return the columns whose correlation makes sense: scores, then the variables there are.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    scores : sequence of str
        Score columns.
    """
    variables = [name for name in VARIABLE_BY_NAME if name in table.columns]
    named = [*dict.fromkeys([*scores, *variables])]
    return tuple(name for name in named if table[name].notna().any())


def correlations(table: "pd.DataFrame", names: Sequence[str]) -> Correlations:
    """Correlate columns pair by pair, on the patients who have both values.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    names : sequence of str
        Columns; levels count in the order of the variable list.

    Raises
    ------
    CohortError
        If there are fewer than two columns.

    Notes
    -----
    Columns that the same patients lack are ranked together, so that complete tables take one
    pass however many columns they have.
    """
    if len(names) < 2:
        raise CohortError("correlation_without_columns", count=len(names))
    numbers = np.column_stack([_ranked_values(table, name) for name in names])
    known = ~np.isnan(numbers)
    size = len(names)
    rho, n = np.full((size, size), np.nan), np.zeros((size, size), dtype=np.intp)
    masks, mask_of = np.unique(known, axis=1, return_inverse=True)
    mask_of = mask_of.ravel()
    for first in range(masks.shape[1]):
        for second in range(first, masks.shape[1]):
            _fill(rho, n, numbers, masks[:, first] & masks[:, second],
                  np.flatnonzero(mask_of == first), np.flatnonzero(mask_of == second))  # fmt: skip
    return Correlations(tuple(names), rho, n, _p_values(rho, n))


def _fill(
    rho: FloatArray,
    n: NDArray[np.intp],
    numbers: FloatArray,
    rows: NDArray[np.bool_],
    left: NDArray[np.intp],
    right: NDArray[np.intp],
) -> None:
    """Write the correlations between two sets of columns, on the patients who have all of them."""
    count = int(rows.sum())
    for a, b in ((left, right), (right, left)):
        n[np.ix_(a, b)] = count
    if count < FEWEST_PAIRS:
        return
    columns = np.union1d(left, right)
    part = numbers[np.ix_(rows, columns)]
    found = spearman_matrix(part)
    constant = np.ptp(part, axis=0) == 0.0
    found[constant, :] = found[:, constant] = np.nan
    place = np.searchsorted(columns, left), np.searchsorted(columns, right)
    rho[np.ix_(left, right)] = found[np.ix_(*place)]
    rho[np.ix_(right, left)] = found[np.ix_(*place)].T


def _ranked_values(table: "pd.DataFrame", name: str) -> FloatArray:
    """Return a column as numbers in whose order its cells stand, missing as NaN."""
    if is_continuous(table[name], name):
        return score_column(table, name)
    column = categorical_column(table[name], name)
    order = [np.nan if level == UNKNOWN else code for code, level in enumerate(column.levels)]
    return np.array([*order, np.nan])[column.codes]


def _p_values(rho: FloatArray, n: NDArray[np.intp]) -> FloatArray:
    """Return the two-sided P values by the t distribution with n - 2 degrees of freedom."""
    from scipy.special import stdtr

    df = np.maximum(n - 2, 1)
    t = np.abs(rho) * np.sqrt(df / np.maximum(1.0 - rho**2, 1e-300))
    return np.asarray(2.0 * stdtr(df, -t))
