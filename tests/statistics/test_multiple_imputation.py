"""Imputed tables keep what is known, bring back what is missing, and say how sure that is."""

import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid
from dlcs_core.statistics.multiple_imputation import IncompleteColumn, impute
from dlcs_core.statistics.rubin import pooled_estimate

TRUTH = np.array([-0.4, 0.8, -0.6, 1.0, -0.5])


def cohort(rng, n):
    """Outcome, a number, another number that follows it, and three levels that follow both."""
    a = rng.normal(size=n)
    b = 0.6 * a + 0.8 * rng.normal(size=n)
    c = np.digitize(a + b + rng.logistic(size=n), [-0.8, 1.0]).astype(float)
    X = np.column_stack([a, b, c == 1, c == 2])
    y = rng.random(n) < sigmoid(TRUTH[0] + X @ TRUTH[1:])
    return y, a, b, c


def with_gaps(rng, y, a, b, c):
    """Values that are missing where the outcome and the first number say so: not by chance."""
    b, c = b.copy(), c.copy()
    b[rng.random(y.size) < sigmoid(-1.3 + 0.9 * y + 0.4 * a)] = np.nan
    c[rng.random(y.size) < sigmoid(-1.6 + 0.7 * y - 0.5 * a)] = np.nan
    return [IncompleteColumn(a), IncompleteColumn(b), IncompleteColumn(c, 3)]


def fitted(y, tables):
    fits = []
    for a, b, c in tables:
        X = np.column_stack([a, b, c == 1, c == 2])
        fits.append(fit_logistic(X, y, ["a", "b", "c1", "c2"]))
    return [
        pooled_estimate(
            [fit.coefficients[i] for fit in fits], [fit.covariance[i, i] for fit in fits],
            complete_df=y.size - 5,
        )
        for i in range(5)
    ]  # fmt: skip


def test_known_values_stay_and_gaps_take_values_that_occur(rng):
    y, *values = cohort(rng, 200)
    columns = with_gaps(rng, y, *values)
    before = [column.values.copy() for column in columns]
    for table in impute(columns, y[:, None], rng, imputations=3):
        for column, old, new in zip(columns, before, table, strict=True):
            known = ~column.is_missing
            np.testing.assert_array_equal(column.values, old)
            np.testing.assert_array_equal(new[known], old[known])
            assert set(new[~known]) <= set(old[known])


def test_the_same_seed_gives_the_same_tables_and_tables_differ(rng):
    y, *values = cohort(rng, 150)
    columns = with_gaps(rng, y, *values)
    first, again = (
        impute(columns, y[:, None], np.random.default_rng(4), imputations=2) for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))
    assert not np.array_equal(first[0][1], first[1][1])


@pytest.mark.slow
def test_pooled_intervals_cover_the_truth_and_complete_cases_lose_patients():
    rng = np.random.default_rng(11)
    covered, estimates, kept = [], [], []
    for _ in range(120):
        y, *values = cohort(rng, 400)
        columns = with_gaps(rng, y, *values)
        found = fitted(y, impute(columns, y[:, None], rng, imputations=8, cycles=5))
        covered.append([row.ci95[0] <= t <= row.ci95[1] for row, t in zip(found, TRUTH, strict=1)])
        estimates.append([row.estimate for row in found])
        kept.append(np.mean(~np.any([column.is_missing for column in columns], axis=0)))
    rate, bias = np.mean(covered), np.mean(estimates, axis=0) - TRUTH
    print(f"coverage {rate:.3f}, bias {bias.round(3)}, complete cases {np.mean(kept):.0%}")
    assert 0.92 < rate < 0.98
    assert np.abs(bias).max() < 0.12


def test_the_outcome_takes_part():
    rng = np.random.default_rng(3)
    n = 2000
    x = rng.normal(size=n)
    y = rng.random(n) < sigmoid(1.5 * x)
    gaps = x.copy()
    gaps[rng.random(n) < 0.5] = np.nan
    column = [IncompleteColumn(gaps)]
    with_outcome = impute(column, y[:, None], rng, imputations=5)
    without = impute(column, np.empty((n, 0)), rng, imputations=5)
    slope = [
        np.mean([fit_logistic(t[0][:, None], y, ["x"]).coefficients[1] for t in tables])
        for tables in (with_outcome, without)
    ]
    assert slope[0] == pytest.approx(1.5, abs=0.2)
    assert slope[1] < 1.1


def test_predictors_that_say_the_same_do_no_harm(rng):
    y, a, b, c = cohort(rng, 120)
    b[:30], c[20:50] = np.nan, np.nan
    columns = [
        IncompleteColumn(a), IncompleteColumn(2 * a + 1), IncompleteColumn(b),
        IncompleteColumn(c, 3), IncompleteColumn(np.ones(120)),
    ]  # fmt: skip
    tables = impute(columns, np.column_stack([y, y]), rng, imputations=2)
    assert np.isfinite(np.array(tables)).all()


@pytest.mark.parametrize("n_known", [1, 2, 6])
def test_few_known_values_are_drawn_from(rng, n_known):
    number, level = rng.normal(size=40), rng.integers(0, 3, 40).astype(float)
    number[n_known:], level[n_known:] = np.nan, np.nan
    columns = [IncompleteColumn(number), IncompleteColumn(level, 3)]
    for a, c in impute(columns, rng.normal(size=(40, 1)), rng, imputations=2):
        assert set(a) <= set(number[:n_known])
        assert set(c) <= set(level[:n_known])


@pytest.mark.parametrize(
    ("columns", "imputations", "code"),
    [
        ([IncompleteColumn(np.array([1.0, np.nan]))], 1, "imputation_too_few_tables"),
        ([IncompleteColumn(np.array([1.0, np.nan, 3.0]))], 2, "statistic_sizes_differ"),
        ([IncompleteColumn(np.full(2, np.nan))], 2, "statistic_without_rows"),
    ],
)
def test_what_cannot_be_imputed_is_refused(rng, columns, imputations, code):
    with pytest.raises(CohortError) as refusal:
        impute(columns, np.zeros((2, 1)), rng, imputations=imputations)
    assert refusal.value.code == code
