"""Epochs with synthetic images: 1:1, capped in every batch, spread evenly."""

from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.deepsmote.settings import DeepSmoteSettings
from trainer.augment import batches_of
from trainer.synthetic_order import draw_synthetic_order

RARE, COMMON = np.arange(20), np.arange(20, 80)
MADE_RARE, MADE_COMMON = np.arange(100, 140), np.arange(200, 240)
SETTINGS = DeepSmoteSettings(synthetic_share_cap=1.0, both_classes_through_decoder=False)


def draw(settings: DeepSmoteSettings, batch_size: int = 16, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    synthetic = (MADE_RARE, MADE_COMMON)
    return draw_synthetic_order((RARE, COMMON), synthetic, settings, batch_size, rng)


def test_without_a_cap_each_real_and_each_synthetic_image_stands_once() -> None:
    assert sorted(draw(SETTINGS)) == sorted([*RARE, *COMMON, *MADE_RARE])


@pytest.mark.parametrize("cap", [0.0, 0.05, 0.1, 0.25, 0.4])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_no_batch_exceeds_the_cap_and_the_classes_stay_one_to_one(
    cap: float, both: bool, seed: int
) -> None:
    settings = replace(SETTINGS, synthetic_share_cap=cap, both_classes_through_decoder=both)
    order = draw(settings, seed=seed)
    assert len(order) == 120
    is_rare = np.isin(order, RARE) | np.isin(order, MADE_RARE)
    assert is_rare.sum() == 60
    shares = [np.mean(batch >= 100) for batch in batches_of(order, 16)]
    assert max(shares[:-1]) <= cap
    if cap >= 0.25:
        assert min(shares[:-1]) > 0


def test_a_synthetic_image_says_nothing_about_its_class_with_both_through_the_decoder() -> None:
    settings = replace(SETTINGS, both_classes_through_decoder=True)
    order = draw(settings)
    assert np.isin(order, MADE_RARE).sum() == np.isin(order, MADE_COMMON).sum() == 40
    assert np.isin(order, RARE).sum() == np.isin(order, COMMON).sum() == 20


def test_a_cap_of_nothing_repeats_whole_rounds() -> None:
    counts = np.bincount(draw(replace(SETTINGS, synthetic_share_cap=0.0)), minlength=80)
    assert set(counts[RARE]) == {3}
    assert set(counts[COMMON]) == {1}


def test_length_is_known_before_any_image_is_made() -> None:
    none = (np.empty(0, dtype=np.int64),) * 2
    order = draw_synthetic_order((RARE, COMMON), none, SETTINGS, 16, np.random.default_rng(0))
    assert len(order) == len(draw(SETTINGS))
