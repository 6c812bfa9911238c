import json

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.recalibration import Recalibration, fit_recalibration
from dlcs_core.statistics.calibration import calibration_in_the_large, calibration_slope


def test_folds_share_mean_and_spread_after_scaling(phantom, recalibration):
    z = recalibration.out_of_fold_logits(phantom.logits, phantom.fold)
    groups = [z[phantom.fold == k] for k in range(5)]
    np.testing.assert_allclose([g.mean() for g in groups], z.mean(), atol=1e-9)
    np.testing.assert_allclose([g.std(ddof=1) for g in groups], groups[0].std(ddof=1))


def test_out_of_fold_signature_is_calibrated_to_the_prevalence(phantom, dl_signature):
    assert dl_signature.mean() == pytest.approx(phantom.good_response.mean())
    large = calibration_in_the_large(phantom.good_response, dl_signature)
    assert large.estimate == pytest.approx(0.0, abs=1e-6)
    assert calibration_slope(phantom.good_response, dl_signature).estimate == pytest.approx(1.0)


def test_served_probabilities_of_the_mean_of_all_networks_are_calibrated(phantom, recalibration):
    ensemble = recalibration.scaled(phantom.fold_logits).mean(axis=0)
    served = np.array([recalibration.probability(float(z)) for z in ensemble])
    slope = calibration_slope(phantom.good_response, served)
    assert slope.ci95[0] < 1.0 < slope.ci95[1]
    # Without the correction the slope would be that of the single networks.
    uncorrected = recalibration.out_of_fold_slope * ensemble
    raw = 1 / (1 + np.exp(-(recalibration.out_of_fold_intercept + uncorrected)))
    assert calibration_slope(phantom.good_response, raw).estimate > slope.estimate
    assert served.mean() == pytest.approx(phantom.good_response.mean(), abs=0.02)


def test_shrinkage_is_what_the_noise_of_the_networks_implies(recalibration):
    # Signal variance 1 and noise variance 0.25: (1 + 0.25 / 5) / (1 + 0.25).
    assert recalibration.shrinkage == pytest.approx(1.05 / 1.25, abs=0.03)


def test_without_unseen_images_both_pairs_are_the_same(phantom):
    found = fit_recalibration(phantom.logits, phantom.fold, phantom.good_response)
    assert (found.shrinkage, found.n_shrinkage) == (1.0, 0)
    assert found.slope == found.out_of_fold_slope
    assert found.intercept == pytest.approx(found.out_of_fold_intercept)


def test_score_is_the_sigmoid_of_the_mean_scaled_logit(phantom, recalibration):
    logits = phantom.fold_logits[:, 0]
    expected = ((logits - recalibration.fold_shift) / recalibration.fold_scale).mean()
    assert recalibration.ensemble_logit(logits) == pytest.approx(expected)
    assert recalibration.score(logits) == pytest.approx(1 / (1 + np.exp(-expected)))
    scores = np.array(recalibration.fold_scores(logits))
    assert scores.min() <= recalibration.score(logits) <= scores.max()


def test_scaling_uses_no_outcome(phantom, recalibration):
    flipped = fit_recalibration(phantom.logits, phantom.fold, ~phantom.good_response)
    np.testing.assert_array_equal(flipped.fold_shift, recalibration.fold_shift)
    np.testing.assert_array_equal(flipped.fold_scale, recalibration.fold_scale)


def test_disagreement_of_the_folds_is_their_variance_over_their_number(recalibration):
    same = recalibration.fold_shift + 0.7 * recalibration.fold_scale
    assert recalibration.fold_logit_variance(same) == pytest.approx(0.0, abs=1e-12)
    z = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    raw = recalibration.fold_shift + z * recalibration.fold_scale
    expected = recalibration.slope**2 * z.var(ddof=1) / 5
    assert recalibration.fold_logit_variance(raw) == pytest.approx(expected)


def test_separating_logits_are_calibrated_with_a_penalty():
    outcome = np.arange(20) % 2 == 0
    found = fit_recalibration(np.where(outcome, 3.0, -3.0), np.arange(20) // 4, outcome)
    assert found.penalized
    assert np.isfinite(found.slope)


def test_json_round_trip(recalibration):
    stored = json.loads(json.dumps(recalibration.to_dict(), allow_nan=False))
    assert Recalibration.from_dict(stored).to_dict() == recalibration.to_dict()


@pytest.mark.parametrize(
    ("field", "value"),
    [("fold_scale", [1, 1, 1, 1, 0]), ("slope", float("nan")), ("n", -1), ("fold_shift", [])],
)
def test_a_malformed_calibration_is_refused(recalibration, field, value):
    with pytest.raises(ModelError) as refusal:
        Recalibration.from_dict({**recalibration.to_dict(), field: value})
    assert refusal.value.code == "model_part_malformed"


@pytest.mark.parametrize("logits", [[0.0] * 4, [0.0, 0.0, 0.0, 0.0, float("nan")]])
def test_logits_of_another_network_are_refused(recalibration, logits):
    with pytest.raises(ModelError) as refusal:
        recalibration.score(logits)
    assert refusal.value.code == "model_logits_unusable"


def test_a_fold_whose_network_says_the_same_of_everybody_is_refused():
    with pytest.raises(ModelError) as refusal:
        fit_recalibration([0.1, 0.2, 0.3, 0.3], [0, 0, 1, 1], [1, 0, 1, 0])
    assert refusal.value.code == "model_fold_constant"
