"""How a survival model does in a cohort: every statistic of the survival explorer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.cohort import Cohort
from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, Notice
from dlcs_core.report.survival_accuracy import Accuracy, accuracy
from dlcs_core.report.survival_columns import event_column, group_column, number_column, time_column
from dlcs_core.report.survival_model import FollowUp, Ranking, attempted, ranking
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.group_tests import LogRankTest, log_rank_test
from dlcs_core.statistics.kaplan_meier import (
    CiType,
    KaplanMeierCurve,
    MedianSurvival,
    SurvivalAt,
    kaplan_meier,
    median_followup,
    median_survival,
    survival_at,
)
from dlcs_core.statistics.survival_metrics import Concordance
from dlcs_core.statistics.table_one_types import CategoricalColumn

if TYPE_CHECKING:
    import pandas as pd

HORIZONS_MONTHS = (12.0, 24.0, 35.0)

EVERYBODY = "all"
"""Name of the only group where none was asked for."""

FEWEST_EVENTS = 10
"""With fewer deaths no estimate says anything."""

ENOUGH_EVENTS = 100
"""For a sound external validation (Collins, Ogundimu, Altman 2016)."""


@dataclass(frozen=True)
class SurvivalRequest:
    """What shall be evaluated, and how.

    Attributes
    ----------
    time, event : str
        Columns of the follow-up in months and of deaths (1) and censorings (0).
    risk : str
        Column of the risk, higher for an earlier expected death.
    survival : mapping of float to str
        Columns of predicted survival probability by their month.
    horizons_months : tuple of float
        Increasing.
    group : str or None
        Column that divides the patients.
    cutoff : float or None
        Risk above which a patient belongs to the group "high", else to "low"; in place of a
        column.
    ci_type : {"log-log", "log", "plain"}
        Scale of the Kaplan-Meier limits.
    """

    time: str = "os_months"
    event: str = "os_event"
    risk: str = "os_linear_predictor"
    survival: Mapping[float, str] = field(default_factory=dict)
    horizons_months: tuple[float, ...] = HORIZONS_MONTHS
    group: str | None = None
    cutoff: float | None = None
    ci_type: CiType = "log-log"


@dataclass(frozen=True, eq=False)
class GroupSurvival:
    """One group of patients.

    Attributes
    ----------
    curve : KaplanMeierCurve
        With limits on the scale asked for.
    median : MedianSurvival
        In months.
    at_horizons : SurvivalAt
        At the horizons.
    """

    curve: KaplanMeierCurve
    median: MedianSurvival
    at_horizons: SurvivalAt


@dataclass(frozen=True, eq=False)
class SurvivalReport:
    """Overall survival in one cohort.

    Attributes
    ----------
    request : SurvivalRequest
        What was asked.
    n, events : int
        Patients with follow-up and deaths among them.
    median_followup_months : float or None
        By the reverse Kaplan-Meier method.
    groups : mapping of str to GroupSurvival
        A group without patients is left out.
    log_rank : LogRankTest or None
        None without groups.
    ranking : Ranking or None
        How well the risk orders the deaths; None without a risk or without a death.
    accuracy : Accuracy or None
        How near the predicted survival comes; None without predictions.
    warnings : tuple of Notice
        E.g. how many rows were left out.
    """

    request: SurvivalRequest
    n: int
    events: int
    median_followup_months: float | None
    groups: Mapping[str, GroupSurvival]
    log_rank: LogRankTest | None
    ranking: Ranking | None
    accuracy: Accuracy | None
    warnings: tuple[Notice, ...]

    @property
    def concordance(self) -> Concordance | None:
        """Harrell's C of the risk."""
        return self.ranking.concordance if self.ranking else None


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


