import numpy as np
import pytest

from trainer.augment import augment, batches_of, draw_epoch_order, draw_slices, generator
from trainer.config import SamplingConfig

ROWS = np.arange(10, 50)
RESPONSE = np.zeros(100, dtype=bool)
RESPONSE[10:18] = True
RESPONSE[60:] = True


def order(balancing: str, epoch: int = 0) -> np.ndarray:
    return draw_epoch_order(ROWS, RESPONSE, balancing, generator(1, 0, 0, epoch))  # type: ignore[arg-type]


def test_repeating_balances_the_classes_with_training_rows_only() -> None:
    drawn = order("repeat")
    assert set(drawn) == set(ROWS)
    assert RESPONSE[drawn].sum() == len(drawn) / 2
    counts = np.bincount(drawn)[10:18]
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("balancing", ["none", "weighted"])
def test_without_repeating_each_training_row_stands_once(balancing: str) -> None:
    assert sorted(order(balancing)) == list(ROWS)


def test_an_epoch_is_a_function_of_its_coordinates() -> None:
    assert (order("repeat", epoch=3) == order("repeat", epoch=3)).all()
    assert (order("repeat", epoch=3) != order("repeat", epoch=4)).any()


def test_a_last_batch_less_than_half_full_is_left_out() -> None:
    assert [len(batch) for batch in batches_of(np.arange(27), 10)] == [10, 10, 7]
    assert [len(batch) for batch in batches_of(np.arange(24), 10)] == [10, 10]
    assert [len(batch) for batch in batches_of(np.arange(3), 10)] == [3]


def test_augmentation_moves_pixels_and_invents_none() -> None:
    image = np.arange(3 * 112 * 112, dtype=np.float32).reshape(3, 112, 112)
    whole = augment(image, SamplingConfig(crop_px=112), generator(1, 1, 0, 0, 0))
    assert (np.sort(whole, axis=None) == np.sort(image, axis=None)).all()
    crop = augment(image, SamplingConfig(crop_px=80), generator(1, 1, 0, 0, 0))
    assert crop.shape == (3, 80, 80)
    assert np.isin(crop, image).all()


def test_all_eight_symmetries_are_drawn() -> None:
    image = np.arange(3 * 112 * 112, dtype=np.float32).reshape(3, 112, 112)
    settings = SamplingConfig(crop_px=112)
    corners = {
        tuple(augment(image, settings, generator(1, 1, 0, 0, n))[0, [0, 0, -1], [0, -1, 0]])
        for n in range(100)
    }
    assert len(corners) == 8


def test_without_rotation_a_crop_stays_upright() -> None:
    image = np.arange(3 * 112 * 112, dtype=np.float32).reshape(3, 112, 112)
    settings = SamplingConfig(crop_px=80, rotate_and_flip=False)
    crop = augment(image, settings, generator(1, 1, 0, 0, 5))
    assert (np.diff(crop, axis=2) == 1).all()


def test_sampler_draws_both_classes_alike_from_the_fold_only() -> None:
    response = np.arange(400) % 10 == 0
    rows = np.arange(50, 400)
    order = draw_epoch_order(rows, response, "sampler", generator(1, 0, 0, 0))
    assert len(order) == len(rows)
    assert set(order) <= set(rows)
    assert 0.42 < response[order].mean() < 0.58


def test_three_of_five_slices_are_drawn_in_their_order() -> None:
    five = np.arange(5, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    drawn = {
        tuple(draw_slices(five[1:4], five[[0, 4]], 1.0, generator(1, 1, 0, 0, n))[:, 0, 0])
        for n in range(300)
    }
    assert len(drawn) == 10
    assert all(first < second < third for first, second, third in drawn)
    untouched = draw_slices(five[1:4], five[[0, 4]], 0.0, generator(1, 1, 0, 0, 0))
    assert untouched[:, 0, 0].tolist() == [1, 2, 3]


def test_a_share_of_images_keeps_its_three_slices() -> None:
    five = np.arange(5, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)
    kept = [
        draw_slices(five[1:4], five[[0, 4]], 0.5, generator(1, 1, 0, 0, n))[:, 0, 0].tolist()
        == [1, 2, 3]
        for n in range(600)
    ]
    assert np.mean(kept) == pytest.approx(0.5 + 0.5 / 10, abs=0.06)
