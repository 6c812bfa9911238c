"""The survival panel: curves, test, concordance, AUC and Brier over time, ours and the peers'.

Both sides do the same: Kaplan-Meier curves of two risk groups with limits and medians, the log-rank
test, median follow-up, Harrell's and Uno's C, AUC at three horizons and integrated over 35 months,
Brier scores and their integral, also of the Kaplan-Meier curve. Ours adds standard errors of C, AUC
and Brier score, which the peers do not have. scikit-survival's C-indices compare every death
with every patient at risk.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HORIZONS = (12.0, 24.0, 35.0)
MONTHS = tuple(float(month) for month in range(1, 36))
MEAN_MONTHS = 40.0

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SurvivalCohort:
    """Follow-up, risk, risk group and predicted survival at the horizons."""

    time: FloatArray
    event: NDArray[np.bool_]
    risk: FloatArray
    high: NDArray[np.bool_]
    survival: FloatArray


def draw(n: int) -> SurvivalCohort:
    """Draw exponential deaths with a log-normal hazard; times in days as in real tables."""
    rng = np.random.default_rng(17)
    risk = rng.normal(size=n)
    death = rng.exponential(MEAN_MONTHS * np.exp(-risk))
    censoring = rng.uniform(6.0, 72.0, n)
    days = np.maximum(np.round(np.minimum(death, censoring) * 30.4375), 1.0)
    hazard = np.outer(np.exp(risk), HORIZONS) / MEAN_MONTHS
    return SurvivalCohort(days / 30.4375, death <= censoring, risk, risk > 0.0, np.exp(-hazard))


def ours(cohort: SurvivalCohort) -> None:
    """Run the panel of the survival report."""
    from dlcs_core.statistics.group_tests import log_rank_test
    from dlcs_core.statistics.kaplan_meier import kaplan_meier, median_followup, median_survival
    from dlcs_core.statistics.survival_brier import survival_brier
    from dlcs_core.statistics.survival_metrics import harrell_c_of, uno_c_of, usable_pairs
    from dlcs_core.statistics.time_dependent_auc import time_dependent_auc

    follow_up = (cohort.time, cohort.event)
    for group in (cohort.high, ~cohort.high):
        median_survival(kaplan_meier(cohort.time[group], cohort.event[group]))
    median_followup(*follow_up)
    log_rank_test(*follow_up, cohort.high)
    pairs = usable_pairs(*follow_up, cohort.risk)
    harrell_c_of(pairs)
    uno_c_of(pairs, HORIZONS[-1])
    time_dependent_auc(*follow_up, cohort.risk, HORIZONS)
    time_dependent_auc(*follow_up, cohort.risk, MONTHS, standard_errors=False)
    survival_brier(*follow_up, cohort.survival, HORIZONS)


def peer(cohort: SurvivalCohort) -> None:
    """Run the same with lifelines and scikit-survival."""
    _peer_curves(cohort)
    _peer_scores(cohort)


def _peer_curves(cohort: SurvivalCohort) -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import logrank_test
    from lifelines.utils import median_survival_times

    for group in (cohort.high, ~cohort.high):
        fitted = KaplanMeierFitter().fit(cohort.time[group], cohort.event[group])
        median_survival_times(fitted.confidence_interval_)
    KaplanMeierFitter().fit(cohort.time, ~cohort.event)
    high, low = cohort.high, ~cohort.high
    logrank_test(cohort.time[high], cohort.time[low], cohort.event[high], cohort.event[low])


def _peer_scores(cohort: SurvivalCohort) -> None:
    from sksurv.metrics import (
        brier_score,
        concordance_index_censored,
        concordance_index_ipcw,
        cumulative_dynamic_auc,
        integrated_brier_score,
    )
    from sksurv.util import Surv

    y = Surv.from_arrays(cohort.event, cohort.time)
    concordance_index_censored(cohort.event, cohort.time, cohort.risk)
    concordance_index_ipcw(y, y, cohort.risk, HORIZONS[-1])
    cumulative_dynamic_auc(y, y, cohort.risk, HORIZONS)
    cumulative_dynamic_auc(y, y, cohort.risk, MONTHS)
    brier_score(y, y, cohort.survival, HORIZONS)
    integrated_brier_score(y, y, cohort.survival, HORIZONS)
    everybody = np.tile(cohort.survival.mean(axis=0), (cohort.time.size, 1))
    integrated_brier_score(y, y, everybody, HORIZONS)
