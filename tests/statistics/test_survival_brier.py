import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.survival_brier import survival_brier

ITERATED = 1e-6


def predicted_survival(oracle, dataset, horizons):
    """Survival of every patient by the oracle's Cox model."""
    reference = oracle(dataset, "cox")
    terms = reference.entries["multivariable.efron"]["value"]["term"]
    X = reference.columns(terms)
    fit = fit_cox(X, reference.data["time"], reference.data["status"], terms)
    step = np.searchsorted(fit.baseline.time_months, horizons, side="right") - 1
    hazard = fit.baseline.cumulative_hazard[step]
    return np.exp(-np.outer(np.exp(fit.linear_predictor(X)), hazard))


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_brier_ipa_and_integral_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "survival_metrics")
    data, value = reference.data, reference.entries["brier"]["value"]
    survival = predicted_survival(oracle, dataset, value["times"])
    found = survival_brier(data["time"], data["status"], survival, value["times"])
    tally.compare("brier", found.brier, value["left_limit"], ITERATED)
    tally.compare("null", found.null, value["null_left_limit"])
    tally.compare("error", found.se, value["riskRegression_se"], ITERATED)
    tally.compare("ipa", found.ipa, value["ipa"], ITERATED)
    integrals = reference.entries["ibs"]["value"]
    tally.compare("ibs", found.integrated, integrals["grid_trapezoid_left"], ITERATED)
    tally.compare("null ibs", found.integrated_null, integrals["null_grid_trapezoid_left"])
    tally.all_agree()


def test_without_censoring_it_is_the_mean_squared_error(rng):
    time, survival = rng.exponential(size=50), rng.random(50)
    found = survival_brier(time, np.ones(50), survival[:, None], [0.5])
    assert found.brier[0] == pytest.approx(np.mean((survival - (time > 0.5)) ** 2))


def test_one_horizon_has_no_integral_and_none_is_known_beyond_the_follow_up():
    found = survival_brier([1, 2], [1, 1], [[0.5], [0.5]], [1])
    assert found.integrated is None
    assert np.isnan(survival_brier([1, 2], [1, 1], [[0.5], [0.5]], [3]).brier[0])


@pytest.mark.parametrize("horizons", [[2, 1], [1, 1]])
def test_horizons_must_increase(horizons):
    with pytest.raises(CohortError) as refusal:
        survival_brier([1, 2], [1, 1], np.full((2, 2), 0.5), horizons)
    assert refusal.value.code == "statistic_horizons_not_increasing"


def test_one_prediction_per_horizon_is_needed():
    with pytest.raises(CohortError) as refusal:
        survival_brier([1, 2], [1, 1], np.full((2, 3), 0.5), [1, 2])
    assert refusal.value.code == "statistic_design_shape"
