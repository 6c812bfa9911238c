"""Order, balance and augmentation of an epoch: every draw is a function of its coordinates.

The generator of a draw is seeded with (seed, purpose, fold, epoch, position). Nothing is carried
from one draw to the next, so a run that was cut off goes on with the very numbers it would have
drawn, whatever the number of processes.
"""

import numpy as np
from numpy.typing import NDArray

from trainer.config import Balancing, SamplingConfig
from trainer.scanner_variation import vary_scanner

ORDER, AUGMENTATION, INITIAL_WEIGHTS = 0, 1, 2
"""Purposes of a draw: separate streams under one seed."""


def generator(seed: int, *coordinates: int) -> np.random.Generator:
    """Return the generator of one draw."""
    return np.random.default_rng([seed, *coordinates])


def draw_epoch_order(
    rows: NDArray[np.int64],
    good_response: NDArray[np.bool_],
    balancing: Balancing,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return the rows of one epoch in random order, good responders repeated if asked.

    Parameters
    ----------
    rows : array of int64, shape (n_training,)
        Rows of the training part of a fold; no other row is ever returned.
    good_response : array of bool, shape (n_patients,)
        Outcome of every row of the cache.
    balancing : str
        ``"repeat"`` repeats the rarer class to 1:1 in whole shuffled rounds, so that each of
        its patients stands in an epoch equally often up to one. ``"sampler"`` draws as many
        rows as there are, each from either class with equal chance. Oversampling by synthetic
        images belongs here, too, and sees the same rows only.
    rng : Generator
        Source of the draw.
    """
    positive, negative = rows[good_response[rows]], rows[~good_response[rows]]
    if balancing == "sampler":
        drawn_good = rng.random(len(rows)) < 0.5
        return np.where(
            drawn_good, rng.choice(positive, len(rows)), rng.choice(negative, len(rows))
        )
    if balancing != "repeat":
        return rng.permutation(rows)
    rare, common = sorted((positive, negative), key=len)
    rounds = -(-len(common) // len(rare))
    repeated = np.concatenate([rng.permutation(rare) for _ in range(rounds)])[: len(common)]
    return rng.permutation(np.concatenate([repeated, common]))


def batches_of(order: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """Cut an epoch into batches; a last one less than half full is left out.

    A very small batch would disturb batch normalization.
    """
    starts = range(0, max(len(order) - batch_size // 2, 1), batch_size)
    return [order[start : start + batch_size] for start in starts]


def draw_slices(
    image: NDArray[np.float32],
    further: NDArray[np.float32],
    share: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Draw three of five slices in their order: the same tumour, seen elsewhere.

    Parameters
    ----------
    image : float32 array, shape (3, rows, columns)
        Key slice and neighbours.
    further : float32 array, shape (2, rows, columns)
        The slices below and above them.
    share : float
        Share of draws that choose among the five; the others leave the image as it is.
    rng : Generator
        Source of the draw.

    Returns
    -------
    float32 array, shape (3, rows, columns)
    """
    if rng.random() >= share:
        return image
    chosen = np.sort(rng.choice(5, 3, replace=False))
    return np.concatenate([further[:1], image, further[1:]])[chosen]


def augment(
    image: NDArray[np.float32], sampling: SamplingConfig, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a symmetry, a crop and a scanner for one training image.

    Parameters
    ----------
    image : float32 array, shape (3, rows, columns)
        Model input in [0, 1].
    sampling : SamplingConfig
        Crop size, whether to rotate and flip, and how scanners differ.
    rng : Generator
        Source of the draw; the same symmetry and crop are drawn whatever the settings.

    Returns
    -------
    float32 array, shape (3, crop_px, crop_px)
    """
    quarter_turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    side = image.shape[-1]
    row, column = rng.integers(0, side - sampling.crop_px + 1, size=2)
    from_feet = bool(rng.integers(2))
    if sampling.rotate_and_flip:
        image = np.rot90(image, quarter_turns, axes=(1, 2))
        image = image[:, :, ::-1] if mirrored else image
    if sampling.flip_slices and from_feet:
        image = image[::-1]
    image = image[:, row : row + sampling.crop_px, column : column + sampling.crop_px]
    return vary_scanner(image, sampling, rng) if sampling.varies_scanner else image
