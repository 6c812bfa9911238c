"""Synthetic sets: counts, classes, residuals, nearest images."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcs_core.deepsmote.fit import fit_autoencoder
from dlcs_core.deepsmote.oversample import (
    images_to_make,
    make_synthetic_set,
    nearer_parents,
    nearest_images,
    with_residual,
)
from dlcs_core.deepsmote.settings import DeepSmoteSettings

QUICK = DeepSmoteSettings(latent_size=6, width=8, epochs=1, batch_size=8)
CLASSES = np.array([1] * 5 + [0] * 12)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    rng = np.random.default_rng(0)
    disc = np.hypot(*np.mgrid[-16:16, -16:16]) < rng.uniform(6, 12, (17, 1, 1, 1))
    return ((0.5 + 0.1 * rng.normal(size=(17, 1, 32, 32))) * disc).clip(0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def model(images: np.ndarray) -> object:
    torch.set_num_threads(1)
    return fit_autoencoder(images, CLASSES, QUICK, 0)


@pytest.mark.parametrize(("both", "made"), [(False, {1: 7}), (True, {1: 7, 0: 7})])
def test_the_rarer_class_is_filled_up_and_the_other_matched_on_demand(
    both: bool, made: dict[int, int]
) -> None:
    settings = replace(QUICK, both_classes_through_decoder=both)
    assert images_to_make(CLASSES, settings) == made
    assert images_to_make(1 - CLASSES, settings) == {1 - one: n for one, n in made.items()}


@pytest.mark.parametrize("residual", [False, True])
def test_origins_are_of_the_class_and_complete(
    model: object, images: np.ndarray, residual: bool
) -> None:
    settings = replace(QUICK, residual_of_neighbor=residual)
    made = make_synthetic_set(model, images, CLASSES, settings, 4)  # type: ignore[arg-type]
    assert len(made.images) == 14
    for rows in (made.parent, made.neighbor):
        assert np.array_equal(CLASSES[rows], made.classes)
    expected = nearer_parents(made) if residual else np.full(14, -1)
    assert np.array_equal(made.residual_of, expected)
    assert 0 <= made.images.min() <= made.images.max() <= 1


def test_a_mixture_of_weight_0_with_its_residual_is_the_parent() -> None:
    rng = np.random.default_rng(0)
    parent, kept = rng.uniform(0.2, 0.8, (2, 3, 1, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(with_residual(kept, parent, kept), parent, atol=1e-6)


def test_no_residual_appears_where_nothing_is() -> None:
    made = np.array([[[[0.0, 0.5, 0.5]]]], dtype=np.float32)
    parent = np.array([[[[0.9, 0.0, 0.7]]]], dtype=np.float32)
    kept = np.array([[[[0.4, 0.6, 0.6]]]], dtype=np.float32)
    np.testing.assert_allclose(with_residual(made, parent, kept), [[[[0, 0.5, 0.6]]]], atol=1e-6)


def test_residual_gives_the_texture_back(images: np.ndarray) -> None:
    """A smooth decoder keeps the outline only; with the residual the grain is the parent's."""
    smooth = np.where(images > 0, 0.5, 0).astype(np.float32)
    made = with_residual(smooth, images, smooth)
    inside = images > 0
    assert made[inside].std() == pytest.approx(images[inside].std(), rel=1e-3)


def test_nearest_image_is_the_one_a_plain_search_finds() -> None:
    rng = np.random.default_rng(0)
    some, others = rng.random((4, 1, 6, 6)), rng.random((9, 1, 6, 6))
    others[7] = some[2]
    nearest, distance = nearest_images(some.astype(np.float32), others.astype(np.float32))
    plain = np.sqrt(((some[:, None] - others) ** 2).mean((2, 3, 4)))
    assert np.array_equal(nearest, plain.argmin(1))
    np.testing.assert_allclose(distance, plain.min(1), atol=1e-6)
    assert (nearest[2], distance[2]) == (7, 0)
