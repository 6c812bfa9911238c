import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.classification import (
    clopper_pearson_interval,
    confusion_matrix,
    wilson_interval,
)

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
INTERVALS = {"ci_wilson": wilson_interval, "ci_clopper_pearson": clopper_pearson_interval}
RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


@pytest.mark.parametrize("dataset", OUTCOME)
def test_counts_rates_and_both_intervals_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "roc")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, values in reference.starting("thresholds."):
        for value in values:
            found = confusion_matrix(outcome, reference.data[entry["score"]], value["threshold"])
            counts = [found.tp, found.fp, found.tn, found.fn]
            tally.compare(name, counts, [value[k] for k in ("TP", "FP", "TN", "FN")])
            for rate in RATES:
                tally.compare(f"{name} {rate}", getattr(found, rate), value[rate])
            shares = {
                "sensitivity": (found.tp, found.tp + found.fn),
                "specificity": (found.tn, found.tn + found.fp),
                "accuracy": (found.tp + found.tn, outcome.size),
            }
            for rate, share in shares.items():
                for method, interval in INTERVALS.items():
                    tally.compare(f"{name} {rate}", interval(*share), value[method][rate])
    tally.all_agree()


def test_a_rate_without_patients_is_none():
    nobody = confusion_matrix([1, 0], [0.2, 0.1], 0.9)
    everybody = confusion_matrix([1, 0], [0.2, 0.1], 0.0)
    assert (nobody.ppv, everybody.npv) == (None, None)


def test_wilson_interval_stays_inside_0_and_1():
    low, high = wilson_interval([0, 10], [10, 10])
    assert low[0] == pytest.approx(0.0, abs=1e-12)
    assert high[1] == pytest.approx(1.0)


@pytest.mark.parametrize("threshold", [np.nan, np.inf])
def test_a_cutoff_that_is_no_number_is_refused(threshold):
    with pytest.raises(CohortError) as refusal:
        confusion_matrix([1, 0], [0.2, 0.1], threshold)
    assert refusal.value.code == "statistic_threshold_not_finite"


def test_exact_interval_equals_the_binomial_tails():
    from scipy.stats import binom

    low, high = clopper_pearson_interval([3, 0, 9], [9, 9, 9])
    assert binom.sf(2, 9, low[0]) == pytest.approx(0.025)
    assert binom.cdf(3, 9, high[0]) == pytest.approx(0.025)
    assert (low[1], high[2]) == (0.0, 1.0)
    # One-sided at the ends: all of the 2.5 % are on the side that is left.
    assert high[1] == pytest.approx(1 - 0.025 ** (1 / 9))


def test_exact_interval_covers_the_wilson_interval_of_rare_events():
    exact, wilson = clopper_pearson_interval(1, 200), wilson_interval(1, 200)
    assert exact[0] < wilson[0]
    assert exact[1] > wilson[0]
