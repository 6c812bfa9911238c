import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.schoenfeld_residuals import residual_trend, schoenfeld_residuals


@pytest.fixture(scope="module")
def patients():
    rng, n = np.random.default_rng(7), 120
    X = np.column_stack([rng.normal(50, 9, n), rng.random(n) < 0.4])
    time = rng.exponential(30, n)
    return X, time, rng.random(n) < 0.6


def test_scaled_residuals_are_those_of_lifelines(patients):
    X, time, event = patients
    table = pd.DataFrame(X, columns=["a", "b"]).assign(time=time, event=event)
    fitter = CoxPHFitter().fit(table, "time", "event")
    expected = fitter.compute_residuals(table, "scaled_schoenfeld")
    found = schoenfeld_residuals(X, time, event, ("a", "b"))
    np.testing.assert_allclose(found.time_months, np.sort(time[event]))
    np.testing.assert_allclose(
        found.scaled - found.coefficients, expected.loc[np.argsort(time)[event[np.argsort(time)]]],
        rtol=1e-4, atol=1e-6,
    )  # fmt: skip


def test_their_mean_is_the_coefficient_also_with_ties(patients):
    X, time, event = patients
    months = np.ceil(time / 3) * 3
    found = schoenfeld_residuals(X, months, event, ("a", "b"))
    fit = fit_cox(X, months, event, ("a", "b"))
    np.testing.assert_allclose(found.scaled.mean(axis=0), fit.coefficients, atol=1e-9)


def test_an_effect_that_turns_shows_in_the_trend():
    rng, n = np.random.default_rng(1), 4000
    x = (rng.random(n) < 0.5).astype(float)
    early = rng.exponential(10 * np.exp(-1.2 * x))
    late = 6 + rng.exponential(10 * np.exp(1.2 * x))
    time = np.where(early < 6, early, late)
    found = residual_trend(schoenfeld_residuals(x[:, None], time, np.ones(n), ("x",)), "x")
    early, late = found.time_months < 3, found.time_months > 14
    assert found.ci95_low[early].min() > 0.3
    assert found.ci95_high[late].max() < -0.3
