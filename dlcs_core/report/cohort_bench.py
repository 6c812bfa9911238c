"""What one threshold of one score does in a cohort: the numbers of the threshold bench."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.report.response_columns import (
    GOOD_RESPONSE,
    FloatArray,
    outcome_column,
    score_column,
)
from dlcs_core.statistics.classification import ConfusionMatrix, confusion_matrix, wilson_interval
from dlcs_core.statistics.decision_curve import DecisionCurve, decision_curve

if TYPE_CHECKING:
    import pandas as pd

Interval = tuple[float, float]


@dataclass(frozen=True)
class Rate:
    """A share of patients.

    Attributes
    ----------
    count, n : int
        Those that count, of all; ``n`` may be 0.
    """

    count: int
    n: int

    @property
    def value(self) -> float | None:
        """The share in [0, 1]; None of nobody."""
        return self.count / self.n if self.n else None

    @property
    def ci95(self) -> Interval | None:
        """Wilson's interval; None of nobody."""
        if not self.n:
            return None
        low, high = wilson_interval(self.count, self.n)
        return float(low), float(high)


@dataclass(frozen=True, eq=False)
class ThresholdBench:
    """Right and wrong calls at one threshold, with intervals.

    Attributes
    ----------
    score : str
        The score column.
    calls : ConfusionMatrix
        Counts at the threshold; a patient is flagged when ``score >= threshold``.
    rates : mapping of str to Rate
        ``sensitivity, specificity, ppv, npv, accuracy, flagged``.
    benefit : DecisionCurve or None
        Net benefit at this single threshold; None where the score is no probability or the
        threshold is 0 or 1.
    flagged : pandas.DataFrame
        ``patient_id`` (where the table has it), the score and the outcome of the flagged
        patients, highest score first.
    """

    score: str
    calls: ConfusionMatrix
    rates: dict[str, Rate]
    benefit: DecisionCurve | None
    flagged: "pd.DataFrame"


def threshold_bench(
    table: "pd.DataFrame", score: str, threshold: float, outcome: str = GOOD_RESPONSE
) -> ThresholdBench:
    """Evaluate one threshold.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`; incomplete ones are left out.
    score, outcome : str
        Columns.
    threshold : float
        On the scale of the score.

    Raises
    ------
    CohortError
        If one class is absent or the threshold is not finite.
    ClinicalError
        If outcome or score hold what they cannot.
    """
    good, values = outcome_column(table, outcome), score_column(table, score)
    known = ~np.isnan(good) & ~np.isnan(values)
    calls = confusion_matrix(good[known], values[known], threshold)
    return ThresholdBench(
        score=score,
        calls=calls,
        rates=rates_of(calls),
        benefit=_benefit(good[known], values[known], threshold),
        flagged=_flagged(table, good, values, known & (values >= threshold), score),
    )


def rates_of(calls: ConfusionMatrix) -> dict[str, Rate]:
    """Return the rates of a confusion matrix as counts of counts."""
    n = calls.tp + calls.fp + calls.fn + calls.tn
    flagged = calls.tp + calls.fp
    return {
        "sensitivity": Rate(calls.tp, calls.tp + calls.fn),
        "specificity": Rate(calls.tn, calls.tn + calls.fp),
        "ppv": Rate(calls.tp, flagged),
        "npv": Rate(calls.tn, n - flagged),
        "accuracy": Rate(calls.tp + calls.tn, n),
        "flagged": Rate(flagged, n),
    }


def _benefit(good: FloatArray, values: FloatArray, threshold: float) -> DecisionCurve | None:
    is_risk = bool(values.min() >= 0.0 and values.max() <= 1.0)
    if not is_risk or not 0.0 < threshold < 1.0:
        return None
    return decision_curve(good, values, [threshold])


def _flagged(
    table: "pd.DataFrame",
    good: FloatArray,
    values: FloatArray,
    rows: np.ndarray,
    score: str,
) -> "pd.DataFrame":
    import pandas as pd

    columns: dict[str, object] = {score: values[rows], "good_response": good[rows] == 1.0}
    if "patient_id" in table.columns:
        columns = {"patient_id": table["patient_id"].to_numpy()[rows], **columns}
    found = pd.DataFrame(columns)
    return found.sort_values(score, ascending=False, kind="stable").reset_index(drop=True)
