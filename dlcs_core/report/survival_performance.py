"""How a risk and its predicted survival do over time, at a grid of months and at horizons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.errors import Notice
from dlcs_core.report.survival_accuracy import Accuracy, accuracy
from dlcs_core.report.survival_columns import event_column, number_column, time_column
from dlcs_core.report.survival_model import FollowUp
from dlcs_core.report.survival_predictions import Predictions
from dlcs_core.statistics.time_dependent_auc import TimeDependentAuc, time_dependent_auc

if TYPE_CHECKING:
    import pandas as pd

FEWEST_ON_EITHER_SIDE = 10
"""Deaths by a month, and patients known to live beyond it, for an AUC that is drawn."""

MANY_ROWS = 100_000
MONTHS_OF_MANY = 24
"""Months of the AUC's curve above so many rows."""


@dataclass(frozen=True, eq=False)
class Performance:
    """A risk over time.

    Attributes
    ----------
    auc : TimeDependentAuc or None
        At the months of a grid with enough patients on either side; None without a risk or
        where there is no such month.
    accuracy : Accuracy or None
        Of predicted survival; None without predictions or deaths.
    warnings : tuple of Notice
        What was left out.
    """

    auc: TimeDependentAuc | None
    accuracy: Accuracy | None
    warnings: tuple[Notice, ...]


def auc_over_time(
    table: "pd.DataFrame", risk: str, grid: Sequence[float]
) -> TimeDependentAuc | None:
    """Return the AUC at every month of a grid that has enough patients on either side.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort` with ``os_months`` and ``os_event``.
    risk : str
        Column, higher for an earlier expected death.
    grid : sequence of float
        Increasing months.

    Returns
    -------
    TimeDependentAuc or None
        None where no month has :data:`FEWEST_ON_EITHER_SIDE` patients on either side.
    """
    followed = FollowUp(time_column(table, "os_months"), event_column(table, "os_event"))
    values = number_column(table, risk)
    known = followed.is_known & ~np.isnan(values)
    time, event = followed.part(known)
    if not event.any():
        return None
    if time.size > MANY_ROWS:
        grid = grid[:: -(-len(grid) // MONTHS_OF_MANY)]
    found = time_dependent_auc(time, event, values[known], grid)
    enough = np.minimum(found.n_cases, found.n_controls) >= FEWEST_ON_EITHER_SIDE
    if not enough.any():
        return None
    names = ("horizon_months", "auc", "se", "n_cases", "n_controls")
    return replace(found, **{name: getattr(found, name)[enough] for name in names})


def performance(
    table: "pd.DataFrame",
    risk: str | None,
    predictions: Predictions,
    grid: Sequence[float],
    horizons_months: Sequence[float],
) -> Performance:
    """Hold a risk and predicted survival against the follow-up.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort` with ``os_months`` and ``os_event``.
    risk : str or None
        Column of the risk.
    predictions : mapping of float to array of float64, shape (n_rows,)
        Predicted survival probability by month; NaN where missing.
    grid : sequence of float
        Months of the AUC's curve.
    horizons_months : sequence of float
        Of integrals, calibration and decision curve.
    """
    notices: list[Notice] = []
    followed = FollowUp(time_column(table, "os_months"), event_column(table, "os_event"))
    auc = None if risk is None else auc_over_time(table, risk, grid)
    found = accuracy(followed, predictions, horizons_months, notices)
    return Performance(auc, found, tuple(notices))
