"""Beyond the panel: net benefit of one score over another, and val.prob's summary of each."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.report.response_columns import FloatArray
from dlcs_core.report.response_parts import ScoredRows
from dlcs_core.statistics.bootstrap import NetBenefitDifference, net_benefit_difference
from dlcs_core.statistics.validation_summary import ValidationSummary, validation_summary


def benefit_differences(
    scored: Sequence[ScoredRows], thresholds: FloatArray, resamples: int, seed: int
) -> dict[tuple[str, str], NetBenefitDifference]:
    """Compare the net benefit of every pair of scores with a bootstrap interval.

    Parameters
    ----------
    scored : sequence of ScoredRows
        The scores; those that are no probability are left out.
    thresholds : array of float64
        Threshold probabilities, each in [0, 1).
    resamples : int
        Bootstrap samples; 0 for no comparison.
    seed : int
        Of the generator; each pair has the same resamples whatever other scores there are.

    Returns
    -------
    dict
        By pair in order; a pair without both classes among its complete patients has none.
    """
    found: dict[tuple[str, str], NetBenefitDifference] = {}
    usable = [one for one in scored if _is_probability(one)] if resamples else []
    for a, b in combinations(usable, 2):
        in_a, in_b = b.rows[a.rows], a.rows[b.rows]
        outcome, rng = a.outcome[in_a], np.random.default_rng(seed)
        if not outcome.size or not 0 < int(outcome.sum()) < outcome.size:
            continue
        found[a.name, b.name] = net_benefit_difference(
            outcome, a.score[in_a], b.score[in_b], thresholds, rng, resamples=resamples
        )
    return found


def validation_summaries(scored: Sequence[ScoredRows]) -> dict[str, ValidationSummary]:
    """Summarise every probability as ``rms::val.prob`` does.

    Parameters
    ----------
    scored : sequence of ScoredRows
        The scores.

    Returns
    -------
    dict
        By score; one without intercept and slope (a constant, a certainty, separated classes) has
        no summary, which the panel's own warnings say.
    """
    found: dict[str, ValidationSummary] = {}
    for one in filter(_is_probability, scored):
        try:
            found[one.name] = validation_summary(one.outcome, one.score)
        except (CohortError, ModelError):
            continue
    return found


def _is_probability(one: ScoredRows) -> bool:
    return bool(one.ranked.score[0] >= 0.0 and one.ranked.score[-1] <= 1.0)
