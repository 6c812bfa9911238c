import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.statistics.firth import fit_firth
from dlcs_core.statistics.logistic_regression import fit_logistic


@pytest.mark.parametrize("table", [(8, 0, 3, 9), (6, 0, 0, 6), (5, 4, 3, 7)])
def test_one_sign_is_the_table_with_half_a_patient_in_every_cell(table):
    a, b, c, d = table
    sign = np.repeat([1.0, 1.0, 0.0, 0.0], table)
    outcome = np.repeat([1, 0, 1, 0], table)
    fit = fit_firth(sign[:, None], outcome, ["sign"])
    expected = np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    assert fit.coefficients[1] == pytest.approx(expected, rel=1e-7)


def test_separated_data_have_a_finite_estimate_and_a_small_p():
    x = np.arange(24.0)
    fit = fit_firth(x[:, None], x >= 12, ["x"])
    assert np.isfinite(fit.coefficients).all()
    assert fit.coefficients[1] > 0
    assert fit.p_likelihood_ratio[0] < 1e-4
    with pytest.raises(ModelError):
        fit_logistic(x[:, None], x >= 12, ["x"])


def test_many_patients_agree_with_maximum_likelihood(rng):
    X = rng.normal(size=(20_000, 2)) * [1.0, 1e4]
    outcome = rng.random(20_000) < 1 / (1 + np.exp(-X[:, 0]))
    firth, plain = fit_firth(X, outcome, ["a", "b"]), fit_logistic(X, outcome, ["a", "b"])
    # The bias that is taken away is of the order 1/n, far below a standard error.
    gap = (firth.coefficients - plain.coefficients) / plain.standard_errors
    assert np.abs(gap).max() < 0.05
    np.testing.assert_allclose(np.diag(firth.covariance), np.diag(plain.covariance), rtol=2e-3)


def test_units_change_the_coefficient_by_their_factor_only(rng):
    x = rng.normal(size=40)
    outcome = rng.random(40) < 1 / (1 + np.exp(-x))
    plain = fit_firth(x[:, None], outcome, ["x"])
    scaled = fit_firth(1000 * x[:, None] + 5, outcome, ["x"])
    assert scaled.coefficients[1] * 1000 == pytest.approx(plain.coefficients[1])
    assert scaled.p_likelihood_ratio == pytest.approx(plain.p_likelihood_ratio)


def test_the_test_of_a_column_compares_with_the_model_without_it(rng):
    X = rng.normal(size=(50, 2))
    outcome = rng.random(50) < 1 / (1 + np.exp(-X[:, 0]))
    p = fit_firth(X, outcome, ["a", "b"]).p_likelihood_ratio
    assert p[0] < p[1]
    assert 0 < p[0] < 0.2
