"""A table of local patients to a layer over a bundle's probabilities, and what it is worth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, Notice
from dlcs_core.models.local_recalibration import LocalRecalibration
from dlcs_core.report.response import FEWEST_EVENTS
from dlcs_core.report.response_columns import outcome_column, score_column
from dlcs_core.statistics.recalibration import CalibrationSummary, RecalibrationResult, recalibrate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RecalibrationReport:
    """A local recalibration.

    Attributes
    ----------
    score : str
        Which of the bundle's probabilities it adjusts.
    layer : LocalRecalibration
        What goes into the bundle.
    folds : int
        Folds of the cross-validation behind ``after``.
    before, after : CalibrationSummary
        Of the original probabilities and, on patients left out, of the adjusted ones.
    warnings : tuple of Notice
        What was left out, and whether the layer is of use.
    """

    score: str
    layer: LocalRecalibration
    folds: int
    before: CalibrationSummary
    after: CalibrationSummary
    warnings: tuple[Notice, ...]


def recalibration_report(
    table: "pd.DataFrame", outcome: str, column: str, score: str, cohort: str
) -> RecalibrationReport:
    """Fit a local recalibration.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    outcome, column : str
        0/1 column, and the column of the bundle's probabilities.
    score : str
        Which of the bundle's scores the column holds.
    cohort : str
        What the hospital calls these patients.

    Returns
    -------
    RecalibrationReport
        Rows without outcome or score are left out with a warning that counts them.

    Raises
    ------
    CohortError
        If nobody has both, a probability is not inside (0, 1), or a class has fewer than two.
    ModelError
        If no adjustment exists.
    ClinicalError
        If a column is missing or holds what it cannot.
    """
    known, risk = outcome_column(table, outcome), score_column(table, column)
    rows = ~np.isnan(known) & ~np.isnan(risk)
    if not rows.any():
        raise CohortError("report_no_usable_score", scores=displayable(column))
    found = recalibrate(known[rows], risk[rows])
    layer = LocalRecalibration(
        method=found.update.method,
        intercept=found.update.intercept,
        slope=found.update.slope,
        n_patients=found.n,
        n_events=found.events,
        cohort=cohort,
    )
    notices = [*_left_out(column, known, risk, rows), *_about(score, found)]
    return RecalibrationReport(score, layer, found.folds, found.before, found.after, tuple(notices))


def _left_out(column: str, known: np.ndarray, risk: np.ndarray, rows: np.ndarray) -> list[Notice]:
    if rows.all():
        return []
    values = {
        "score": displayable(column),
        "count": int((~rows).sum()),
        "n": rows.size,
        "without_outcome": int(np.isnan(known).sum()),
        "without_score": int(np.isnan(risk).sum()),
    }
    return [Notice("score_rows_left_out", values)]


def _about(score: str, found: RecalibrationResult) -> list[Notice]:
    """Return what speaks against using the layer, or explains it."""
    counts = {"events": found.events, "non_events": found.n - found.events}
    notices = []
    if found.update.method == "intercept":
        notices.append(Notice("recalibration_intercept_only", counts))
    if min(counts.values()) < FEWEST_EVENTS:
        notices.append(Notice("events_fewer_than_10", counts))
    if found.after.brier >= found.before.brier:
        values = {
            "score": score,
            "after": f"{found.after.brier:.4f}",
            "before": f"{found.before.brier:.4f}",
        }
        notices.append(Notice("recalibration_does_not_help", values))
    return notices
