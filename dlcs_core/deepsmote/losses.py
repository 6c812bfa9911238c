r"""What the autoencoder is asked for: reconstruction, a penalty, texture.

With images :math:`x` of one class, encoder :math:`E`, decoder :math:`D` and a random permutation
:math:`\pi`, the penalties are

``none``
    Nothing: a plain autoencoder.
``paper``
    :math:`\|D(E(x)_\pi) - x\|^2`: the decoder sees the code of another image of the class and is
    to give this one. Its optimum is the mean of the class, so it blurs.
``code``
    :math:`\|D(\mathrm{sg}(E(x))_\pi) - x_\pi\|^2`: in the published program the images are
    permuted like the codes, and the codes are detached (sg), so that it is the reconstruction
    error of a batch of one class that never reaches the encoder.
``interpolation``
    Ours: what SMOTE will do, done in training. Codes are mixed with those of a neighbour in the
    batch, :math:`z = (1 - u) E(x) + u E(x')`, decoded, and encoded again; the distance of
    :math:`E(D(z))` from :math:`z`, in units of the codes' variance, is the penalty. Where the
    texture counts, the decoded mixture is also to have the texture between its parents'.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from dlcs_core.deepsmote.autoencoder import Autoencoder, Decoded
from dlcs_core.deepsmote.averages import moving_average, patch_average, support_of
from dlcs_core.deepsmote.settings import DeepSmoteSettings

BAND_EDGES_PX = (1, 3, 7, 15)
"""Widths of the averages whose differences are the bands: 1-3, 3-7 and 7-15 px."""

SMALLEST_SHARE = 0.25
"""Patches that lie within the support by less say nothing about texture."""

STRENGTH_FLOOR = 3e-5
"""Added to a band's mean square, (2 HU of the window of 350 HU)^2: below it nobody sees texture."""

SUPPORT_WEIGHT = 0.02
"""Of the support's cross-entropy beside the mean squared error of the image."""


def reconstruction_loss(decoded: Decoded, images: Tensor) -> Tensor:
    """Mean squared error, and the support's cross-entropy where it is decoded apart."""
    if decoded.support_logit is None:
        return mse_loss(decoded.image, images)
    support = support_of(images)
    entropy = binary_cross_entropy_with_logits(decoded.support_logit, support)
    # Brightness is judged within the true support only: a soft edge is not to darken it.
    error = ((decoded.brightness - images) ** 2 * support).mean()
    return error + SUPPORT_WEIGHT * entropy


def band_strengths(images: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Return the local strength of texture, band by band.

    Parameters
    ----------
    images, inside : Tensor, shape (n, channels, rows, columns)
        Images in [0, 1], and 1 where they are to be judged, else 0. Averages run over the
        inside only, so that the outline's edge is no texture.

    Returns
    -------
    strengths : Tensor, shape (n, bands * channels, patch rows, patch columns)
        Logarithm of the mean square of each band in each patch.
    weights : Tensor of the same shape
        1 for patches that lie inside by a quarter or more.
    """
    share = patch_average(inside)
    finer, strengths = images, []
    for width in BAND_EDGES_PX[1:]:
        coarser = moving_average(images * inside, width) / moving_average(inside, width).clamp_min(
            1e-3
        )
        band = (finer - coarser) * inside
        square = patch_average(band * band) / share.clamp_min(1e-3)
        strengths.append(torch.log(square + STRENGTH_FLOOR))
        finer = coarser
    weights = (share >= SMALLEST_SHARE).float()
    return torch.cat(strengths, 1), torch.cat([weights] * len(strengths), 1)


def texture_loss(images: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared difference of the logarithms of local band strengths, within the support."""
    inside = support_of(wanted)
    found, weights = band_strengths(images, inside)
    aim, _ = band_strengths(wanted, inside)
    return ((found - aim) ** 2 * weights).sum() / weights.sum().clamp_min(1.0)


def mean_strengths(images: Tensor, inside: Tensor) -> Tensor:
    """Return each image's mean log strength by band and channel, (n, bands * channels)."""
    strengths, weights = band_strengths(images, inside)
    total: Tensor = (strengths * weights).sum((2, 3)) / weights.sum((2, 3)).clamp_min(1.0)
    return total


def penalty_loss(
    model: Autoencoder,
    images: Tensor,
    settings: DeepSmoteSettings,
    generator: torch.Generator,
) -> Tensor:
    """Return the chosen penalty on images of one class; see the module's head."""
    compute: Callable[..., Tensor] = {
        "none": _no_penalty,
        "paper": _paper_penalty,
        "code": _code_penalty,
        "interpolation": _interpolation_penalty,
    }[settings.penalty]
    return compute(model, images, settings, generator)


def _no_penalty(
    _model: Autoencoder, images: Tensor, _settings: DeepSmoteSettings, _generator: torch.Generator
) -> Tensor:
    return images.new_zeros(())


def _paper_penalty(
    model: Autoencoder, images: Tensor, _settings: DeepSmoteSettings, generator: torch.Generator
) -> Tensor:
    order = torch.randperm(len(images), generator=generator)
    noise = model.draw_noise(len(images), generator)
    return mse_loss(model.decode(model.encode(images)[order], noise).image, images)


def _code_penalty(
    model: Autoencoder, images: Tensor, _settings: DeepSmoteSettings, generator: torch.Generator
) -> Tensor:
    order = torch.randperm(len(images), generator=generator)
    noise = model.draw_noise(len(images), generator)
    return mse_loss(model.decode(model.encode(images).detach()[order], noise).image, images[order])


def _interpolation_penalty(
    model: Autoencoder, images: Tensor, settings: DeepSmoteSettings, generator: torch.Generator
) -> Tensor:
    codes = model.encode(images)
    other = _neighbor_in_batch(codes.detach(), settings.neighbors, generator)
    weight = torch.rand((len(images), 1), generator=generator).to(images.device)
    mixed = torch.lerp(codes, codes[other], weight)
    decoded = model.decode(mixed, model.draw_noise(len(images), generator))
    scale = codes.detach().var(0).mean().clamp_min(1e-6)
    loss = mse_loss(model.encode(decoded.image), mixed.detach()) / scale
    if settings.texture_weight > 0:
        own = mean_strengths(images, support_of(images))
        aim = torch.lerp(own, own[other], weight)
        support = decoded.support_logit
        inside = support_of(images) if support is None else (support.detach() > 0).float()
        found = mean_strengths(decoded.brightness, inside)
        loss = loss + settings.texture_weight / settings.penalty_weight * mse_loss(found, aim)
    return loss


def _neighbor_in_batch(codes: Tensor, neighbors: int, generator: torch.Generator) -> Tensor:
    """Draw one of the nearest codes of the batch for each."""
    distance = torch.cdist(codes, codes)
    distance.fill_diagonal_(float("inf"))
    count = min(neighbors, len(codes) - 1)
    nearest = distance.topk(count, largest=False).indices
    drawn = torch.randint(count, (len(codes), 1), generator=generator).to(codes.device)
    return nearest.gather(1, drawn)[:, 0]
