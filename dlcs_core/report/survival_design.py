"""The complete rows of a Cox regression, as its residuals and its nomogram need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.errors import CohortError
from dlcs_core.report.association_design import DesignVariable, Term, design_variables
from dlcs_core.report.association_fit import CoxOutcome
from dlcs_core.report.survival_columns import event_column, time_column
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.design_checks import dependent_columns

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class CoxDesign:
    """Patients with follow-up and every variable.

    Attributes
    ----------
    rows : array of bool, shape (n_rows,)
        Which rows of the table they are.
    variables : tuple of DesignVariable
        Those that take two values on these rows, with the levels that occur.
    terms : tuple of Term
        One per column; columns that others imply are left out.
    matrix : array of float64, shape (n_patients, n_columns)
        The columns.
    time, event : array of float64, shape (n_patients,)
        Follow-up in months, and 1 for a death.
    """

    rows: BoolArray
    variables: tuple[DesignVariable, ...]
    terms: tuple[Term, ...]
    matrix: FloatArray
    time: FloatArray
    event: FloatArray

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(term.column for term in self.terms)


def cox_design(table: "pd.DataFrame", names: Sequence[str]) -> CoxDesign:
    """Lay out the multivariable regression of :mod:`dlcs_core.report.association`.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort` with ``os_months`` and ``os_event``.
    names : sequence of str
        Variables.

    Raises
    ------
    CohortError
        If nobody is complete, nobody died, or no variable takes two values.
    """
    outcome = CoxOutcome(event_column(table, "os_event"), time_column(table, "os_months"))
    outcome.check()
    variables = design_variables(table, names)
    rows = outcome.is_known & np.all([v.is_known for v in variables], axis=0)
    if not rows.any():
        raise CohortError("cox_nobody_complete", count=outcome.n)
    present = tuple(v for v in (v.present(rows) for v in variables) if _tells(v, rows))
    if not present:
        raise CohortError("cox_nothing_varies", count=int(rows.sum()))
    matrix = np.hstack([v.matrix(rows) for v in present])
    terms = [term for v in present for term in v.terms]
    aliased = set(dependent_columns(matrix))
    kept = [i for i in range(len(terms)) if i not in aliased]
    return CoxDesign(
        rows=rows,
        variables=present,
        terms=tuple(terms[i] for i in kept),
        matrix=matrix[:, kept],
        time=outcome.time[rows],
        event=outcome.event[rows],
    )


def _tells(variable: DesignVariable, rows: BoolArray) -> bool:
    """Whether a variable takes two values on the rows."""
    if variable.levels:
        return len(variable.levels) > 1
    return bool(np.ptp(variable.matrix(rows)))
