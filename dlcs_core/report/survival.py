"""How the survival model does in a cohort: every statistic of the survival explorer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.cohort import Cohort
from dlcs_core.errors import CohortError
from dlcs_core.statistics.group_tests import LogRankTest, log_rank_test
from dlcs_core.statistics.kaplan_meier import (
    KaplanMeierCurve,
    MedianSurvival,
    SurvivalAt,
    kaplan_meier,
    median_survival,
    survival_at,
)
from dlcs_core.statistics.survival_metrics import Concordance, harrell_c

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("os_months", "os_event", "os_linear_predictor")
HORIZONS_MONTHS = (12.0, 24.0, 35.0)


@dataclass(frozen=True, eq=False)
class GroupSurvival:
    """One risk group.

    Attributes
    ----------
    curve : KaplanMeierCurve
        With log-log limits.
    median : MedianSurvival
        In months.
    at_horizons : SurvivalAt
        At 12, 24 and 35 months.
    """

    curve: KaplanMeierCurve
    median: MedianSurvival
    at_horizons: SurvivalAt


@dataclass(frozen=True, eq=False)
class SurvivalReport:
    """Overall survival in one cohort.

    Attributes
    ----------
    n, events : int
        Patients with follow-up and deaths among them.
    groups : mapping of str to GroupSurvival
        ``"low"`` and ``"high"``; a group without patients is left out.
    log_rank : LogRankTest or None
        None with a single group.
    concordance : Concordance
        Harrell's C of the risk score.
    cutoff : float
        Risk score above which the risk counts as high.
    """

    n: int
    events: int
    groups: Mapping[str, GroupSurvival]
    log_rank: LogRankTest | None
    concordance: Concordance
    cutoff: float


def training_cutoff(cohort: Cohort) -> float:
    """Return the median risk score of the training patients, the cut of the survival model.

    Raises
    ------
    CohortError
        If the table has no training patient with a risk score.
    """
    table = cohort.table
    scores = table.loc[table["cohort"] == "training", "os_linear_predictor"].dropna()
    if scores.empty:
        raise CohortError("report_no_training_risk")
    return float(scores.median())


def survival_report(table: "pd.DataFrame", cutoff: float) -> SurvivalReport:
    """Evaluate the survival model.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; incomplete ones are left out.
    cutoff : float
        Of the training cohort.

    Raises
    ------
    CohortError
        If nobody has follow-up and a risk score, or no pair of patients can be compared.
    """
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise CohortError("report_columns_missing", columns=", ".join(missing))
    known = table[list(NEEDED)].dropna().astype(np.float64)
    if known.empty:
        raise CohortError("report_no_follow_up")
    time, event, risk = (known[name].to_numpy() for name in NEEDED)
    high = risk > cutoff
    members = {"low": ~high, "high": high}
    groups = {k: _group(time[rows], event[rows]) for k, rows in members.items() if rows.any()}
    return SurvivalReport(
        n=len(known),
        events=int(event.sum()),
        groups=groups,
        log_rank=log_rank_test(time, event, np.where(high, "high", "low"))
        if len(groups) > 1
        else None,
        concordance=harrell_c(time, event, risk),
        cutoff=cutoff,
    )


def _group(
    time: Sequence[float] | np.ndarray, event: Sequence[float] | np.ndarray
) -> GroupSurvival:
    curve = kaplan_meier(time, event)
    return GroupSurvival(curve, median_survival(curve), survival_at(curve, HORIZONS_MONTHS))
