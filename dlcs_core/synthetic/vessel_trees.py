"""Tubes: straight pieces of vessel, and branching trees of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

MAX_GENERATION = 4
BRANCH_SCATTER = 0.62
"""Standard deviation of each component of a branch's turn, for unit directions."""


@dataclass(frozen=True)
class Tubes:
    """Straight vessel pieces.

    Attributes
    ----------
    starts_mm, ends_mm : float64 array (n_tubes, 3)
        End points in patient space.
    radii_mm : float64 array (n_tubes,)
        Radius at the start; it tapers towards the end.
    """

    starts_mm: NDArray[np.float64]
    ends_mm: NDArray[np.float64]
    radii_mm: NDArray[np.float64]

    def meeting(
        self, z_mm: float, x_range_mm: tuple[float, float], y_range_mm: tuple[float, float]
    ) -> NDArray[np.intp]:
        """Return the indices of the tubes whose bounding box may meet a plane window."""
        reach = self.radii_mm[:, None] + 9.0
        low = np.minimum(self.starts_mm, self.ends_mm) - reach
        high = np.maximum(self.starts_mm, self.ends_mm) + reach
        bounds = np.array([x_range_mm, y_range_mm, (z_mm, z_mm)])
        meets = (low <= bounds[:, 1]) & (high >= bounds[:, 0])
        return np.flatnonzero(meets.all(axis=1))


def join(parts: Iterable[Tubes]) -> Tubes:
    """Return all tubes of several sets."""
    listed = list(parts)
    return Tubes(
        np.concatenate([part.starts_mm for part in listed]),
        np.concatenate([part.ends_mm for part in listed]),
        np.concatenate([part.radii_mm for part in listed]),
    )


def make_tubes(pieces: Iterable[tuple[NDArray[np.float64], NDArray[np.float64], float]]) -> Tubes:
    """Return tubes from (start, end, radius) triples."""
    starts, ends, radii = zip(*pieces, strict=True)
    return Tubes(np.array(starts), np.array(ends), np.array(radii))


def grow_tree(
    generator: Generator,
    root_mm: tuple[float, float, float],
    direction: tuple[float, float, float],
    length_mm: float,
    root_radius_mm: float,
    tip_radius_mm: float,
) -> Tubes:
    """Grow a dichotomous tree; the root piece is about half of ``length_mm`` long."""
    heading = np.asarray(direction, dtype=np.float64)
    pending = [
        (np.array(root_mm), heading / np.linalg.norm(heading), root_radius_mm, 0.55 * length_mm, 0)
    ]
    pieces = []
    while pending:
        start, heading, radius, length, generation = pending.pop(0)
        end = start + heading * length * generator.uniform(0.7, 1.2)
        pieces.append((start, end, radius))
        if generation == MAX_GENERATION:
            continue
        for _ in range(2):
            turned = heading + generator.normal(0, BRANCH_SCATTER, 3)
            turned /= np.linalg.norm(turned)
            thinner = max(radius * generator.uniform(0.6, 0.8), tip_radius_mm)
            pending.append((end, turned, thinner, 0.74 * length, generation + 1))
    return make_tubes(pieces)
