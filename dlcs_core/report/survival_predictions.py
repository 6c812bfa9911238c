"""Predicted survival of every patient: columns of the table, the served model, or a Cox fit."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlcs_core.errors import CohortError
from dlcs_core.report.cohort_grouping import predictions_of
from dlcs_core.report.survival_columns import event_column, number_column, time_column
from dlcs_core.report.survival_model import FollowUp
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.cox_regression import fit_cox

if TYPE_CHECKING:
    import pandas as pd

    from dlcs_core.models.survival import SurvivalModel

Source = Literal["columns", "served", "refitted"]

MAX_CELLS = 12_000_000
"""Predictions held at once: patients times months."""

Predictions = Mapping[float, FloatArray]


def column_predictions(table: "pd.DataFrame", months: Sequence[float]) -> Predictions:
    """Return the table's own predictions at the months that it has.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`, with columns as ``survival_12``.
    months : sequence of float
        Those that are wanted; others are left out.
    """
    columns = predictions_of(table)
    return {month: number_column(table, columns[month]) for month in months if month in columns}


def served_predictions(
    model: "SurvivalModel", risk: FloatArray, months: Sequence[float]
) -> Predictions:
    """Return what a trained model predicts from its own linear predictor.

    Parameters
    ----------
    model : SurvivalModel
        Of the bundle that computed the linear predictor.
    risk : array of float64, shape (n_patients,)
        ``os_linear_predictor``; NaN where missing.
    months : sequence of float
        Those beyond the training follow-up are left out.
    """
    survival = model.survival_probabilities(risk, months)
    beyond = np.isnan(survival[~np.isnan(risk)]).any(axis=0)
    kept = np.flatnonzero(~beyond).tolist()
    return {months[i]: survival[:, i] for i in kept}


def refitted_predictions(
    fitted_on: "pd.DataFrame", risk: FloatArray, name: str, months: Sequence[float]
) -> Predictions:
    """Return what a Cox regression on the risk alone predicts.

    Parameters
    ----------
    fitted_on : pandas.DataFrame
        Patients with ``os_months``, ``os_event`` and the risk; others among them are left out.
    risk : array of float64, shape (n_patients,)
        Of those to predict for; NaN where missing.
    name : str
        Column of the risk.
    months : sequence of float
        Those beyond the follow-up of the regression are left out.

    Raises
    ------
    CohortError
        If nobody of them died.
    ModelError
        If the risk is constant or orders the deaths perfectly.
    """
    followed = FollowUp(time_column(fitted_on, "os_months"), event_column(fitted_on, "os_event"))
    values = number_column(fitted_on, name)
    known = followed.is_known & ~np.isnan(values)
    if not known.any():
        raise CohortError("survival_no_follow_up", columns=f"os_months, os_event, {name}")
    fit = fit_cox(values[known][:, None], *followed.part(known), (name,))
    within = [month for month in months if month <= fit.baseline.last_time_months]
    steps = np.searchsorted(fit.baseline.time_months, within, side="right")
    hazard = np.r_[0.0, fit.baseline.cumulative_hazard][steps]
    ratio = np.exp(fit.linear_predictor(risk[:, None]))
    return {month: np.exp(-ratio * h) for month, h in zip(within, hazard, strict=True)}


def training_part(table: "pd.DataFrame", shown: "pd.DataFrame") -> tuple["pd.DataFrame", bool]:
    """Return the patients that a regression is fitted on, and whether they are the training ones.

    Parameters
    ----------
    table, shown : pandas.DataFrame
        Everybody, and the patients that are evaluated.

    Returns
    -------
    tuple of (pandas.DataFrame, bool)
        The training patients where there are deaths among them, else those shown and False.
    """
    if "cohort" in table.columns:
        training = table[(table["cohort"] == "training").to_numpy(bool)]
        if training["os_event"].fillna(0).astype(bool).any():
            return training, True
    return shown, False


def prediction_months(n: int, grid: Sequence[float], horizons: Sequence[float]) -> list[float]:
    """Return the months to predict: the horizons, and as many of a grid as memory bears.

    Examples
    --------
    >>> prediction_months(4_000_000, [1.0, 2.0, 3.0, 4.0], [2.5])
    [2.0, 2.5, 4.0]
    """
    room = max(MAX_CELLS // max(n, 1) - len(horizons), 1)
    step = -(-len(grid) // room)
    return sorted({*horizons, *grid[step - 1 :: step]})
