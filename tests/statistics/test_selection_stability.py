import numpy as np
import pytest

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics import selection_stability as module
from dlcs_core.statistics.selection_stability import selection_stability

NAMES = ("strong", "weak", "noise")


@pytest.fixture
def cohort(rng):
    X = rng.normal(size=(240, 3))
    return X, rng.random(240) < 1 / (1 + np.exp(-2.0 * X[:, 0] - 0.4 * X[:, 1]))


def test_a_strong_column_is_always_picked_and_noise_seldom(cohort, rng):
    X, outcome = cohort
    found = selection_stability(X, outcome, NAMES, rng, subsamples=20)
    assert found.frequency_1se[0] == 1.0
    assert found.frequency_1se[2] < 0.3
    assert (found.frequency_1se <= found.frequency_min).all()
    assert found.subsamples + found.failed == 20


def test_the_same_seed_draws_the_same(cohort):
    X, outcome = cohort
    first, second = (
        selection_stability(X, outcome, NAMES, np.random.default_rng(4), subsamples=5)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.frequency_min, second.frequency_min)


def test_duplicates_of_a_patient_stay_together(cohort, rng, monkeypatch):
    X, outcome = cohort
    patient = np.repeat(np.arange(120), 2)
    tagged = np.column_stack([X, patient])
    seen = []

    def spy(matrix, outcome, names, fold, measure):
        seen.append((matrix[:, 3].astype(int), fold))
        return original(matrix[:, :3], outcome, names[:3], fold, measure=measure)

    original = module.fit_lasso
    monkeypatch.setattr(module, "fit_lasso", spy)
    selection_stability(tagged, outcome, (*NAMES, "patient"), rng, patient=patient, subsamples=3)
    assert len(seen) == 3
    for ids, fold in seen:
        assert ids.size == 120
        assert all(np.bincount(ids)[ids] == 2)
        assert len(set(zip(ids.tolist(), fold.tolist(), strict=True))) == 60


def test_subsamples_without_a_fit_are_refused_when_they_are_many(rng):
    outcome = np.arange(30) == 3
    with pytest.raises(ModelError) as refusal:
        selection_stability(rng.normal(size=(30, 2)), outcome, ("a", "b"), rng, subsamples=10)
    assert refusal.value.code == "bootstrap_without_fit"


@pytest.mark.parametrize("options", [{"share": 0.0}, {"share": 1.5}, {"folds": 2}])
def test_impossible_parts_are_refused(cohort, rng, options):
    with pytest.raises(CohortError):
        selection_stability(*cohort, NAMES, rng, **options)
