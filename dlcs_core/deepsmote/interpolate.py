"""SMOTE between codes of one class, with its parents and weights on record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError

Codes = NDArray[np.float32]

ROWS_AT_A_TIME = 512


@dataclass(frozen=True)
class Interpolations:
    """New codes and where they come from.

    Attributes
    ----------
    codes : float32 array, shape (n, latent_size)
        ``parent + weight * (neighbor - parent)``.
    parent, neighbor : int64 array, shape (n,)
        Rows of the codes between which each new one lies.
    weight : float64 array, shape (n,)
        In [0, 1): 0 is the parent.
    """

    codes: Codes
    parent: NDArray[np.int64]
    neighbor: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def nearer_parent(self) -> NDArray[np.int64]:
        """The parent to which the weight leans; the first one in the middle."""
        return np.where(self.weight <= 0.5, self.parent, self.neighbor)


def draw_interpolations(
    codes: Codes, count: int, neighbors: int, rng: np.random.Generator
) -> Interpolations:
    """Draw new codes of one class (SMOTE; Chawla et al. 2002).

    Parameters
    ----------
    codes : float32 array, shape (n, latent_size)
        Of one class and of the training part only.
    count : int
        How many to draw.
    neighbors : int
        Nearest codes among which one is drawn; all others where there are fewer.
    rng : Generator
        Parent and neighbour are drawn uniformly, the weight from U(0, 1), one per new code.

    Raises
    ------
    ModelError
        If the class has a single image: there is nothing to interpolate with.
    """
    nearest = nearest_neighbors(codes, neighbors)
    parent = rng.integers(len(codes), size=count)
    place = rng.integers(nearest.shape[1], size=count)
    return interpolate(codes, parent, nearest[parent, place], rng.random(count))


def interpolate(
    codes: Codes,
    parent: NDArray[np.int64],
    neighbor: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> Interpolations:
    """Return the codes between given parents and neighbours.

    Examples
    --------
    >>> ends = np.array([[0, 0], [4, 8]], dtype=np.float32)
    >>> interpolate(ends, np.array([0]), np.array([1]), np.array([0.25])).codes
    array([[1., 2.]], dtype=float32)
    """
    step = weight[:, None] * (codes[neighbor] - codes[parent])
    mixed = (codes[parent] + step).astype(np.float32)
    return Interpolations(mixed, parent, neighbor, weight)


def nearest_neighbors(codes: Codes, neighbors: int) -> NDArray[np.int64]:
    """Return the rows of each code's nearest others by Euclidean distance, nearest first.

    Returns
    -------
    int64 array, shape (n, min(neighbors, n - 1))
    """
    if len(codes) < 2:
        raise ModelError("class_too_small_to_interpolate", found=len(codes))
    wide = codes.astype(np.float64)
    nearest = np.empty((len(codes), min(neighbors, len(codes) - 1)), dtype=np.int64)
    for start in range(0, len(codes), ROWS_AT_A_TIME):
        rows = np.arange(start, min(start + ROWS_AT_A_TIME, len(codes)))
        square = squared_distances(wide[rows], wide)
        square[np.arange(len(rows)), rows] = np.inf
        nearest[rows] = np.argsort(square, axis=1, kind="stable")[:, : nearest.shape[1]]
    return nearest


def squared_distances(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the squared Euclidean distance of every row of ``a`` from every row of ``b``."""
    square = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    positive: NDArray[np.floating] = np.maximum(square, 0)
    return positive
