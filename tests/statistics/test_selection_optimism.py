"""A selection that is repeated in every resample tells its whole optimism."""

import numpy as np
import pytest

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.bootstrap import bootstrap_optimism
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid
from dlcs_core.statistics.selection_optimism import selected_logistic, selection_optimism


def each_alone(names):
    return {name: [name] for name in names}


@pytest.fixture
def noise(rng):
    """Twenty columns of which one says something."""
    X = rng.normal(size=(150, 20))
    names = [f"x{i}" for i in range(20)]
    return X, rng.random(150) < sigmoid(0.7 * X[:, 0]), names


def test_without_selection_the_model_is_the_plain_one(noise):
    X, y, names = noise
    found = selected_logistic(X[:, :3], y, names[:3], each_alone(names[:3]), None)
    plain = fit_logistic(X[:, :3], y, names[:3])
    np.testing.assert_allclose(found.coefficients, plain.coefficients, rtol=1e-10)


def test_screening_keeps_what_is_significant_alone(noise):
    X, y, names = noise
    found = selected_logistic(X, y, names, each_alone(names), None, screening_p=0.1)
    alone = {
        name: fit_logistic(X[:, [i]], y, [name]).likelihood_ratio[2] for i, name in enumerate(names)
    }
    assert set(found.names[1:]) == {name for name, p in alone.items() if p < 0.1}


def test_a_variable_enters_with_all_its_columns(rng):
    level = rng.integers(0, 4, 400)
    X = np.column_stack([level == 1, level == 2, level == 3, rng.normal(size=400)]).astype(float)
    y = rng.random(400) < sigmoid(2.0 * (level == 3) - 0.5)
    groups = {"level": ["l1", "l2", "l3"], "x": ["x"]}
    found = selected_logistic(X, y, ["l1", "l2", "l3", "x"], groups, np.arange(400) % 10)
    assert {"l1", "l2", "l3"} <= set(found.names)


def test_repeating_the_selection_finds_more_optimism_than_refitting_its_result(noise):
    X, y, names = noise
    found = selected_logistic(X, y, names, each_alone(names), None, screening_p=0.2)
    kept = [names.index(name) for name in found.names[1:]]

    def refit(rows):
        fit = fit_logistic(X[np.ix_(rows, kept)], y[rows], found.names[1:])
        return fit.linear_predictor(X[:, kept])

    fixed = bootstrap_optimism(refit, y, np.random.default_rng(1), resamples=150)
    honest = selection_optimism(
        X, y, names, each_alone(names), np.random.default_rng(1),
        screening_p=0.2, lasso=False, resamples=150,
    )  # fmt: skip
    assert honest.measures["auc"].apparent == pytest.approx(fixed.measures["auc"].apparent)
    assert honest.measures["auc"].optimism > fixed.measures["auc"].optimism + 0.01


def test_repeats_of_a_patient_stand_in_one_fold(noise, rng, monkeypatch):
    from dlcs_core.statistics import selection_optimism as module

    X, _, names = noise
    seen = []
    honest = module.fit_lasso

    def watched(columns, outcome, listed, fold, **options):
        seen.append((columns.copy(), np.array(fold)))
        return honest(columns, outcome, listed, fold, **options)

    monkeypatch.setattr(module, "fit_lasso", watched)
    strong = rng.random(150) < sigmoid(2.0 * X[:, 0])
    selection_optimism(X, strong, names, each_alone(names), np.random.default_rng(2), resamples=3)
    for columns, fold in seen:
        _, patient = np.unique(columns, axis=0, return_inverse=True)
        assert all(np.unique(fold[patient == i]).size == 1 for i in range(patient.max() + 1))


def test_a_selection_of_nothing_is_refused(rng):
    X, y = rng.normal(size=(60, 2)), np.arange(60) % 2 == 0
    with pytest.raises(ModelError) as refusal:
        selection_optimism(
            X, y, ["a", "b"], {"a": ["a"], "b": ["b"]}, rng, screening_p=1e-12, lasso=False,
            resamples=5,
        )  # fmt: skip
    assert refusal.value.code == "model_nothing_selected"


def test_fewer_than_three_folds_are_refused(noise, rng):
    X, y, names = noise
    with pytest.raises(CohortError) as refusal:
        selection_optimism(X, y, names, each_alone(names), rng, folds=2)
    assert refusal.value.code == "statistic_too_few_folds"
