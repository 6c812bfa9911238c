"""Who the patients of a cohort are: every clinical variable by response."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcs_core.clinical.variables import VARIABLES, Variable

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("good", "poor")


@dataclass(frozen=True)
class ContinuousSummary:
    """Centre and spread of one variable in one group, missing values left out.

    Attributes
    ----------
    mean, sd : float
        In the variable's unit; NaN where nobody has a value, sd also with a single one.
    missing : int
        Patients without a value.
    """

    mean: float
    sd: float
    missing: int


@dataclass(frozen=True)
class CategoricalSummary:
    """Patients per level of one variable in one group.

    Attributes
    ----------
    counts : mapping of str to int
        All levels in display order.
    missing : int
        Patients without a value.
    """

    counts: Mapping[str, int]
    missing: int

    def share(self, level: str) -> float:
        """Return the share of a level among those with a value; 0 where there are none."""
        total = sum(self.counts.values())
        return self.counts[level] / total if total else 0.0


Summary = ContinuousSummary | CategoricalSummary


@dataclass(frozen=True)
class VariableProfile:
    """One variable in good and poor responders.

    Attributes
    ----------
    variable : Variable
        From the one list.
    groups : mapping of str to summary
        ``"good"`` and ``"poor"``.
    """

    variable: Variable
    groups: Mapping[str, Summary]


def cohort_profile(table: "pd.DataFrame") -> tuple[VariableProfile, ...]:
    """Summarise every clinical variable that the table has, by response.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; those without outcome are left out.
    """
    parts = response_groups(table)
    return tuple(
        VariableProfile(variable, {k: _summary(variable, part) for k, part in parts.items()})
        for variable in VARIABLES
        if variable.name in table.columns
    )


def response_groups(table: "pd.DataFrame") -> "dict[str, pd.DataFrame]":
    """Return the good and the poor responders."""
    good = table["good_response"].fillna(False).astype(bool)
    poor = ~table["good_response"].fillna(True).astype(bool)
    return {"good": table[good], "poor": table[poor]}


def _summary(variable: Variable, part: "pd.DataFrame") -> Summary:
    column = part[variable.name]
    missing = int(column.isna().sum())
    if variable.kind == "continuous":
        return ContinuousSummary(float(column.mean()), float(column.std()), missing)
    counts = column.value_counts()
    return CategoricalSummary({k: int(counts.get(k, 0)) for k in variable.levels}, missing)
