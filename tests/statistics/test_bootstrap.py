import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.statistics.bootstrap import bootstrap_optimism, net_benefit_difference
from dlcs_core.statistics.decision_curve import net_benefit
from dlcs_core.statistics.logistic_regression import fit_logistic

OUTCOME = {"aSAH": "poor", "birthwt": "low"}


def model_of(reference, logistic, outcome):
    """The oracle's multivariable model as a function of rows."""
    terms = logistic.entries["multivariable"]["value"]["term"][1:]
    X = reference.columns(terms)

    def fit(rows):
        return fit_logistic(X[rows], outcome[rows], terms).linear_predictor(X)

    return fit


@pytest.mark.parametrize("dataset", OUTCOME)
def test_optimism_lies_where_rms_validate_finds_it(dataset, oracle, rng):
    reference = oracle(dataset, "bootstrap")
    outcome = reference.data[OUTCOME[dataset]].to_numpy() == 1
    value = reference.entries["bootstrap_optimism"]["value"]
    fit = model_of(reference, oracle(dataset, "logistic"), outcome)
    found = bootstrap_optimism(fit, outcome, rng, resamples=300).measures
    assert found["auc"].apparent == pytest.approx(value["apparent_auc"], rel=1e-8)
    assert found["brier"].apparent == pytest.approx(value["brier_apparent"], rel=1e-6)
    for name in ("auc", "slope", "intercept", "brier"):
        low, high = value[f"{name}_corrected_range"]
        mean = value[f"{name}_corrected_mean"]
        assert abs(found[name].corrected - mean) < 2 * max(high - mean, mean - low), name


def test_models_of_noise_are_corrected_to_chance(rng):
    found = []
    for _ in range(12):
        X, outcome = rng.normal(size=(150, 8)), rng.random(150) < 0.4
        fit = noise_model(X, outcome)
        found.append(bootstrap_optimism(fit, outcome, rng, resamples=40).measures["auc"])
    assert np.mean([auc.apparent for auc in found]) > 0.63
    assert np.mean([auc.corrected for auc in found]) == pytest.approx(0.5, abs=0.06)


def noise_model(X, outcome):
    names = [f"x{i}" for i in range(X.shape[1])]
    return lambda rows: fit_logistic(X[rows], outcome[rows], names).linear_predictor(X)


def test_rows_of_a_patient_are_drawn_together(rng):
    patient = np.repeat(np.arange(40), 3)
    outcome = np.repeat(rng.random(40) < 0.5, 3)
    drawn = []

    def fit(rows):
        drawn.append(np.bincount(patient[rows], minlength=40))
        return rng.normal(size=120)

    bootstrap_optimism(fit, outcome, rng, resamples=5, patient=patient)
    assert all((count % 3 == 0).all() for count in drawn)


def test_a_model_without_fits_is_refused(rng):
    outcome = np.arange(30) % 2 == 0
    calls = iter(range(1000))

    def fit(rows):
        if next(calls):
            raise ModelError("model_separated", n=30, events=15)
        return rng.normal(size=30)

    with pytest.raises(ModelError) as refusal:
        bootstrap_optimism(fit, outcome, rng, resamples=10)
    assert refusal.value.code == "bootstrap_without_fit"


def cohort(rng, n):
    logit = rng.normal(-0.5, 1, n)
    outcome = rng.random(n) < 1 / (1 + np.exp(-logit))
    noisy = logit + rng.normal(0, 1, n)
    return outcome, 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(-noisy))


def test_the_interval_is_that_of_resampled_patients(rng):
    outcome, a, b = cohort(rng, 300)
    t = np.array([0.6, 0.2, 0.4])
    found = net_benefit_difference(outcome, a, b, t, rng, resamples=4000)
    plain = []
    for _ in range(4000):
        rows = rng.integers(0, 300, 300)
        y = outcome[rows]
        plain.append(net_benefit(y, a[rows], t) - net_benefit(y, b[rows], t))
    low, high = np.quantile(plain, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(found.ci95_low, low, atol=0.008)
    np.testing.assert_allclose(found.ci95_high, high, atol=0.008)
    expected = net_benefit(outcome, a, t) - net_benefit(outcome, b, t)
    np.testing.assert_array_equal(found.difference, expected)


def test_a_model_beside_itself_has_no_difference(rng):
    outcome, a, _ = cohort(rng, 200)
    found = net_benefit_difference(outcome, a, a, [0.1, 0.5], rng, resamples=50)
    assert not found.difference.any()
    assert not found.ci95_low.any()
    assert not found.ci95_high.any()


def test_a_better_model_is_seen_among_many_patients(rng):
    outcome, a, b = cohort(rng, 20_000)
    found = net_benefit_difference(outcome, a, b, [0.3, 0.4], rng, resamples=200)
    assert (found.ci95_low > 0).all()
