"""Scores beside each other and within parts of the cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, Notice
from dlcs_core.report.response_columns import FloatArray, Grouping, grouping
from dlcs_core.statistics.checks import BoolArray
from dlcs_core.statistics.delong import DelongTest, Placements, delong_test_of, placements
from dlcs_core.statistics.ranking import RankedScore, rank
from dlcs_core.statistics.subgroups import (
    InteractionTest,
    SubgroupAuc,
    interaction_test,
    subgroup_aucs,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """One score's complete rows of two classes, sorted."""

    name: str
    rows: BoolArray
    outcome: FloatArray
    score: FloatArray
    ranked: RankedScore


@dataclass(frozen=True)
class Subgroup:
    """One score in one part of the cohort.

    Attributes
    ----------
    score, variable, level : str
        Which score, and which part by which column.
    found : SubgroupAuc
        Patients, events and area.
    interaction : InteractionTest or None
        Of the score with the column, the same for all its levels.
    """

    score: str
    variable: str
    level: str
    found: SubgroupAuc
    interaction: InteractionTest | None


def comparisons_of(
    scored: Sequence[ScoredRows],
) -> tuple[dict[tuple[str, str], DelongTest], list[Notice]]:
    """Compare every pair of scores; the sorting of each score is used again where it can be."""
    kept: dict[str, Placements] = {}
    comparisons: dict[tuple[str, str], DelongTest] = {}
    notices: list[Notice] = []
    for a, b in combinations(scored, 2):
        try:
            comparisons[a.name, b.name] = delong_test_of(*_pair(a, b, kept))
        except CohortError:
            values = {"a": displayable(a.name), "b": displayable(b.name)}
            notices.append(Notice("scores_not_comparable", values))
    return comparisons, notices


def _pair(
    a: ScoredRows, b: ScoredRows, kept: dict[str, Placements]
) -> tuple[Placements, Placements]:
    """Return the placements of both scores on the patients complete for both."""
    if np.array_equal(a.rows, b.rows):
        for one in (a, b):
            if one.name not in kept:
                kept[one.name] = placements(one.ranked)
        return kept[a.name], kept[b.name]
    in_a, in_b = b.rows[a.rows], a.rows[b.rows]
    return (
        placements(rank(a.outcome[in_a], a.score[in_a])),
        placements(rank(b.outcome[in_b], b.score[in_b])),
    )


def subgroups_of(
    table: "pd.DataFrame", scored: Sequence[ScoredRows], columns: Sequence[str]
) -> tuple[tuple[Subgroup, ...], list[Notice]]:
    """Evaluate each score in the parts of the cohort by each column."""
    found: list[Subgroup] = []
    notices: list[Notice] = []
    for division in (grouping(table, name) for name in columns):
        for one in scored:
            rows, more = _one_subgroup(one, division)
            found += rows
            notices += more
    order = {one.name: index for index, one in enumerate(scored)}
    return tuple(sorted(found, key=lambda row: order[row.score])), notices


def _one_subgroup(one: ScoredRows, division: Grouping) -> tuple[list[Subgroup], list[Notice]]:
    codes = division.codes[one.rows]
    test = interaction_test(one.outcome, one.score, codes)
    parts = subgroup_aucs(one.outcome, one.score, codes, len(division.levels))
    rows = [
        Subgroup(one.name, division.name, level, part, test)
        for level, part in zip(division.levels, parts, strict=True)
    ]
    values = {"score": displayable(one.name), "column": displayable(division.name)}
    notices = [] if test else [Notice("subgroup_interaction_missing", values)]
    if empty := sum(part.auc is None for part in parts):
        notices.append(Notice("subgroup_of_one_class", {**values, "count": empty}))
    return rows, notices
