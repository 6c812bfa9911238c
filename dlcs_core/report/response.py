"""How the response models do in a cohort: every statistic of the response explorer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, Notice
from dlcs_core.report.centers import CentersResult, centers_result
from dlcs_core.report.response_benefit import benefit_differences, validation_summaries
from dlcs_core.report.response_columns import (
    FloatArray,
    Grouping,
    level_grouping,
    outcome_column,
    score_column,
    scores_found,
)
from dlcs_core.report.response_parts import (
    ScoredRows,
    Subgroup,
    comparisons_of,
    subgroups_of,
)
from dlcs_core.report.response_score import Cutoff, ScoreResult, score_result
from dlcs_core.statistics.bootstrap import NetBenefitDifference
from dlcs_core.statistics.checks import BoolArray
from dlcs_core.statistics.decision_curve import DecisionCurve, decision_curve, threshold_range
from dlcs_core.statistics.delong import DelongTest
from dlcs_core.statistics.ranking import rank
from dlcs_core.statistics.validation_summary import ValidationSummary

if TYPE_CHECKING:
    import pandas as pd

SCORES = ("dl_signature", "clinical_signature", "dlcs")
"""The three response models, in the order in which they are shown."""

THRESHOLDS = (0.01, 0.99, 0.01)
"""First, last and step of the decision curve's thresholds."""

FEWEST_EVENTS = 10
"""With fewer of either class no estimate says anything."""

ENOUGH_EVENTS = 100
"""Of each class, for a sound external validation (Collins, Ogundimu, Altman 2016)."""


@dataclass(frozen=True, eq=False)
class ResponseRequest:
    """What shall be evaluated, and how.

    Attributes
    ----------
    outcome : str
        0/1 column, 1 for good response.
    scores : tuple of str
        Score columns in order; empty for those of the contract that the table has.
    threshold : float or None
        Cutoff of every score; None for the bundle's, else Youden's.
    cutoffs : mapping of str to float
        Cutoffs of a bundle by score.
    thresholds : array of float64
        Of the decision curve, each in [0, 1).
    subgroups : tuple of str
        Columns that divide the patients.
    external : bool
        True where the models were fitted on other patients.
    centers : str or None
        Column of the hospitals over which performance is pooled; None for no pooling.
    resamples, seed : int
        Bootstrap samples of the differences in net benefit, 0 for none, and their seed.
    summarized : bool
        Whether each probability has its ``val.prob`` summary too.
    """

    outcome: str = "good_response"
    scores: tuple[str, ...] = ()
    threshold: float | None = None
    cutoffs: Mapping[str, float] = field(default_factory=dict)
    thresholds: FloatArray = field(default_factory=lambda: threshold_range(*THRESHOLDS))
    subgroups: tuple[str, ...] = ()
    external: bool = False
    centers: str | None = None
    resamples: int = 0
    seed: int = 1
    summarized: bool = False


@dataclass(frozen=True, eq=False)
class ResponseReport:
    """Prediction of good response in one cohort.

    Attributes
    ----------
    request : ResponseRequest
        What was asked.
    n, events : int
        Patients with an outcome and good responders among them.
    names : tuple of str
        Scores in the order asked for, usable or not.
    scores : mapping of str to ScoreResult
        Per score column; those with no patient of either class are left out with a warning.
    treat_all : DecisionCurve
        Acting on everybody, among all patients with an outcome.
    comparisons : mapping of (str, str) to DelongTest
        Pairs of scores in order, on the patients complete for both; a pair without two patients
        of each class is left out with a warning.
    subgroups : tuple of Subgroup
        By score, column and level.
    centers : mapping of str to CentersResult
        By score; empty where no pooling was asked for.
    benefits : mapping of (str, str) to NetBenefitDifference
        Pairs of probabilities in order; empty where no resample was asked for.
    summaries : mapping of str to ValidationSummary
        By score; empty where none was asked for.
    warnings : tuple of Notice
        E.g. how many rows were left out.
    """

    request: ResponseRequest
    n: int
    events: int
    names: tuple[str, ...]
    scores: Mapping[str, ScoreResult]
    treat_all: DecisionCurve
    comparisons: Mapping[tuple[str, str], DelongTest]
    subgroups: tuple[Subgroup, ...]
    centers: Mapping[str, CentersResult]
    benefits: Mapping[tuple[str, str], NetBenefitDifference]
    summaries: Mapping[str, ValidationSummary]
    warnings: tuple[Notice, ...]


