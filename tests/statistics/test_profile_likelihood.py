import numpy as np
import pytest

from dlcs_core.statistics.logistic_regression import fit_logistic
from dlcs_core.statistics.profile_likelihood import profile_intervals, term_tests

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
MASS = 2e-3
"""``MASS::confint`` interpolates the profile on a grid; ours solves for the limit."""


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("dataset", OUTCOME)
def test_profile_intervals_are_those_of_confint(dataset, oracle, tally):
    reference = oracle(dataset, "logistic")
    outcome = reference.data[OUTCOME[dataset]]
    for name, _, value in reference.starting("univariable.") + reference.starting("multivariable"):
        terms = listed(value["term"])[1:]
        found = profile_intervals(reference.columns(terms), outcome, terms)
        for side, key in (("low", "or_low_profile"), ("high", "or_high_profile")):
            limits = [getattr(interval, side) for interval in found]
            tally.compare(f"{name} {side}", limits, np.log(value[key]).tolist(), MASS, MASS)
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_term_tests_equal_drop1(dataset, oracle, tally):
    reference = oracle(dataset, "logistic")
    ((_, _, value),) = reference.starting("multivariable")
    terms = value["term"][1:]
    columns_of = {
        variable: [term for term in terms if term.startswith(variable)]
        for variable in value["drop1_term"]
    }
    outcome = reference.data[OUTCOME[dataset]]
    found = term_tests(reference.columns(terms), outcome, terms, columns_of)
    tally.compare("chi-square", [t.statistic for t in found], value["drop1_lrt"], 1e-6)
    tally.compare("df", [t.df for t in found], value["drop1_df"])
    tally.compare("p", [t.p for t in found], value["drop1_p"], 1e-6)
    tally.all_agree()


def test_the_limit_costs_exactly_the_critical_likelihood(rng):
    x = rng.normal(size=60)
    outcome = rng.random(60) < 1 / (1 + np.exp(-x))
    slope = profile_intervals(x[:, None], outcome, ["x"])[1]
    best = fit_logistic(x[:, None], outcome, ["x"]).log_likelihood
    for limit in (slope.low, slope.high):
        empty = np.empty((60, 0))
        fixed = fit_logistic(empty, outcome, [], offset=limit * x).log_likelihood
        assert 2 * (best - fixed) == pytest.approx(3.841458820694124, abs=1e-8)


def test_large_cohorts_agree_with_wald(rng):
    x = rng.normal(size=20_000)
    outcome = rng.random(x.size) < 1 / (1 + np.exp(-0.5 * x))
    fit = fit_logistic(x[:, None], outcome, ["x"])
    slope = profile_intervals(x[:, None], outcome, ["x"])[1]
    assert np.exp([slope.low, slope.high]) == pytest.approx(fit.rows[1].ci95, rel=1e-3)
