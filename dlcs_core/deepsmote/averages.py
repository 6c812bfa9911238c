"""Local averages of images by products with banded matrices.

On one CPU thread these are three times faster than pooling with a stride of 1, forth and back.
"""

from functools import cache

import torch
from torch import Tensor

CLOSING_PX = 5
"""Gaps of the support narrower than this are closed: a fatty pixel may be 0 by its noise."""

PATCH_PX, STEP_PX = 16, 8
"""Patches over which a band's strength is averaged."""

SOME = 1e-4
"""An average above this holds at least one pixel; one of 5 x 5 is 0.04."""


def moving_average(images: Tensor, width: int) -> Tensor:
    """Average over squares of an odd width, with zeros beyond the border.

    Examples
    --------
    >>> moving_average(torch.ones(1, 1, 1, 3), 3)
    tensor([[[[0.2222, 0.3333, 0.2222]]]])
    """
    rows, columns = images.shape[2:]
    return _bands(rows, width).to(images) @ images @ _bands(columns, width).to(images)


def patch_average(images: Tensor) -> Tensor:
    """Average over overlapping square patches that lie within the image."""
    rows, columns = images.shape[2:]
    return _patches(rows).to(images) @ images @ _patches(columns).to(images).T


def support_of(images: Tensor) -> Tensor:
    """Return where images are not empty, as float 0 or 1, narrow gaps closed."""
    grown = moving_average((images > 0).float(), CLOSING_PX) > SOME
    return (moving_average((~grown).float(), CLOSING_PX) < SOME).float()


@cache
def _bands(size: int, width: int) -> Tensor:
    place = torch.arange(size)
    return ((place[:, None] - place).abs() <= width // 2).double() / width


@cache
def _patches(size: int) -> Tensor:
    patch = min(PATCH_PX, size)
    start = torch.arange(0, size - patch + 1, STEP_PX)
    inside = torch.arange(size) - start[:, None]
    return ((inside >= 0) & (inside < patch)).double() / patch
