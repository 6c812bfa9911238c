"""Scores by response and by tumour regression grade: what the violins and the waterfall show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import CohortError
from dlcs_core.report.response_columns import FloatArray, outcome_column, score_column
from dlcs_core.statistics.comparison import Comparison
from dlcs_core.statistics.rank_tests import mann_whitney_test

if TYPE_CHECKING:
    import pandas as pd

Quartiles = tuple[float, float, float]

TRG_GRADES = (0, 1, 2, 3)
"""CAP/NCCN grades: 0 no residual cancer, 3 no evident response."""


@dataclass(frozen=True, eq=False)
class ScoreByResponse:
    """One score in good and poor responders.

    Attributes
    ----------
    good, poor : array of float64
        The scores of each.
    comparison : Comparison or None
        Mann-Whitney's test; None where a group is empty.
    """

    good: FloatArray
    poor: FloatArray
    comparison: Comparison | None

    @property
    def quartiles(self) -> "tuple[Quartiles | None, Quartiles | None]":
        """Quartiles (type 7) of good and of poor responders; None where there are none."""
        found = [
            np.quantile(part, (0.25, 0.5, 0.75)) if part.size else None
            for part in (self.good, self.poor)
        ]
        good, poor = (None if q is None else (float(q[0]), float(q[1]), float(q[2])) for q in found)
        return good, poor


@dataclass(frozen=True, eq=False)
class Waterfall:
    """Patients in the order of their score.

    Attributes
    ----------
    distance : array of float64, shape (n_patients,)
        Score minus threshold, ascending.
    group : array of int, shape (n_patients,)
        Tumour regression grade, or 0 for good and 1 for poor response; -1 where unknown.
    by_trg : bool
        Which of the two.
    """

    distance: FloatArray
    group: NDArray[np.intp]
    by_trg: bool


def scores_by_response(
    table: "pd.DataFrame", scores: Sequence[str]
) -> Mapping[str, ScoreByResponse]:
    """Split each score by response and compare the two parts.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; incomplete ones are left out.
    scores : sequence of str
        Score columns.
    """
    outcome = outcome_column(table, "good_response")
    found = {}
    for name in scores:
        score = score_column(table, name)
        known = ~np.isnan(score)
        good, poor = score[known & (outcome == 1.0)], score[known & (outcome == 0.0)]
        found[name] = ScoreByResponse(good, poor, _comparison(good, poor))
    return found


def waterfall(table: "pd.DataFrame", score: str, threshold: float) -> Waterfall:
    """Order the patients by score.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; incomplete ones are left out.
    score : str
        Score column.
    threshold : float
        Where the bars start.

    Raises
    ------
    CohortError
        If no patient has score and outcome.
    """
    values = score_column(table, score)
    by_trg = "trg" in table.columns and bool(table["trg"].notna().any())
    group = (
        table["trg"].to_numpy(np.float64) if by_trg else 1 - outcome_column(table, "good_response")
    )
    known = np.flatnonzero(~np.isnan(values) & ~np.isnan(group))
    if not known.size:
        raise CohortError("report_no_usable_score", scores=score)
    order = known[np.argsort(values[known], kind="stable")]
    return Waterfall(values[order] - threshold, group[order].astype(np.intp), by_trg)


def _comparison(good: FloatArray, poor: FloatArray) -> Comparison | None:
    try:
        return mann_whitney_test(good, poor)
    except CohortError:
        return None
