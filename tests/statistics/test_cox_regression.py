import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.statistics.cox_regression import fit_cox

DATASETS = ["lung", "gbsg"]
ITERATED = 1e-6


def listed(value):
    return value if isinstance(value, list) else [value]


def fit(reference, terms, ties="efron"):
    data, terms = reference.data, listed(terms)
    return fit_cox(reference.columns(terms), data["time"], data["status"], terms, ties=ties)


@pytest.mark.parametrize("dataset", DATASETS)
def test_coefficients_and_tests_equal_coxph(dataset, oracle, tally):
    reference = oracle(dataset, "cox")
    entries = reference.starting("univariable.") + reference.starting("multivariable.")
    for name, entry, value in entries:
        found = fit(reference, value["term"], entry.get("ties", "efron"))
        rows = found.rows
        tally.compare(name, found.coefficients, value["coef"], ITERATED)
        tally.compare(name, found.standard_errors, value["se"], ITERATED)
        tally.compare(name, [row.p for row in rows], value["p"], ITERATED)
        tally.compare(name, [row.ratio for row in rows], value["hr"], ITERATED)
        tally.compare(name, [row.ci95[0] for row in rows], value["hr_low"], ITERATED)
        tally.compare(name, [row.ci95[1] for row in rows], value["hr_high"], ITERATED)
        tally.compare(name, found.likelihood_ratio, value["lr"], ITERATED)
        tally.compare(name, found.score_statistic, value["score"][0], ITERATED)
    tally.all_agree()


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_baseline_hazard_follows_the_ties_of_the_coefficients(dataset, ties, oracle, tally):
    reference = oracle(dataset, "cox")
    ((name, _, value),) = reference.starting(f"baseline.{ties}")
    terms = reference.entries[f"multivariable.{ties}"]["value"]["term"]
    found = fit(reference, terms, ties)
    baseline = found.baseline
    step = np.searchsorted(baseline.time_months, value["time"], side="right") - 1
    # R's baseline stands at all covariates 0, ours at the means.
    at_zero = baseline.cumulative_hazard[step] * np.exp(-found.means @ found.coefficients)
    tally.compare(name, at_zero, value["cumhaz"], ITERATED)
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_likelihood_and_linear_predictor_equal_coxph(dataset, oracle, tally):
    reference = oracle(dataset, "cox")
    for name, entry, value in reference.starting("multivariable."):
        found = fit(reference, value["term"], entry["ties"])
        likelihoods = [found.null_log_likelihood, found.log_likelihood]
        tally.compare(name, likelihoods, value["loglik"], ITERATED)
        lp = found.linear_predictor(reference.columns(value["term"]))
        uncentred = lp + found.means @ found.coefficients
        tally.compare(name, uncentred[:10], value["lp_uncentered_first10"], ITERATED)
        for row, expected in zip(found.covariance, value["vcov"], strict=True):
            tally.compare(name, row, expected, ITERATED)
    tally.all_agree()


def test_order_of_patients_is_irrelevant(rng):
    X, time = rng.normal(size=(60, 2)), rng.integers(1, 12, 60)
    event, order = rng.random(60) < 0.6, rng.permutation(60)
    first = fit_cox(X, time, event, ["a", "b"])
    second = fit_cox(X[order], time[order], event[order], ["a", "b"])
    np.testing.assert_allclose(first.coefficients, second.coefficients, rtol=1e-9)


def test_a_column_that_orders_all_deaths_is_refused_and_a_ridge_makes_it_finite():
    X, time = np.arange(9.0)[:, None], np.arange(9, 0, -1)
    with pytest.raises(ModelError) as refusal:
        fit_cox(X, time, np.ones(9), ["x"])
    assert refusal.value.code == "model_separated"
    assert np.isfinite(fit_cox(X, time, np.ones(9), ["x"], ridge=1.0).coefficients).all()


def test_hazard_ratio_of_exponential_times_is_found(rng):
    group = (np.arange(4000) % 2).astype(float)
    time = rng.exponential(1.0 / np.exp(0.7 * group))
    found = fit_cox(group[:, None], time, np.ones(4000), ["group"])
    assert found.coefficients[0] == pytest.approx(0.7, abs=3 * found.standard_errors[0])


@pytest.mark.parametrize("steepness", [1.0, 30.0, 1e4])
def test_a_column_that_orders_every_death_is_refused(rng, steepness):
    time = rng.exponential(size=60)
    X = np.column_stack([-steepness * time, rng.normal(size=60)])
    event = rng.random(60) < 0.6
    with pytest.raises(ModelError) as refusal:
        fit_cox(X, time, event, ["order", "noise"])
    assert refusal.value.code == "model_separated"


def test_a_single_death_bears_no_estimate(rng):
    event = np.arange(60) == 0
    X = np.column_stack([rng.normal(size=60), rng.integers(0, 2, 60)])
    with pytest.raises(ModelError) as refusal:
        fit_cox(X, rng.exponential(size=60), event, ["a", "b"])
    assert refusal.value.code == "model_separated"
