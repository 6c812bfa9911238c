import numpy as np
import pytest

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.calibration import calibration_in_the_large, calibration_slope
from dlcs_core.statistics.recalibration import recalibrate, stratified_folds


def cohort(rng, n, intercept=0.8, slope=0.6):
    """Risks of a model that is off by a known intercept and slope here."""
    logit = rng.normal(-0.5, 1.2, n)
    truth = 1 / (1 + np.exp(-(intercept + slope * logit)))
    return rng.random(n) < truth, 1 / (1 + np.exp(-logit))


def test_many_patients_give_back_the_known_intercept_and_slope(rng):
    found = recalibrate(*cohort(rng, 20_000))
    assert found.update.method == "intercept_and_slope"
    assert found.update.intercept == pytest.approx(0.8, abs=0.06)
    assert found.update.slope == pytest.approx(0.6, abs=0.05)
    assert found.after.brier < found.before.brier
    assert found.after.ici < 0.02 < found.before.ici
    assert found.after.calibration_slope == pytest.approx(1.0, abs=0.06)


def test_a_class_below_100_gets_the_intercept_only(rng):
    outcome, risk = cohort(rng, 400)
    smaller = min(outcome.sum(), (~outcome).sum())
    kept = np.r_[np.flatnonzero(outcome)[:99], np.flatnonzero(~outcome)]
    assert smaller >= 99
    found = recalibrate(outcome[kept], risk[kept])
    assert found.update.method == "intercept"
    assert found.update.slope == 1.0
    expected = calibration_in_the_large(outcome[kept], risk[kept]).estimate
    assert found.update.intercept == pytest.approx(expected)


def test_adjusted_probabilities_are_calibrated_where_they_were_fitted(rng):
    outcome, risk = cohort(rng, 2000)
    adjusted = recalibrate(outcome, risk).update.probabilities(risk)
    assert calibration_in_the_large(outcome, adjusted).estimate == pytest.approx(0.0, abs=1e-8)
    assert calibration_slope(outcome, adjusted).estimate == pytest.approx(1.0, abs=1e-8)


def test_a_sound_model_is_hardly_changed_and_not_made_better(rng):
    outcome, risk = cohort(rng, 5000, intercept=0.0, slope=1.0)
    found = recalibrate(outcome, risk)
    assert found.update.intercept == pytest.approx(0.0, abs=0.15)
    assert found.after.brier == pytest.approx(found.before.brier, abs=5e-4)


def test_the_same_table_gives_the_same_numbers(rng):
    outcome, risk = cohort(rng, 400)
    assert recalibrate(outcome, risk) == recalibrate(outcome, risk)


def test_no_patient_is_judged_by_an_update_that_saw_it(rng):
    outcome, risk = cohort(rng, 300)
    before = recalibrate(outcome, risk)
    fold = stratified_folds(outcome, 10)
    assert np.ptp(np.bincount(fold[outcome])) <= 1
    assert np.ptp(np.bincount(fold[~outcome])) <= 1
    # In-sample the intercept would be exactly 0; left out it is not.
    assert before.after.calibration_intercept != pytest.approx(0.0, abs=1e-9)


def test_a_score_that_is_upside_down_is_refused(rng):
    outcome, risk = cohort(rng, 1000, slope=-0.8)
    with pytest.raises(ModelError) as refusal:
        recalibrate(outcome, risk)
    assert refusal.value.code == "recalibration_slope_not_positive"


@pytest.mark.parametrize(
    ("outcome", "risk", "code"),
    [
        ([1, 0, 0, 0], [0.5, 0.4, 0.3, 0.2], "statistic_class_too_small"),
        ([1, 1, 0, 0], [1.0, 0.4, 0.3, 0.2], "statistic_risk_certain"),
        ([1, 1, 1, 1], [0.5, 0.4, 0.3, 0.2], "statistic_single_class"),
    ],
)
def test_impossible_cohorts_are_refused(outcome, risk, code):
    with pytest.raises(CohortError) as refusal:
        recalibrate(outcome, risk)
    assert refusal.value.code == code
