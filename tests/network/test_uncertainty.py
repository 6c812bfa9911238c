import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.network.uncertainty import ReferenceStatistics, fit_reference, fold_spread

N_FEATURES = 40


def cases(n, seed, shift=0.0):
    """Features of two folds; six directions hold most of the variance."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(2, 6, N_FEATURES))
    latent = rng.normal(size=(2, n, 6)) @ mixing
    return latent + 0.1 * rng.normal(size=(2, n, N_FEATURES)) + shift


@pytest.fixture(scope="module")
def reference():
    return fit_reference(cases(300, 1), n_components=6, quantile=0.99)


def test_spread_is_range_and_sample_deviation():
    spread = fold_spread([0.1, 0.5, 0.3])
    assert (spread.minimum, spread.maximum) == (0.1, 0.5)
    assert spread.standard_deviation == pytest.approx(0.2)


def test_single_fold_has_no_spread():
    assert fold_spread([0.4]).standard_deviation == 0


def test_distance_equals_mahalanobis_with_the_covariance_written_out(reference):
    case = cases(1, 5)[:, 0]
    squared = []
    for fold in range(2):
        directions = reference.directions[fold]
        covariance = directions.T @ np.diag(reference.variance[fold]) @ directions
        covariance += reference.rest_variance[fold] * (
            np.eye(N_FEATURES) - directions.T @ directions
        )
        centred = case[fold] - reference.mean[fold]
        squared.append(centred @ np.linalg.solve(covariance, centred) / N_FEATURES)
    assert reference.distance(case) == pytest.approx(np.sqrt(np.mean(squared)), rel=1e-9)


def test_like_cases_are_about_one_away(reference):
    distances = reference.distance(cases(500, 2).swapaxes(0, 1))
    assert distances.shape == (500,)
    assert distances.mean() == pytest.approx(1, abs=0.1)


def test_threshold_lets_about_its_quantile_of_unseen_like_cases_pass(reference):
    distances = reference.distance(cases(2000, 3).swapaxes(0, 1))
    assert np.mean(distances <= reference.threshold) > 0.98


def test_shifted_case_is_out_of_distribution_and_a_like_one_is_not(reference):
    assert reference.is_out_of_distribution(cases(1, 4, shift=2.0)[:, 0])
    assert not reference.is_out_of_distribution(cases(1, 4)[:, 0])


def test_unusual_direction_outside_the_leading_ones_is_noticed(reference):
    rng = np.random.default_rng(7)
    case = reference.mean.copy()
    for fold, directions in enumerate(reference.directions):
        step = rng.normal(size=N_FEATURES)
        step -= directions.T @ (directions @ step)
        case[fold] += 4 * step / np.linalg.norm(step)
    assert reference.is_out_of_distribution(case)


def test_threshold_of_held_out_cases_replaces_the_fitted_one(reference):
    held_out = cases(200, 6).swapaxes(0, 1)
    moved = reference.with_threshold(held_out, quantile=0.9)
    assert np.mean(reference.distance(held_out) <= moved.threshold) == pytest.approx(0.9, abs=0.01)
    assert (moved.quantile, moved.n_cases) == (0.9, 200)
    np.testing.assert_array_equal(moved.mean, reference.mean)


def test_folds_may_have_different_numbers_of_cases():
    first, second = cases(60, 1)
    fitted = fit_reference([first, second[:45]])
    assert fitted.n_cases == 105
    assert fitted.directions.shape == (2, 15, N_FEATURES)


def test_feature_that_never_varies_keeps_distances_finite():
    features = cases(60, 1)
    features[..., 3] = 0
    assert np.isfinite(fit_reference(features).distance(cases(5, 2).swapaxes(0, 1))).all()


def test_reference_comes_back_from_its_arrays(reference):
    back = ReferenceStatistics.from_arrays(reference.to_arrays())
    case = cases(1, 5)[:, 0]
    assert back.distance(case) == reference.distance(case)
    assert (back.threshold, back.quantile, back.n_cases) == (
        reference.threshold,
        reference.quantile,
        reference.n_cases,
    )


def spoilt(arrays, name, value):
    return {**arrays, name: np.asarray(value)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", np.nan),
        ("threshold", [1.0]),
        ("rest_variance", [0.0, 1.0]),
        ("mean", np.zeros((2, N_FEATURES), np.float32)),
        ("directions", np.zeros((2, 6))),
        ("mean", np.zeros((3, N_FEATURES))),
        ("surplus", 0.0),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(name, value, reference):
    with pytest.raises(ModelError, match="reference_malformed"):
        ReferenceStatistics.from_arrays(spoilt(reference.to_arrays(), name, value))


def test_missing_array_is_refused(reference):
    arrays = reference.to_arrays()
    del arrays["variance"]
    with pytest.raises(ModelError, match="reference_malformed"):
        ReferenceStatistics.from_arrays(arrays)


@pytest.mark.parametrize("features", [cases(9, 1), np.full((2, 50, N_FEATURES), np.nan)])
def test_too_few_or_missing_features_are_refused(features):
    with pytest.raises(ModelError, match="reference_needs_cases"):
        fit_reference(features)


def test_features_of_another_network_are_refused(reference):
    with pytest.raises(ModelError, match="reference_shape"):
        reference.distance(np.zeros((3, N_FEATURES)))
