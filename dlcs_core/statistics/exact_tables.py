"""All tables of counts with given margins, and how probable each of them is."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray

IntArray = NDArray[np.int64]

MAX_TABLES = 2_000_000
"""Tables that are listed at most: about 200 MB and two seconds."""

RELATIVE_TOLERANCE = 1e-7
"""Tables this much likelier than the observed one count as equally likely, as in R."""


def exact_p(table: IntArray) -> float:
    """Return the probability of the tables no likelier than this one, given its margins.

    Parameters
    ----------
    table : array of int64, shape (n_rows, n_columns)
        Counts without empty rows and columns.

    Returns
    -------
    float
        In (0, 1].

    Raises
    ------
    CohortError
        If more than ``MAX_TABLES`` tables share the margins.
    """
    from scipy.special import gammaln

    narrow = table if table.shape[1] <= table.shape[0] else table.T
    # The last row follows from the others: the largest one is best left to follow.
    rows = narrow[np.argsort(narrow.sum(axis=1), kind="stable")]
    log_weight = _log_weights(rows.sum(axis=1), rows.sum(axis=0))
    observed = -float(gammaln(rows + 1.0).sum())
    top = float(log_weight.max())
    weight = np.exp(log_weight - top)
    unlikely = log_weight <= observed + np.log1p(RELATIVE_TOLERANCE)
    return min(1.0, float(weight[unlikely].sum() / weight.sum()))


def _log_weights(row_totals: IntArray, column_totals: IntArray) -> FloatArray:
    """Return minus the log factorials of every table with these margins."""
    left = column_totals[None, :]
    log_weight = np.zeros(1)
    for total in row_totals[:-1]:
        left, log_weight = _fill_row(int(total), left, log_weight)
    return np.asarray(log_weight - _log_factorials(left).sum(axis=1))


def _fill_row(total: int, left: IntArray, log_weight: FloatArray) -> tuple[IntArray, FloatArray]:
    """Extend every partial table by one row of a given total, in all possible ways."""
    open_row = np.full(len(left), total, dtype=np.int64)
    for column in range(left.shape[1]):
        room = left[:, column + 1 :].sum(axis=1)
        low = np.maximum(0, open_row - room)
        ways = np.minimum(open_row, left[:, column]) - low + 1
        if int(ways.sum()) > MAX_TABLES:
            raise CohortError("contingency_too_many_tables", limit=MAX_TABLES)
        parent = np.repeat(np.arange(len(left)), ways)
        cell = low[parent] + np.arange(parent.size) - np.repeat(np.cumsum(ways) - ways, ways)
        left, open_row = left[parent].copy(), open_row[parent] - cell
        left[:, column] -= cell
        log_weight = log_weight[parent] - _log_factorials(cell)
    return left, log_weight


def _log_factorials(counts: IntArray) -> FloatArray:
    from scipy.special import gammaln

    return np.asarray(gammaln(counts + 1.0))
