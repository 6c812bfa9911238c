"""Latent SMOTE: its geometry is imbalanced-learn's, its parents are on record."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import NearestNeighbors

from dlcs_core.deepsmote.interpolate import draw_interpolations, interpolate, nearest_neighbors
from dlcs_core.errors import ModelError

NEIGHBORS = 5


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)


def test_neighbor_graph_is_scikit_learns(codes: np.ndarray) -> None:
    expected = NearestNeighbors(n_neighbors=NEIGHBORS + 1).fit(codes).kneighbors(codes)[1]
    assert np.array_equal(nearest_neighbors(codes, NEIGHBORS), expected[:, 1:])


def test_same_draws_give_what_imbalanced_learn_gives(codes: np.ndarray) -> None:
    """Its SMOTE draws (parent, neighbour) as one number and then the weights."""
    majority = np.random.default_rng(2).normal(size=(100, 6)).astype(np.float32) + 9
    table, label = np.concatenate([codes, majority]), np.repeat([1, 0], [40, 100])
    made, _ = SMOTE(k_neighbors=NEIGHBORS, random_state=7).fit_resample(table, label)
    drawn = np.random.RandomState(7)
    place = drawn.randint(low=0, high=40 * NEIGHBORS, size=60)
    weight = drawn.uniform(size=60)
    parent, column = place // NEIGHBORS, place % NEIGHBORS
    neighbor = nearest_neighbors(codes, NEIGHBORS)[parent, column]
    ours = interpolate(codes, parent, neighbor, weight)
    np.testing.assert_allclose(ours.codes, made[140:], rtol=1e-5, atol=1e-6)


def test_every_new_code_lies_on_its_recorded_segment(codes: np.ndarray) -> None:
    made = draw_interpolations(codes, 500, NEIGHBORS, np.random.default_rng(3))
    nearest = nearest_neighbors(codes, NEIGHBORS)
    assert all(b in nearest[a] for a, b in zip(made.parent, made.neighbor, strict=True))
    along = (1 - made.weight)[:, None] * codes[made.parent]
    along += made.weight[:, None] * codes[made.neighbor]
    np.testing.assert_allclose(made.codes, along, atol=1e-5)
    assert 0 <= made.weight.min() < 0.02 < 0.98 < made.weight.max() < 1
    # Parents and places are drawn evenly: 500 draws from 200 pairs.
    assert len({*zip(made.parent, made.neighbor, strict=True)}) > 160


def test_nearer_parent_is_the_nearer_code(codes: np.ndarray) -> None:
    made = draw_interpolations(codes, 100, NEIGHBORS, np.random.default_rng(4))
    far = np.where(made.nearer_parent == made.parent, made.neighbor, made.parent)
    near_distance = np.linalg.norm(made.codes - codes[made.nearer_parent], axis=1)
    assert np.all(near_distance <= np.linalg.norm(made.codes - codes[far], axis=1) + 1e-6)


def test_small_classes_take_all_the_neighbors_they_have(codes: np.ndarray) -> None:
    assert nearest_neighbors(codes[:3], NEIGHBORS).shape == (3, 2)
    with pytest.raises(ModelError) as refusal:
        draw_interpolations(codes[:1], 4, NEIGHBORS, np.random.default_rng(0))
    assert refusal.value.code == "class_too_small_to_interpolate"


def test_duplicates_are_no_trouble() -> None:
    same = np.ones((6, 3), dtype=np.float32)
    made = draw_interpolations(same, 10, NEIGHBORS, np.random.default_rng(0))
    assert np.all(made.codes == 1)
    assert np.all(made.parent != made.neighbor)
