"""How well images are reconstructed: signal to noise, structure, Hounsfield units, texture."""

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dlcs_core.deepsmote.averages import moving_average, support_of
from dlcs_core.deepsmote.losses import BAND_EDGES_PX

FloatImages = NDArray[np.float32]

SSIM_WINDOW_PX = 7
"""Side of the uniform window, scikit-image's default."""

SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2
"""Stabilisers of Wang et al. 2004 for images in [0, 1]."""

BAND_NAMES = tuple(f"{finer}-{coarser} px" for finer, coarser in itertools.pairwise(BAND_EDGES_PX))
"""Bands between moving averages: the finest holds detail of less than about 3 px."""


@dataclass(frozen=True)
class Reconstruction:
    """How near reconstructions come to the images, one value per image.

    Attributes
    ----------
    psnr_db : float64 array, shape (n,)
        Peak signal to noise ratio over the whole frame; empty surroundings flatter it.
    ssim : float64 array, shape (n,)
        Structural similarity, mean over the whole frame.
    mean_error_hu, mean_absolute_error_hu : float64 array, shape (n,)
        Reconstruction minus image inside the mask.
    power_ratio : float64 array, shape (n, bands)
        Mean square of each band inside the mask, of the reconstruction over that of the image:
        1 is the image's own texture, 0 is smooth.
    """

    psnr_db: NDArray[np.float64]
    ssim: NDArray[np.float64]
    mean_error_hu: NDArray[np.float64]
    mean_absolute_error_hu: NDArray[np.float64]
    power_ratio: NDArray[np.float64]


def reconstruction_quality(
    images: FloatImages,
    reconstructions: FloatImages,
    masks: NDArray[np.uint8],
    window_width_hu: float,
) -> Reconstruction:
    """Compare reconstructions with their images.

    Parameters
    ----------
    images, reconstructions : float32 arrays, shape (n, channels, rows, columns)
        In [0, 1].
    masks : uint8 array of the same shape
        1 inside the tumour; each image has some.
    window_width_hu : float
        Hounsfield units between 0 and 1.
    """
    difference = reconstructions.astype(np.float64) - images
    inside = masks.astype(bool)
    pixels = inside.sum((1, 2, 3))
    error_hu = np.where(inside, difference, 0) * window_width_hu
    return Reconstruction(
        psnr_db=psnr_db(images, reconstructions),
        ssim=ssim(images, reconstructions),
        mean_error_hu=error_hu.sum((1, 2, 3)) / pixels,
        mean_absolute_error_hu=np.abs(error_hu).sum((1, 2, 3)) / pixels,
        power_ratio=band_power(reconstructions, masks) / band_power(images, masks),
    )


def psnr_db(images: FloatImages, others: FloatImages) -> NDArray[np.float64]:
    """Return each image's peak signal to noise ratio in decibels, for a peak of 1.

    Examples
    --------
    >>> psnr_db(np.zeros((1, 1, 2, 2)), np.full((1, 1, 2, 2), 0.1)).round(6)
    array([20.])
    """
    square = ((others.astype(np.float64) - images) ** 2).mean((1, 2, 3))
    decibels: NDArray[np.float64] = -10 * np.log10(np.maximum(square, 1e-12))
    return decibels


def ssim(images: FloatImages, others: FloatImages) -> NDArray[np.float64]:
    """Return each image's structural similarity (Wang et al. 2004), over uniform 7 x 7 windows.

    Variances are the unbiased ones, and only windows that lie within the image count: both as in
    scikit-image.
    """
    a, b = (torch.from_numpy(np.array(one, dtype=np.float64)) for one in (images, others))
    edge, pixels = SSIM_WINDOW_PX // 2, SSIM_WINDOW_PX**2

    def average(values: torch.Tensor) -> torch.Tensor:
        return moving_average(values, SSIM_WINDOW_PX)[:, :, edge:-edge, edge:-edge]

    mean_a, mean_b = average(a), average(b)
    unbiased = pixels / (pixels - 1)
    var_a, var_b = (unbiased * (average(one * one) - average(one) ** 2) for one in (a, b))
    covariance = unbiased * (average(a * b) - mean_a * mean_b)
    similar = (2 * mean_a * mean_b + SSIM_C1) * (2 * covariance + SSIM_C2)
    scale = (mean_a**2 + mean_b**2 + SSIM_C1) * (var_a + var_b + SSIM_C2)
    found: NDArray[np.float64] = (similar / scale).mean((1, 2, 3)).numpy()
    return found


def band_power(images: FloatImages, masks: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean square of each band inside the masks, (n, bands).

    Averages run over the mask only, so that its edge is no texture.
    """
    finer = torch.from_numpy(np.array(images, dtype=np.float64))
    inside = torch.from_numpy(np.array(masks > 0, dtype=np.float64))
    whole, powers = finer, []
    for width in BAND_EDGES_PX[1:]:
        share = moving_average(inside, width).clamp_min(1e-9)
        coarser = moving_average(whole * inside, width) / share
        square = ((finer - coarser) ** 2 * inside).sum((1, 2, 3)) / inside.sum((1, 2, 3))
        powers.append(square)
        finer = coarser
    found: NDArray[np.float64] = torch.stack(powers, 1).clamp_min(1e-12).numpy()
    return found


def supports(images: FloatImages) -> NDArray[np.uint8]:
    """Return where images are not empty, as 0 or 1."""
    found = support_of(torch.from_numpy(np.array(images, dtype=np.float32, order="C")))
    return found.numpy().astype(np.uint8)