def response_report(
    table: "pd.DataFrame", request: ResponseRequest | None = None
) -> ResponseReport:
    """Evaluate scores for good response.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    request : ResponseRequest, optional
        By default every score of the contract that the table has, against ``good_response``.

    Returns
    -------
    ResponseReport
        Rows without outcome or score are dropped per score, with a warning that counts them.

    Raises
    ------
    CohortError
        If there is no outcome, only one class, or none of the scores.
    ClinicalError
        If outcome or score hold what they cannot.
    """
    asked = request or ResponseRequest()
    outcome = outcome_column(table, asked.outcome)
    names = asked.scores or scores_found(table)
    if not names:
        raise CohortError("report_scores_missing", scores=", ".join(SCORES))
    known = ~np.isnan(outcome)
    treat_all = _treat_all(outcome[known], asked)
    scored, notices = _usable(table, names, outcome)
    results = {}
    for one in scored:
        results[one.name], about_score = _result(one, asked)
        notices += about_score
    notices += _about_cutoffs(results) + _about_size(outcome[known])
    comparisons, about_pairs = comparisons_of(scored)
    subgroups, about_subgroups = subgroups_of(table, scored, asked.subgroups)
    centers, about_centers = _centers(table, scored, asked.centers)
    return ResponseReport(
        request=asked,
        n=int(known.sum()),
        events=int(outcome[known].sum()),
        names=tuple(names),
        scores=results,
        treat_all=treat_all,
        comparisons=comparisons,
        subgroups=subgroups,
        centers=centers,
        benefits=benefit_differences(scored, asked.thresholds, asked.resamples, asked.seed),
        summaries=validation_summaries(scored) if asked.summarized else {},
        warnings=tuple(notices + about_pairs + about_subgroups + about_centers),
    )


def _treat_all(outcome: FloatArray, asked: ResponseRequest) -> DecisionCurve:
    return decision_curve(outcome, np.ones(outcome.size), asked.thresholds)


def _usable(
    table: "pd.DataFrame", names: Sequence[str], outcome: FloatArray
) -> tuple[list[ScoredRows], list[Notice]]:
    """Return the scores that have both classes, and what was left out."""
    scored: list[ScoredRows] = []
    notices: list[Notice] = []
    for name in names:
        score = score_column(table, name)
        rows = ~np.isnan(outcome) & ~np.isnan(score)
        notices += _about_rows(name, outcome, score, rows)
        y, s = outcome[rows], score[rows]
        if y.size and 0 < int(y.sum()) < y.size:
            scored.append(ScoredRows(name, rows, y, s, rank(y, s)))
        else:
            values = {"score": displayable(name), "n": int(y.size), "events": int(y.sum())}
            notices.append(Notice("score_single_class", values))
    if not scored:
        raise CohortError("report_no_usable_score", scores=", ".join(map(displayable, names)))
    return scored, notices


def _about_rows(name: str, outcome: FloatArray, score: FloatArray, rows: BoolArray) -> list[Notice]:
    if rows.all():
        return []
    counts = {
        "count": int((~rows).sum()),
        "n": rows.size,
        "without_outcome": int(np.isnan(outcome).sum()),
        "without_score": int(np.isnan(score).sum()),
    }
    return [Notice("score_rows_left_out", {"score": displayable(name), **counts})]


def _result(one: ScoredRows, asked: ResponseRequest) -> tuple[ScoreResult, tuple[Notice, ...]]:
    cutoff = None
    if asked.threshold is not None:
        cutoff = Cutoff(asked.threshold, "given")
    elif one.name in asked.cutoffs:
        cutoff = Cutoff(asked.cutoffs[one.name], "bundle")
    return score_result(
        displayable(one.name), one.outcome, one.score, one.ranked,
        cutoff=cutoff, thresholds=asked.thresholds, external=asked.external,
    )  # fmt: skip


def _about_cutoffs(results: Mapping[str, ScoreResult]) -> list[Notice]:
    """Return a warning about cutoffs chosen on the patients on which they are judged."""
    names = [displayable(k) for k, r in results.items() if r.threshold_source == "same_data"]
    return [Notice("cutoff_is_optimistic", {"scores": ", ".join(names)})] if names else []


def _about_size(outcome: FloatArray) -> list[Notice]:
    """Return a warning where too few patients of a class make the estimates imprecise."""
    events = int(outcome.sum())
    values = {"events": events, "non_events": outcome.size - events}
    smaller = min(values.values())
    if smaller < FEWEST_EVENTS:
        return [Notice("events_fewer_than_10", values)]
    return [Notice("events_fewer_than_100", values)] if smaller < ENOUGH_EVENTS else []


def _centers(
    table: "pd.DataFrame", scored: Sequence[ScoredRows], column: str | None
) -> tuple[dict[str, CentersResult], list[Notice]]:
    found: dict[str, CentersResult] = {}
    notices: list[Notice] = []
    if column is None:
        return found, notices
    division = level_grouping(table, column)
    for one in scored:
        part = Grouping(column, division.levels, division.codes[one.rows])
        found[one.name], more = centers_result(one.name, one.outcome, one.score, part)
        notices += more
    return found, notices