def survival_report(table: "pd.DataFrame", request: SurvivalRequest) -> SurvivalReport:
    """Evaluate a survival model.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    request : SurvivalRequest
        Columns, horizons and groups.

    Returns
    -------
    SurvivalReport
        Each statistic on the rows that are complete for it; what is impossible is None with a
        warning.

    Raises
    ------
    ClinicalError
        If a column is missing or a cell that is used breaks a rule. A table without the default
        risk column is evaluated without it.
    CohortError
        If nobody has follow-up, or the groups are too many or none.
    """
    notices: list[Notice] = []
    followed = _followed(table, request, notices)
    risk = _risk(table, request, notices)
    predictions = {t: number_column(table, name) for t, name in request.survival.items()}
    groups = _groups(table, request, risk)
    _warn_of_size(followed, notices)
    return SurvivalReport(
        request=request,
        n=followed.n,
        events=followed.events,
        median_followup_months=median_followup(*followed.known),
        groups=_curves(followed, groups, request, notices),
        log_rank=_log_rank(followed, groups, notices),
        ranking=None
        if risk is None
        else ranking(followed, risk, request.risk, request.horizons_months, notices),
        accuracy=accuracy(followed, predictions, request.horizons_months, notices),
        warnings=tuple(notices),
    )


def _followed(table: "pd.DataFrame", request: SurvivalRequest, notices: list[Notice]) -> FollowUp:
    """Return time and event; rows without one of them stay, as NaN."""
    time, event = time_column(table, request.time), event_column(table, request.event)
    followed = FollowUp(time, event)
    if not followed.n:
        columns = f"{displayable(request.time)}, {displayable(request.event)}"
        raise CohortError("survival_no_follow_up", columns=columns)
    if left_out := time.size - followed.n:
        notices.append(Notice("survival_rows_without_follow_up", {"count": left_out}))
    if at_once := int((time == 0.0).sum()):
        notices.append(Notice("survival_time_zero", {"count": at_once}))
    return followed


def _risk(
    table: "pd.DataFrame", request: SurvivalRequest, notices: list[Notice]
) -> FloatArray | None:
    """Return the risk; None where the table does not have the default column."""
    if request.risk == SurvivalRequest.risk and request.risk not in table.columns:
        notices.append(Notice("survival_risk_missing", {"column": request.risk}))
        return None
    return number_column(table, request.risk)


def _groups(
    table: "pd.DataFrame", request: SurvivalRequest, risk: FloatArray | None
) -> CategoricalColumn | None:
    """Return the division of the patients that was asked for."""
    if request.group is not None:
        return group_column(table, request.group)
    if request.cutoff is None or risk is None:
        return None
    codes = np.where(np.isnan(risk), -1, (risk > request.cutoff).astype(np.intp))
    return CategoricalColumn(request.risk, ("low", "high"), codes.astype(np.intp))


def _warn_of_size(followed: FollowUp, notices: list[Notice]) -> None:
    values = {"events": followed.events, "n": followed.n}
    if not followed.events:
        notices.append(Notice("survival_no_event", values))
    elif followed.events < FEWEST_EVENTS:
        notices.append(Notice("survival_fewest_events", values | {"limit": FEWEST_EVENTS}))
    elif followed.events < ENOUGH_EVENTS:
        notices.append(Notice("survival_few_events", values | {"limit": ENOUGH_EVENTS}))


def _curves(
    followed: FollowUp,
    groups: CategoricalColumn | None,
    request: SurvivalRequest,
    notices: list[Notice],
) -> dict[str, GroupSurvival]:
    """Return the curve of every group that has a patient with follow-up."""
    if groups is None:
        return {EVERYBODY: _group(*followed.known, request)}
    known = followed.is_known & (groups.codes >= 0)
    if left_out := followed.n - int(known.sum()):
        values = {"column": displayable(groups.name), "count": left_out}
        notices.append(Notice("survival_rows_without_group", values))
    members = {level: known & (groups.codes == code) for code, level in enumerate(groups.levels)}
    return {
        level: _group(*followed.part(rows), request)
        for level, rows in members.items()
        if rows.any()
    }


def _group(time: FloatArray, event: FloatArray, request: SurvivalRequest) -> GroupSurvival:
    curve = kaplan_meier(time, event, ci_type=request.ci_type)
    return GroupSurvival(curve, median_survival(curve), survival_at(curve, request.horizons_months))


def _log_rank(
    followed: FollowUp, groups: CategoricalColumn | None, notices: list[Notice]
) -> LogRankTest | None:
    """Return the test between the groups."""
    if groups is None:
        return None
    known = followed.is_known & (groups.codes >= 0)
    if np.unique(groups.codes[known]).size < 2:
        notices.append(Notice("survival_single_group", {"column": displayable(groups.name)}))
        return None
    names = np.asarray(groups.levels)[groups.codes[known]]
    return attempted(lambda: log_rank_test(*followed.part(known), names), notices)
