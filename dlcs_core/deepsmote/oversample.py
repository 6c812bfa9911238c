"""New images of the rarer class, or of both, each with its origin on record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.deepsmote.autoencoder import Autoencoder
from dlcs_core.deepsmote.fit import FloatImages, decode_codes, encode_images
from dlcs_core.deepsmote.interpolate import (
    Interpolations,
    draw_interpolations,
    squared_distances,
)
from dlcs_core.deepsmote.settings import DeepSmoteSettings


@dataclass(frozen=True)
class SyntheticSet:
    """Synthetic images; every row number refers to the images they were made from.

    Attributes
    ----------
    images : float32 array, shape (n, channels, rows, columns)
        In [0, 1].
    classes : int64 array, shape (n,)
        Class of both parents.
    parent, neighbor : int64 array, shape (n,)
        The two real images between whose codes each lies.
    weight : float64 array, shape (n,)
        0 is the parent, 1 would be the neighbour.
    residual_of : int64 array, shape (n,)
        Image whose lost detail was added; -1 where none was.
    nearest : int64 array, shape (n,)
        Training image of any class that is nearest pixel by pixel.
    nearest_distance : float64 array, shape (n,)
        Root of the mean squared difference from it, in units of the window.
    """

    images: FloatImages
    classes: NDArray[np.int64]
    parent: NDArray[np.int64]
    neighbor: NDArray[np.int64]
    weight: NDArray[np.float64]
    residual_of: NDArray[np.int64]
    nearest: NDArray[np.int64]
    nearest_distance: NDArray[np.float64]


def images_to_make(classes: NDArray[np.int64], settings: DeepSmoteSettings) -> dict[int, int]:
    """Return how many images of each class bring two classes to 1:1.

    Examples
    --------
    >>> images_to_make(np.array([1, 0, 0, 0]), DeepSmoteSettings())
    {1: 2, 0: 2}
    """
    values, counts = np.unique(classes, return_counts=True)
    rare, common = values[np.argsort(counts, kind="stable")][[0, -1]]
    missing = int(counts.max() - counts.min())
    wanted = {int(rare): missing}
    if settings.both_classes_through_decoder:
        wanted[int(common)] = missing
    return wanted


def make_synthetic_set(
    model: Autoencoder,
    images: FloatImages,
    classes: NDArray[np.int64],
    settings: DeepSmoteSettings,
    seed: int,
) -> SyntheticSet:
    """Make as many images as the classes lack to 1:1.

    Parameters
    ----------
    model : Autoencoder
        Fitted on these very images.
    images, classes : arrays
        The training part: no other image becomes parent, neighbour or nearest image.
    settings : DeepSmoteSettings
        Neighbours, residual, one class or both.
    seed : int
        Of every draw.

    Returns
    -------
    SyntheticSet

    Raises
    ------
    ModelError
        If a class has a single image.
    """
    codes, rng = encode_images(model, images), np.random.default_rng(seed)
    drawn: list[Interpolations] = []
    new_classes: list[int] = []
    for one, count in images_to_make(classes, settings).items():
        rows = np.flatnonzero(classes == one)
        within = draw_interpolations(codes[rows], count, settings.neighbors, rng)
        drawn.append(_in_rows(within, rows))
        new_classes += [one] * count
    joined = _joined(drawn)
    made = decode_codes(model, joined.codes, seed)
    residual_of = np.full(len(made), -1, dtype=np.int64)
    if settings.residual_of_neighbor:
        residual_of = joined.nearer_parent
        kept = decode_codes(model, codes[residual_of], seed)
        made = with_residual(made, images[residual_of], kept)
    nearest, distance = nearest_images(made, images)
    labels = np.array(new_classes, dtype=np.int64)
    origin = (joined.parent, joined.neighbor, joined.weight, residual_of)
    return SyntheticSet(made, labels, *origin, nearest, distance)


def nearer_parents(made: SyntheticSet) -> NDArray[np.int64]:
    """Return the real image to which each synthetic one leans."""
    return np.where(made.weight <= 0.5, made.parent, made.neighbor)


def with_residual(made: FloatImages, parent: FloatImages, kept: FloatImages) -> FloatImages:
    """Add what the autoencoder lost of the parents, where the new images are not empty.

    Parameters
    ----------
    made, parent, kept : float32 arrays, shape (n, channels, rows, columns)
        Decoded mixtures, the real parents, and the parents decoded with the same noise.

    Returns
    -------
    float32 array of the same shape
        In [0, 1]. A mixture of weight 0 is the parent itself within its decoded support. Where
        only one of the two lies within its support there is no residual to speak of.
    """
    both = (kept > 0) & (parent > 0)
    residual = np.where(both, parent - kept, 0)
    return np.clip(np.where(made > 0, made + residual, 0), 0, 1).astype(np.float32)


def nearest_images(
    images: FloatImages, others: FloatImages
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest of the others for each image, and its root mean squared difference."""
    flat, wanted = others.reshape(len(others), -1), images.reshape(len(images), -1)
    square = squared_distances(wanted, flat)
    nearest = square.argmin(1)
    # Computed again as a difference: the quick form loses a near copy in rounding.
    parts = [
        np.mean((one - flat[row]).astype(np.float64) ** 2)
        for one, row in zip(wanted, nearest, strict=True)
    ]
    return nearest, np.sqrt(parts)


def _in_rows(within: Interpolations, rows: NDArray[np.int64]) -> Interpolations:
    """Name the parents by the rows of all images."""
    parent, neighbor = rows[within.parent], rows[within.neighbor]
    return Interpolations(within.codes, parent, neighbor, within.weight)


def _joined(drawn: list[Interpolations]) -> Interpolations:
    return Interpolations(
        np.concatenate([one.codes for one in drawn]),
        np.concatenate([one.parent for one in drawn]),
        np.concatenate([one.neighbor for one in drawn]),
        np.concatenate([one.weight for one in drawn]),
    )
