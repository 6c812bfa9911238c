"""The epochs of a fold that has synthetic images: how many of which, and where."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.deepsmote.settings import DeepSmoteSettings

Rows = NDArray[np.int64]


def draw_synthetic_order(
    real: tuple[Rows, Rows],
    synthetic: tuple[Rows, Rows],
    settings: DeepSmoteSettings,
    batch_size: int,
    rng: np.random.Generator,
) -> Rows:
    """Return the rows of one epoch, both classes equally often, synthetic images spread evenly.

    Parameters
    ----------
    real, synthetic : pair of int64 arrays
        Rows of the rarer and of the more frequent class in the training part of a fold.
    settings : DeepSmoteSettings
        ``synthetic_share_cap`` and ``both_classes_through_decoder``.
    batch_size : int
        No batch holds more synthetic images than the cap's share of this, rounded down.
    rng : Generator
        Source of the draw.

    Returns
    -------
    int64 array
        Twice as many rows as the more frequent class has, whatever the cap: what may not be
        synthetic is a repeated image of the rarer class. With both classes through the decoder
        a synthetic image of the more frequent class takes the place of a real one.
    """
    rare, common = real
    classes = 2 if settings.both_classes_through_decoder else 1
    length, per_batch = 2 * len(common), int(settings.synthetic_share_cap * batch_size)
    allowed = length * per_batch // batch_size // classes
    count = min(len(common) - len(rare), allowed, *map(len, synthetic[:classes]))
    rounds = -(-(len(common) - count) // len(rare))
    repeated = np.concatenate([rng.permutation(rare) for _ in range(rounds)])
    made = [rng.permutation(rows)[:count] for rows in synthetic[:classes]]
    kept = rng.permutation(common)[: len(common) - (count if classes == 2 else 0)]
    genuine = rng.permutation(np.concatenate([repeated[: len(common) - count], kept]))
    return _spread(genuine, rng.permutation(np.concatenate(made)), rng)


def _spread(genuine: Rows, made: Rows, rng: np.random.Generator) -> Rows:
    """Put synthetic rows among the real ones at even distances from a random start."""
    order = np.empty(len(genuine) + len(made), dtype=np.int64)
    place = np.floor((np.arange(len(made)) + rng.random()) * len(order) / max(len(made), 1))
    is_made = np.zeros(len(order), dtype=bool)
    is_made[place.astype(np.int64)] = True
    order[is_made], order[~is_made] = made, genuine
    return order
