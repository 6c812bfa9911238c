"""Rubin's rules by hand, by statsmodels, and at their limits."""

import math

import numpy as np
import pytest
from scipy import stats

from dlcs_core.errors import CohortError
from dlcs_core.statistics.rubin import pooled_estimate


def test_a_small_example_by_hand():
    found = pooled_estimate([0.2, 0.5, 0.3, 0.4], [0.04, 0.05, 0.06, 0.05], complete_df=96)
    within, between = 0.05, np.var([0.2, 0.5, 0.3, 0.4], ddof=1)
    total = within + 1.25 * between
    share = 1.25 * between / total
    old, observed = 3 / share**2, 97 / 99 * 96 * (1 - share)
    df = 1 / (1 / old + 1 / observed)
    increase = 1.25 * between / within
    assert found.estimate == pytest.approx(0.35)
    assert found.se == pytest.approx(math.sqrt(total))
    assert found.df == pytest.approx(df)
    assert found.relative_increase == pytest.approx(increase)
    assert found.fraction_missing == pytest.approx((increase + 2 / (df + 3)) / (increase + 1))
    half = stats.t.ppf(0.975, df) * math.sqrt(total)
    assert found.ci95 == pytest.approx((0.35 - half, 0.35 + half))
    assert found.p == pytest.approx(2 * stats.t.sf(0.35 / math.sqrt(total), df))


def test_estimates_and_variance_are_those_of_statsmodels(rng):
    import pandas as pd
    import statsmodels.api as sm
    from statsmodels.imputation.mice import MICE

    table = pd.DataFrame(rng.normal(size=(80, 3)), columns=["y", "a", "b"])

    fits = []
    for _ in range(4):
        shaken = table + rng.normal(0, 0.2, table.shape)
        fits.append(sm.OLS(shaken["y"], sm.add_constant(shaken[["a", "b"]])).fit())
    mice = MICE.__new__(MICE)
    mice.results_list, mice.exog_names, mice.endog_names = fits, ["const", "a", "b"], "y"
    mice.model_class = sm.OLS
    combined = mice.combine()
    for i, name in enumerate(mice.exog_names):
        found = pooled_estimate([f.params[name] for f in fits], [f.bse[name] ** 2 for f in fits])
        assert found.estimate == pytest.approx(combined.params[i])
        assert found.se == pytest.approx(math.sqrt(combined.cov_params()[i, i]))


def test_tables_that_agree_leave_nothing_missing():
    found = pooled_estimate([1.5, 1.5], [0.25, 0.25], complete_df=math.inf)
    assert (found.fraction_missing, found.relative_increase) == (0.0, 0.0)
    assert found.df == math.inf
    assert found.ci95 == pytest.approx((1.5 - 0.5 * 1.959963984540054, 1.5 + 0.98), abs=1e-4)


def test_degrees_of_freedom_never_exceed_those_of_the_complete_table(rng):
    for _ in range(50):
        m = int(rng.integers(2, 30))
        found = pooled_estimate(rng.normal(size=m), rng.uniform(0.1, 2, m), complete_df=40)
        assert 0 < found.df < 40
        assert 0 <= found.fraction_missing <= 1


@pytest.mark.parametrize(
    ("estimates", "variances", "code"),
    [
        ([1.0], [1.0], "imputation_too_few_tables"),
        ([1.0, 2.0], [1.0], "statistic_sizes_differ"),
        ([1.0, math.nan], [1.0, 1.0], "statistic_values_missing"),
        ([1.0, 2.0], [1.0, 0.0], "statistic_values_missing"),
    ],
)
def test_what_cannot_be_pooled_is_refused(estimates, variances, code):
    with pytest.raises(CohortError) as refusal:
        pooled_estimate(estimates, variances)
    assert refusal.value.code == code
