import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
ITERATED = 1e-6


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("dataset", OUTCOME)
def test_coefficients_and_inference_equal_glm(dataset, oracle, tally):
    reference = oracle(dataset, "logistic")
    outcome = reference.data[OUTCOME[dataset]]
    entries = reference.starting("univariable.") + reference.starting("multivariable")
    for name, _, value in entries:
        terms = listed(value["term"])[1:]
        fit = fit_logistic(reference.columns(terms), outcome, terms)
        rows = fit.rows
        tally.compare(name, fit.coefficients, value["coef"], ITERATED)
        tally.compare(name, fit.standard_errors, value["se"], ITERATED)
        tally.compare(name, [row.ratio for row in rows], value["or"], ITERATED)
        tally.compare(name, [row.ci95[0] for row in rows], value["or_low"], ITERATED)
        tally.compare(name, [row.ci95[1] for row in rows], value["or_high"], ITERATED)
        tally.compare(name, [row.p for row in rows], value["p_wald"], ITERATED, atol=0.0)
        tally.compare(name, fit.likelihood_ratio[0], value["lr_chi2"], ITERATED)
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_likelihood_and_covariance_equal_glm(dataset, oracle, tally):
    reference = oracle(dataset, "logistic")
    ((_, _, value),) = reference.starting("multivariable")
    terms = value["term"][1:]
    fit = fit_logistic(reference.columns(terms), reference.data[OUTCOME[dataset]], terms)
    tally.compare("log likelihood", fit.log_likelihood, value["loglik"])
    tally.compare("null", -2 * fit.null_log_likelihood, value["null_deviance"])
    tally.compare("p", fit.likelihood_ratio[2], value["lr_p"], ITERATED)
    for found, expected in zip(fit.covariance, value["vcov"], strict=True):
        tally.compare("covariance", found, expected, ITERATED)
    fitted = sigmoid(fit.linear_predictor(reference.columns(terms)))[:10]
    tally.compare("fitted", fitted, value["fitted_first10"], ITERATED)
    tally.all_agree()


def test_units_change_the_coefficient_by_their_factor_only(rng):
    X = rng.normal(size=(80, 2))
    outcome = rng.random(80) < sigmoid(X[:, 0])
    plain = fit_logistic(X, outcome, ["a", "b"])
    scaled = fit_logistic(X * [1e6, 1e-5] + [1e7, 3.0], outcome, ["a", "b"])
    np.testing.assert_allclose(scaled.coefficients[1:] * [1e6, 1e-5], plain.coefficients[1:])
    assert scaled.log_likelihood == pytest.approx(plain.log_likelihood)


def test_separated_classes_are_refused_and_a_ridge_makes_them_finite():
    X, outcome = np.arange(8.0)[:, None], np.arange(8) >= 4
    with pytest.raises(ModelError) as refusal:
        fit_logistic(X, outcome, ["x"])
    assert refusal.value.code == "model_separated"
    assert np.isfinite(fit_logistic(X, outcome, ["x"], ridge=1.0).coefficients).all()


def test_quasi_separation_by_one_level_is_refused():
    level = np.array([1.0] * 4 + [0.0] * 8)
    outcome = [1] * 4 + [0, 1] * 4
    with pytest.raises(ModelError) as refusal:
        fit_logistic(level[:, None], outcome, ["level"])
    assert refusal.value.code == "model_separated"


def test_columns_that_say_nothing_of_their_own_are_named(rng):
    x = rng.normal(size=30)
    X = np.column_stack([x, np.ones(30), 2 * x + 1])
    with pytest.raises(ModelError) as refusal:
        fit_logistic(X, np.arange(30) % 2, ["x", "constant", "twice"])
    assert refusal.value.values["columns"] == "constant, twice"
