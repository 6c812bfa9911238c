"""Which cells of a table are empty, and which of them are empty together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import BoolArray


@dataclass(frozen=True)
class MissingPattern:
    """Patients who lack exactly the same variables.

    Attributes
    ----------
    variables : tuple of str
        The variables that they lack; empty for the complete cases.
    n : int
        Number of patients.
    """

    variables: tuple[str, ...]
    n: int


@dataclass(frozen=True)
class Missingness:
    """Missing cells of a cohort.

    Attributes
    ----------
    n : int
        Patients.
    complete : int
        Patients who lack none of the variables.
    missing : mapping of str to int
        Patients without a value, per variable in the given order.
    patterns : tuple of MissingPattern
        The commonest first; every patient is in exactly one.
    """

    n: int
    complete: int
    missing: Mapping[str, int]
    patterns: tuple[MissingPattern, ...]

    def percent(self, variable: str) -> float:
        """Return the percentage of patients without a value."""
        return 100.0 * self.missing[variable] / self.n


def missingness(is_missing: Mapping[str, ArrayLike]) -> Missingness:
    """Count missing cells by variable and by pattern.

    Parameters
    ----------
    is_missing : mapping of str to array of bool, shape (n_patients,)
        Per variable, True where the patient has no value. ``unknown`` is a value.

    Returns
    -------
    Missingness
        Counts per variable, complete cases, and patterns.

    Raises
    ------
    CohortError
        If there is no variable or no patient, or sizes differ.

    Examples
    --------
    >>> found = missingness({"cea": [True, False, True], "afp": [False, False, True]})
    >>> found.complete, found.missing, found.patterns[0]
    (1, {'cea': 2, 'afp': 1}, MissingPattern(variables=(), n=1))
    """
    columns = {name: np.asarray(cells, dtype=np.bool_) for name, cells in is_missing.items()}
    sizes = {column.size for column in columns.values()}
    if len(sizes) > 1:
        raise CohortError("statistic_sizes_differ", first=min(sizes), second=max(sizes))
    if not sizes or sizes == {0}:
        raise CohortError("statistic_without_rows", column=next(iter(columns), "table"))
    patterns = _patterns(tuple(columns), np.column_stack(list(columns.values())))
    return Missingness(
        n=sizes.pop(),
        complete=sum(pattern.n for pattern in patterns if not pattern.variables),
        missing={name: int(column.sum()) for name, column in columns.items()},
        patterns=patterns,
    )


def _patterns(names: tuple[str, ...], cells: BoolArray) -> tuple[MissingPattern, ...]:
    """Group patients by what they lack; equally common patterns with fewer gaps first."""
    packed = np.ascontiguousarray(np.packbits(cells, axis=1))
    keys: NDArray[np.void] = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    found = [
        MissingPattern(tuple(np.array(names)[cells[row]].tolist()), int(n))
        for row, n in zip(first, count, strict=True)
    ]
    return tuple(sorted(found, key=lambda p: (-p.n, len(p.variables), p.variables)))
