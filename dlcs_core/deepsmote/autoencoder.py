"""A convolutional autoencoder for images of any channel count and size."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dlcs_core.deepsmote.settings import DeepSmoteSettings

SMALLEST_HALVED_PX = 10
"""A map whose shorter side is below this is not halved again."""

CHANNELS_PER_GROUP = 4
"""Of the group norm. Batch norm would mix the classes of a batch, and the penalties draw batches
of one class."""

Shape = tuple[int, int, int]
"""Channels, rows and columns of an image."""

Noise = Sequence[Tensor]
"""One tensor per level of the decoder, coarse to fine."""


@dataclass(frozen=True)
class Decoded:
    """What the decoder makes of codes.

    Attributes
    ----------
    image : Tensor, shape (n, channels, rows, columns)
        In [0, 1]; brightness times the chance of lying within the support.
    brightness : Tensor of the same shape
        In [0, 1], also where nothing is.
    support_logit : Tensor of the same shape, or None
        Log odds that a pixel lies within the support; None without ``empty_background``.
    """

    image: Tensor
    brightness: Tensor
    support_logit: Tensor | None


class Autoencoder(nn.Module):
    """Halve an image until it is small, code it by one linear map, and back.

    The decoder takes a little noise at each level, each channel with a learnt strength: texture
    has no code of its own, since a code that is to be interpolated cannot hold every speckle.

    Parameters
    ----------
    shape : tuple of int
        Channels, rows and columns of an image.
    settings : DeepSmoteSettings
        Width, code length, and whether the support is decoded apart.
    """

    def __init__(self, shape: Shape, settings: DeepSmoteSettings) -> None:
        super().__init__()
        self.shape, self.sizes = shape, map_sizes(shape)
        channels, halvings = shape[0], len(self.sizes) - 1
        widths = [channels, *(settings.width * min(2**level, 4) for level in range(halvings))]
        down = [_halving(widths[level], widths[level + 1]) for level in range(halvings)]
        self.down = nn.Sequential(*down)
        self.smallest = (widths[-1], *self.sizes[-1])
        length = widths[-1] * self.sizes[-1][0] * self.sizes[-1][1]
        self.to_code = nn.Linear(length, settings.latent_size)
        self.from_code = nn.Linear(settings.latent_size, length)
        up = [_Doubling(widths[level + 1], widths[level]) for level in range(halvings - 1, 0, -1)]
        self.up = nn.ModuleList(up)
        self.noise_shapes = [
            (widths[level], *self.sizes[level]) for level in range(halvings - 1, 0, -1)
        ]
        outputs = channels * (2 if settings.empty_background else 1)
        # The last doubling is a shuffle of channels: a convolution of the full image is dear.
        self.subpixels = 4 if halvings else 1
        self.head = nn.Conv2d(widths[min(1, halvings)], outputs * self.subpixels, 3, padding=1)

    def encode(self, images: Tensor) -> Tensor:
        """Return the codes, (n, latent_size), of images (n, channels, rows, columns)."""
        code: Tensor = self.to_code(self.down(images - 0.5).flatten(1))
        return code

    def decode(self, codes: Tensor, noise: Noise) -> Decoded:
        """Return what codes (n, latent_size) stand for; noise from :meth:`draw_noise`."""
        x = self.from_code(codes).view(-1, *self.smallest)
        for doubling, size, level in zip(self.up, reversed(self.sizes[1:-1]), noise, strict=True):
            x = doubling(x, size, level)
        x = self.head(x)
        if self.subpixels > 1:
            x = nn.functional.pixel_shuffle(x, 2)[:, :, : self.shape[1], : self.shape[2]]
        brightness = torch.sigmoid(x[:, : self.shape[0]])
        if x.shape[1] == self.shape[0]:
            return Decoded(brightness, brightness, None)
        support_logit = x[:, self.shape[0] :]
        return Decoded(brightness * torch.sigmoid(support_logit), brightness, support_logit)

    def draw_noise(self, count: int, generator: torch.Generator) -> list[Tensor]:
        """Draw the decoder's noise for so many images, on the CPU, for any device the same."""
        device = self.to_code.weight.device
        return [
            torch.randn((count, *shape), generator=generator).to(device)
            for shape in self.noise_shapes
        ]


class _Doubling(nn.Module):
    """Double a map's sides, convolve, add noise."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, out, 3, padding=1)
        self.norm = _norm(out)
        self.strength = nn.Parameter(torch.full((out, 1, 1), 0.1))

    def forward(self, x: Tensor, size: tuple[int, int], noise: Tensor) -> Tensor:
        x = nn.functional.interpolate(x, scale_factor=2.0)[:, :, : size[0], : size[1]]
        x = self.norm(self.convolution(x)) + self.strength * noise
        return nn.functional.leaky_relu(x, 0.2)


def map_sizes(shape: Shape) -> list[tuple[int, int]]:
    """Return rows and columns of every level, from the image down.

    Examples
    --------
    >>> map_sizes((3, 112, 112))
    [(112, 112), (56, 56), (28, 28), (14, 14), (7, 7)]
    >>> map_sizes((1, 9, 40))
    [(9, 40)]
    """
    sizes = [(shape[1], shape[2])]
    while min(sizes[-1]) >= SMALLEST_HALVED_PX:
        rows, columns = sizes[-1]
        sizes.append((-(-rows // 2), -(-columns // 2)))
    return sizes


def _halving(channels: int, out: int) -> nn.Module:
    convolution = nn.Conv2d(channels, out, 3, stride=2, padding=1)
    return nn.Sequential(convolution, _norm(out), nn.LeakyReLU(0.2))


def _norm(channels: int) -> nn.Module:
    most = max(channels // CHANNELS_PER_GROUP, 1)
    return nn.GroupNorm(next(n for n in range(most, 0, -1) if channels % n == 0), channels)
