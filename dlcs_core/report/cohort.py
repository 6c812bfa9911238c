"""Which patients a page is about."""

from typing import TYPE_CHECKING

from dlcs_core.clinical.cohort import Cohort
from dlcs_core.errors import CohortError

if TYPE_CHECKING:
    import pandas as pd

COHORTS = ("external_validation", "internal_validation", "training")
"""Validation first: what the training patients give is optimistic."""


def rows_of(cohort: Cohort, name: str | None) -> "pd.DataFrame":
    """Return the patients of one cohort, or all of them.

    Parameters
    ----------
    cohort : Cohort
        The table.
    name : str or None
        Value of the ``cohort`` column; None for everybody.

    Raises
    ------
    CohortError
        If nobody belongs to it.
    """
    table = cohort.table
    chosen = table if name is None else table[table["cohort"] == name]
    if chosen.empty:
        raise CohortError("report_cohort_empty", cohort=name)
    return chosen
