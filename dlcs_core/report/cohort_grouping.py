"""Groups of patients for survival curves: by risk group, by quantile or by a variable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.errors import CohortError
from dlcs_core.report.response_columns import score_column

if TYPE_CHECKING:
    import pandas as pd

GROUP_COLUMN = "risk_group"
"""Name of the column that a division adds."""

LOW, HIGH = "low", "high"

MAX_MONTHS = 120
"""End of the monthly grid of AUC(t) and Brier(t)."""

_SURVIVAL = re.compile(
    r"(?:os_?)?(?:predicted_?)?(?:survival|surv|s)_?(?:at_?)?(\d+(?:\.\d+)?)_?(?:m|mo|months?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Division:
    """How the patients are divided.

    Attributes
    ----------
    kind : {"risk", "quantile", "variable", "none"}
        By risk group, by equal parts of a measurement, by the levels of a column, not at all.
    column : str
        Column that is divided, or whose levels divide.
    cutoff : float or None
        Between the risk groups.
    from_training : bool
        True where the cutoff is the median of training patients.
    """

    kind: str
    column: str
    cutoff: float | None = None
    from_training: bool = True
    parts: int = 2

    @property
    def group_column(self) -> str | None:
        """The column of the divided table that names the groups."""
        if self.kind == "none":
            return None
        return self.column if self.kind == "variable" else GROUP_COLUMN


def divided(table: "pd.DataFrame", division: Division) -> "pd.DataFrame":
    """Return the table with the column that a division needs.

    Raises
    ------
    CohortError
        If the column holds fewer than two different numbers.
    """
    if division.kind == "risk" and division.cutoff is not None:
        return by_cutoff(table, division.column, division.cutoff)
    if division.kind == "quantile":
        return by_quantile(table, division.column, division.parts)
    return table


def by_cutoff(table: "pd.DataFrame", risk: str, cutoff: float) -> "pd.DataFrame":
    """Divide the patients at a cutoff of the risk.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; not changed.
    risk : str
        Column, higher for an earlier expected death.
    cutoff : float
        Above it a patient is ``"high"``, else ``"low"``.

    Returns
    -------
    pandas.DataFrame
        With the column ``risk_group``; missing where the risk is.
    """
    values = score_column(table, risk)
    names = np.where(values > cutoff, HIGH, LOW).astype(object)
    names[np.isnan(values)] = None
    return table.assign(**{GROUP_COLUMN: names})


def by_quantile(table: "pd.DataFrame", column: str, n_groups: int) -> "pd.DataFrame":
    """Divide the patients into equal parts of a measurement.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; not changed.
    column : str
        A column of numbers.
    n_groups : int
        Number of parts, at least 2.

    Returns
    -------
    pandas.DataFrame
        With the column ``risk_group``: ``"Q1"`` for the lowest part. Boundaries are quantiles
        (type 7) and belong to the lower part; tied boundaries give fewer parts.

    Raises
    ------
    CohortError
        If the column holds fewer than two different numbers.
    """
    values = score_column(table, column)
    known = values[~np.isnan(values)]
    if np.unique(known).size < 2:
        raise CohortError("grouping_constant", column=column)
    cuts = np.unique(np.quantile(known, np.arange(1, n_groups) / n_groups))
    part = np.searchsorted(cuts, values, side="left") + 1
    # A lowest boundary that equals the smallest number leaves the parts numbered from 1 all the
    # same: they are counted as they occur.
    occurring, position = np.unique(part[~np.isnan(values)], return_inverse=True)
    names = np.full(values.size, None, dtype=object)
    names[~np.isnan(values)] = [f"Q{index + 1}" for index in position]
    if occurring.size < 2:
        raise CohortError("grouping_constant", column=column)
    return table.assign(**{GROUP_COLUMN: names})


def median_risk(table: "pd.DataFrame", risk: str) -> tuple[float, bool]:
    """Return the cutoff between low and high risk.

    Parameters
    ----------
    table : pandas.DataFrame
        Of the whole cohort.
    risk : str
        Column.

    Returns
    -------
    tuple of (float, bool)
        The median of the training patients and True; of all patients and False where the table
        has no training patients with a risk.

    Raises
    ------
    CohortError
        If nobody has a risk.
    """
    values = score_column(table, risk)
    training = np.zeros(len(table), dtype=np.bool_)
    if "cohort" in table.columns:
        training = (table["cohort"] == "training").to_numpy(bool)
    for rows, is_training in ((training, True), (np.ones_like(training), False)):
        known = values[rows & ~np.isnan(values)]
        if known.size:
            return float(np.median(known)), is_training
    raise CohortError("grouping_constant", column=risk)


def monthly_grid(table: "pd.DataFrame") -> tuple[float, ...]:
    """Return the months at which curves over time are drawn, from 1 to the last death."""
    deaths = table.loc[table["os_event"].fillna(False).astype(bool), "os_months"].dropna()
    last = int(min(deaths.max() if len(deaths) else 1, MAX_MONTHS))
    return tuple(float(month) for month in range(1, max(last, 1) + 1))


def predictions_of(table: "pd.DataFrame") -> Mapping[float, str]:
    """Return columns of predicted survival by their month, e.g. ``survival_12``.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.

    Returns
    -------
    mapping of float to str
        Increasing months; columns of which a number is no probability are left out.
    """
    found = {}
    for name in table.columns:
        match = _SURVIVAL.fullmatch(str(name))
        if match and table[name].dtype == "float64" and table[name].dropna().between(0, 1).all():
            found[float(match[1])] = str(name)
    return dict(sorted(found.items()))
