"""Whether a cohort is large enough for what is asked of it: counts and widths of intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.report.cohort_selection import scores_of
from dlcs_core.report.response import SCORES
from dlcs_core.report.response_columns import outcome_column, score_column
from dlcs_core.report.survival_columns import event_column, time_column
from dlcs_core.statistics.calibration import calibration_slope
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, FloatArray
from dlcs_core.statistics.classification import wilson_interval
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at
from dlcs_core.statistics.meta_analysis import log_oe_ratio
from dlcs_core.statistics.sample_size import development_sample_size, largest_cox_snell_r2
from dlcs_core.statistics.survival_metrics import harrell_c

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 100
"""Events, and patients without one, for a sound external validation (Collins 2016)."""

WIDTHS = {"share": 0.10, "auc": 0.10, "slope": 0.40, "oe_ratio": 0.40, "survival": 0.10,
          "c_index": 0.10}  # fmt: skip
"""Widest interval that still says something: conventions of ours, which Riley's method asks for."""

MOST_SCORES = 3
"""Columns that are judged where the table has no score of the contract."""

HORIZON_MONTHS = 36.0
EXPLAINED_SHARE = 0.15
"""Share of the largest R2 that a new model is taken to reach (Riley 2020)."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Precision:
    """One quantity of a cohort, and whether it is known well enough.

    Attributes
    ----------
    code : str
        What it is; worded by ``precision_<code>``.
    score : str or None
        The score that it is about.
    value : float
        Count or estimate.
    ci95 : tuple of float or None
        None for a count.
    wanted : float
        Fewest patients of a count; widest interval of an estimate.
    """

    code: str
    score: str | None
    value: float
    ci95: Interval | None
    wanted: float

    @property
    def is_enough(self) -> bool:
        """Whether the count is reached, or the interval narrow enough."""
        if self.ci95 is None:
            return self.value >= self.wanted
        return self.ci95[1] - self.ci95[0] <= self.wanted


def cohort_precision(table: "pd.DataFrame") -> tuple[Precision, ...]:
    """Judge the size of a cohort for validating a model of response and of survival.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.

    Returns
    -------
    tuple of Precision
        What its columns allow; a quantity that does not exist is left out.
    """
    return (*_of_response(table), *_of_scores(table), *_of_survival(table))


def most_parameters(n: int, events: int) -> int | None:
    """Return how many parameters a new model of response may screen in a cohort.

    Parameters
    ----------
    n, events : int
        Patients, and good responders among them.

    Returns
    -------
    int or None
        The most for which Riley's three criteria ask for at most ``n``; None with one class.

    Notes
    -----
    The model is taken to reach :data:`EXPLAINED_SHARE` of the largest Cox-Snell R2.
    """
    if not 0 < events < n:
        return None
    prevalence = events / n
    r2 = EXPLAINED_SHARE * largest_cox_snell_r2(prevalence)
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        fits = development_sample_size(middle, prevalence, r2).n <= n
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _of_response(table: "pd.DataFrame") -> list[Precision]:
    if "good_response" not in table.columns:
        return []
    outcome = outcome_column(table, "good_response")
    known = outcome[~np.isnan(outcome)]
    if not known.size:
        return []
    events, n = int(known.sum()), known.size
    low, high = wilson_interval([events], [n])
    return [
        Precision("good_responders", None, events, None, ENOUGH),
        Precision("poor_responders", None, n - events, None, ENOUGH),
        Precision("share", None, events / n, (float(low[0]), float(high[0])), WIDTHS["share"]),
    ]


def _of_scores(table: "pd.DataFrame") -> list[Precision]:
    if "good_response" not in table.columns:
        return []
    outcome = outcome_column(table, "good_response")
    scores = [score for score in scores_of(table) if score != "dl_score"]
    known_scores = [score for score in scores if score in SCORES]
    found = []
    for score in known_scores or scores[:MOST_SCORES]:
        values = score_column(table, score)
        known = ~(np.isnan(outcome) | np.isnan(values))
        found += _of_score(score, outcome[known], values[known])
    return found


def _of_score(score: str, outcome: FloatArray, values: FloatArray) -> list[Precision]:
    """Return the area, and for a probability calibration; nothing that does not exist."""
    found = []
    measures: dict[str, Callable[[], tuple[float, Interval | None]]] = {"auc": lambda: _auc(
        outcome, values)}  # fmt: skip
    if values.size and values.min() >= 0.0 and values.max() <= 1.0:
        measures |= {
            "oe_ratio": lambda: _oe_ratio(outcome, values),
            "slope": lambda: _slope(outcome, values),
        }
    for code, measure in measures.items():
        try:
            value, ci95 = measure()
        except (CohortError, ModelError):
            # One class, separated or constant: the explorers word why; here the line is left out.
            continue
        if ci95 is not None and np.isfinite(ci95).all():
            found.append(Precision(code, score, value, ci95, WIDTHS[code]))
    return found


def _auc(outcome: FloatArray, values: FloatArray) -> tuple[float, Interval | None]:
    found = auc_estimate(outcome, values)
    return found.auc, found.ci95


def _oe_ratio(outcome: FloatArray, values: FloatArray) -> tuple[float, Interval]:
    log_ratio, se = log_oe_ratio(int(outcome.sum()), float(values.sum()), outcome.size)
    low, high = np.exp([log_ratio - NORMAL_QUANTILE_975 * se, log_ratio + NORMAL_QUANTILE_975 * se])
    return float(np.exp(log_ratio)), (float(low), float(high))


def _slope(outcome: FloatArray, values: FloatArray) -> tuple[float, Interval]:
    found = calibration_slope(outcome, values)
    return found.estimate, found.ci95


def _of_survival(table: "pd.DataFrame") -> list[Precision]:
    if not {"os_months", "os_event"} <= set(table.columns):
        return []
    time, event = time_column(table, "os_months"), event_column(table, "os_event")
    known = ~(np.isnan(time) | np.isnan(event))
    if not known.any():
        return []
    found = [Precision("deaths", None, float(event[known].sum()), None, ENOUGH)]
    at = survival_at(kaplan_meier(time[known], event[known]), [HORIZON_MONTHS])
    survival, low, high = (float(x[0]) for x in (at.survival, at.ci95_low, at.ci95_high))
    if np.isfinite([survival, low, high]).all():
        found.append(Precision("survival", None, survival, (low, high), WIDTHS["survival"]))
    return found + _of_risk(table, time, event)


def _of_risk(table: "pd.DataFrame", time: FloatArray, event: FloatArray) -> list[Precision]:
    name = "os_linear_predictor"
    if name not in table.columns:
        return []
    risk = score_column(table, name)
    known = ~(np.isnan(time) | np.isnan(event) | np.isnan(risk))
    try:
        found = harrell_c(time[known], event[known], risk[known])
    except CohortError:
        # Nobody died: there is no pair to compare.
        return []
    if not np.isfinite(found.se):
        return []
    return [Precision("c_index", name, found.c_index, found.ci95, WIDTHS["c_index"])]
