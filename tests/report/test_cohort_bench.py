"""The numbers of the threshold bench are those of the statistics."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.report.cohort_bench import Rate, threshold_bench
from dlcs_core.report.cohort_curves import (
    banded_roc,
    of_100,
    thinned_precision_recall,
    thinned_survival,
)
from dlcs_core.report.cohort_scores import scores_by_response, waterfall
from dlcs_core.statistics.classification import ConfusionMatrix, wilson_interval
from dlcs_core.statistics.decision_curve import net_benefit
from dlcs_core.statistics.kaplan_meier import kaplan_meier
from dlcs_core.statistics.precision_recall import precision_recall_curve
from dlcs_core.statistics.rank_tests import mann_whitney_test
from dlcs_core.statistics.roc import roc_curve

N = 300


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    trg = rng.integers(0, 4, N).astype(float)
    score = np.clip(0.5 - 0.1 * trg + rng.normal(0, 0.15, N), 0, 1)
    score[:5] = np.nan
    return pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(N)],
            "trg": trg,
            "good_response": pd.array(trg < 2, dtype="boolean"),
            "dlcs": score,
        }
    )


def test_rates_benefit_and_flagged_patients_follow_from_one_threshold(table):
    bench = threshold_bench(table, "dlcs", 0.4)
    known = table.dropna(subset="dlcs")
    good = known["good_response"].to_numpy(bool)
    assert bench.calls.tp == int((good & (known["dlcs"] >= 0.4)).sum())
    low, high = wilson_interval(bench.calls.tp, good.sum())
    assert bench.rates["sensitivity"].ci95 == (float(low), float(high))
    assert bench.benefit.net_benefit[0] == net_benefit(good, known["dlcs"], [0.4])[0]
    assert set(bench.flagged["patient_id"]) == set(known.loc[known["dlcs"] >= 0.4, "patient_id"])
    assert bench.flagged["dlcs"].is_monotonic_decreasing


def test_nobody_flagged_has_no_ppv(table):
    bench = threshold_bench(table, "dlcs", 1.0)
    assert (bench.rates["ppv"].value, bench.rates["ppv"].ci95) == (None, None)
    assert bench.benefit is None
    assert bench.flagged.empty


def test_a_score_that_is_no_probability_has_no_net_benefit(table):
    assert threshold_bench(table.assign(dlcs=table["dlcs"] * 9), "dlcs", 0.5).benefit is None


def test_one_class_is_refused(table):
    with pytest.raises(CohortError):
        threshold_bench(table[table["trg"] < 2], "dlcs", 0.4)


def test_a_rate_of_everybody_is_one():
    assert Rate(4, 4).value == 1.0


@pytest.mark.parametrize("counts", [(1, 1, 0, 1), (7, 3, 2, 1), (0, 0, 5, 995), (59, 40, 13, 149)])
def test_a_hundred_patients_add_up_to_a_hundred(counts):
    found = of_100(ConfusionMatrix(0.5, *counts))
    shown = (found.tp, found.fp, found.fn, found.tn)
    assert sum(shown) == 100
    assert max(abs(s - 100 * c / sum(counts)) for s, c in zip(shown, counts, strict=True)) < 1


def test_the_band_is_wilson_s_interval_of_the_sensitivity(table):
    known = table.dropna(subset="dlcs")
    curve = roc_curve(known["good_response"].astype(bool), known["dlcs"])
    band = banded_roc(curve)
    low, _ = wilson_interval(curve.sensitivity * curve.n_positive, curve.n_positive)
    np.testing.assert_allclose(band.ci95_low, low)
    assert (band.ci95_low <= curve.sensitivity).all()


def test_curves_of_many_patients_are_thinned_and_stay_where_they_are():
    rng = np.random.default_rng(2)
    good = rng.random(100_000) < 0.3
    score = rng.normal(good, 1.0)
    roc, full = banded_roc(roc_curve(good, score)).curve, roc_curve(good, score)
    assert roc.threshold.size < 7_000
    up = np.interp(1 - full.specificity, 1 - roc.specificity, roc.sensitivity)
    across = np.interp(full.sensitivity, roc.sensitivity, 1 - roc.specificity)
    away = np.minimum(np.abs(up - full.sensitivity), np.abs(across - 1 + full.specificity))
    assert away.max() < 1e-3  # less than half a pixel
    curve = precision_recall_curve(good, score)
    assert thinned_precision_recall(curve).recall.size < 7_000


def test_a_thinned_survival_curve_keeps_its_numbers_at_risk():
    rng = np.random.default_rng(3)
    full = kaplan_meier(rng.exponential(40, 50_000), rng.random(50_000) < 0.5)
    thin = thinned_survival(full)
    assert thin.time_months.size < 8_000
    assert thin.n_censored.sum() == pytest.approx(full.n_censored.sum(), abs=1)
    for month in (6.0, 24.0, 60.0):
        at = [c.n_at_risk[np.searchsorted(c.time_months, month)] for c in (full, thin)]
        assert at[0] == at[1]


def test_scores_are_split_by_response_and_compared(table):
    found = scores_by_response(table, ["dlcs"])["dlcs"]
    expected = mann_whitney_test(found.good, found.poor)
    assert found.comparison == expected
    assert found.good.size + found.poor.size == N - 5
    assert found.quartiles[0][1] == np.median(found.good)


def test_a_missing_group_has_no_comparison(table):
    found = scores_by_response(table[table["trg"] < 2], ["dlcs"])["dlcs"]
    assert found.comparison is None
    assert found.quartiles[1] is None


def test_a_waterfall_rises_from_below_the_cutoff(table):
    bars = waterfall(table, "dlcs", 0.3)
    assert (np.diff(bars.distance) >= 0).all()
    assert bars.by_trg
    assert bars.distance.size == N - 5
