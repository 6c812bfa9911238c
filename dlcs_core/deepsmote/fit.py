"""Fit the autoencoder on the images of a training part, and use it."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dlcs_core.deepsmote.autoencoder import Autoencoder, Decoded
from dlcs_core.deepsmote.losses import penalty_loss, reconstruction_loss, texture_loss
from dlcs_core.deepsmote.settings import DeepSmoteSettings
from dlcs_core.errors import ModelError

FloatImages = NDArray[np.float32]
Report = Callable[[int, float], object]
"""Called after every epoch with its number, from 1, and its mean loss."""

IMAGES_AT_A_TIME = 64

LARGEST_GRADIENT = 1.0

SHAPES_FIRST = 1 / 3
"""Share of the training that learns shapes alone; penalty and texture then grow to full weight
over as long. Asked for from the start, texture drowns the outline (Dice 0.60 in place of 0.88)."""


def fit_autoencoder(
    images: FloatImages,
    classes: NDArray[np.int64],
    settings: DeepSmoteSettings,
    seed: int,
    *,
    report: Report = lambda _epoch, _loss: None,
    device: torch.device | None = None,
) -> Autoencoder:
    """Fit the autoencoder on images of all classes.

    Parameters
    ----------
    images : float32 array, shape (n, channels, rows, columns)
        In [0, 1]; of the training part only. Nothing else is ever seen.
    classes : int64 array, shape (n,)
        The penalties draw batches of one class.
    settings : DeepSmoteSettings
        How.
    seed : int
        Decides weights, order and noise; torch's global state is left alone.
    report : callable
        Progress.
    device : torch.device, optional
        The CPU by default.

    Returns
    -------
    Autoencoder
        In evaluation mode, after the last epoch: nothing is chosen.

    Raises
    ------
    ModelError
        If the loss is not finite.
    """
    device = device or torch.device("cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Autoencoder(_shape(images), settings).to(device)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    for epoch in range(settings.epochs):
        losses = []
        order = torch.randperm(len(images), generator=generator)
        for first in range(0, len(order), settings.batch_size):
            rows = order[first : first + settings.batch_size]
            share = (epoch + first / len(order)) / settings.epochs
            rate = settings.learning_rate * (1 + math.cos(math.pi * share)) / 2
            optimizer.param_groups[0]["lr"] = rate
            batch = to_tensor(images[rows.numpy()], device)
            alike = _one_class(images, classes, settings, generator, device)
            strength = min(max(share / SHAPES_FIRST - 1.0, 0.0), 1.0)
            alike = alike if strength > 0 else None
            losses.append(_step(model, optimizer, (batch, alike), settings, generator, strength))
        if not np.isfinite(losses).all():
            raise ModelError("autoencoder_not_finite", epoch=epoch + 1)
        report(epoch + 1, float(np.mean(losses)))
    return model.eval()


def _step(
    model: Autoencoder,
    optimizer: torch.optim.Optimizer,
    batches: tuple[Tensor, Tensor | None],
    settings: DeepSmoteSettings,
    generator: torch.Generator,
    strength: float,
) -> float:
    """Take one step on a mixed batch and, with a penalty, on one of a single class."""
    batch, alike = batches
    decoded = model.decode(model.encode(batch), model.draw_noise(len(batch), generator))
    loss = reconstruction_loss(decoded, batch)
    if settings.texture_weight * strength > 0:
        loss = loss + strength * settings.texture_weight * texture_loss(decoded.brightness, batch)
    if alike is not None:
        penalty = penalty_loss(model, alike, settings, generator)
        loss = loss + strength * settings.penalty_weight * penalty
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
    optimizer.step()
    return loss.item()


def _one_class(
    images: FloatImages,
    classes: NDArray[np.int64],
    settings: DeepSmoteSettings,
    generator: torch.Generator,
    device: torch.device,
) -> Tensor | None:
    """Draw half a batch of one class, each class as often; None where no penalty needs it."""
    if settings.penalty == "none" or settings.penalty_weight == 0:
        return None
    known = np.unique(classes)
    chosen = known[int(torch.randint(len(known), (1,), generator=generator))]
    rows = np.flatnonzero(classes == chosen)
    drawn = torch.randperm(len(rows), generator=generator)[: max(settings.batch_size // 2, 2)]
    return to_tensor(images[rows[drawn.numpy()]], device) if len(drawn) > 1 else None


@torch.no_grad()
def encode_images(model: Autoencoder, images: FloatImages) -> FloatImages:
    """Return the codes of images, float32 (n, latent_size)."""
    device = next(model.parameters()).device
    parts = [
        model.encode(to_tensor(images[start : start + IMAGES_AT_A_TIME], device)).cpu().numpy()
        for start in range(0, len(images), IMAGES_AT_A_TIME)
    ]
    return np.concatenate(parts)


@torch.no_grad()
def decode_codes(model: Autoencoder, codes: FloatImages, seed: int) -> FloatImages:
    """Return the images of codes, in [0, 1] and 0 beyond their support.

    Parameters
    ----------
    model : Autoencoder
        Fitted.
    codes : float32 array, shape (n, latent_size)
        Of real or interpolated images.
    seed : int
        Of the decoder's noise: the image at a place has the same noise for the same seed.

    Returns
    -------
    float32 array, shape (n, channels, rows, columns)
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for start in range(0, len(codes), IMAGES_AT_A_TIME):
        chosen = to_tensor(codes[start : start + IMAGES_AT_A_TIME], device)
        decoded = model.decode(chosen, model.draw_noise(len(chosen), generator))
        parts.append(sharpened(decoded).cpu().numpy())
    return np.concatenate(parts)


def sharpened(decoded: Decoded) -> Tensor:
    """Return the brightness within the support, which a pixel belongs to or not."""
    if decoded.support_logit is None:
        return decoded.image
    return decoded.brightness * (decoded.support_logit > 0)


def to_tensor(values: FloatImages, device: torch.device) -> Tensor:
    """Copy an array to the device; one mapped from disk must not be shared."""
    return torch.from_numpy(np.array(values, dtype=np.float32, order="C")).to(device)


def _shape(images: FloatImages) -> tuple[int, int, int]:
    channels, rows, columns = images.shape[1:]
    return channels, rows, columns
