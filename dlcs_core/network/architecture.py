"""The network as data: names and shapes of its weights, and the graphs that feed on them.

Everything here is known without torch and without onnx, so that a bundle can be verified where
neither is installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

INPUT_SIZE_PX = 112
"""Rows and columns of the input."""

INPUT_CHANNELS = 3
"""The key slice and its two neighbours."""

MAP_SIZE = 7
"""Rows and columns of the last feature map: 112 halved four times."""

STEM_CHANNELS = 64
"""Channels of the stem, hence of the first squeeze-and-excitation gate."""

FEATURES = 1024
"""Channels of the last feature map, hence of the second gate and of the pooled features."""

SE_REDUCTION = 16
"""Hidden units of a gate are its channels divided by this (Hu et al. 2018): 4 and 64."""

BATCH_NORM_EPSILON = 1e-5
"""Added to the running variance; torch's default, which torchvision's weights assume."""

StemGate = Literal["after_pool", "before_pool"]
"""Where the first gate sits. The paper says before the first residual block: both fit."""

InputScaling = Literal["window", "soft_tissue"]
"""What the first convolution sees: the windowed image as it is, or centred on soft tissue.

The paper does not say. Centred means: the image's mean over its soft-tissue pixels is taken off,
and what is 0 (beyond the outline, or at the lower end of the window) stays 0. The outline's edge
then is no step of half the window beside a texture of a few percent of it, and how much contrast
medium a patient got is taken out.
"""

SOFT_TISSUE_FLOOR = 0.35
"""Windowed intensity above which a pixel counts as soft tissue: 7.5 HU, above water and fat."""


@dataclass(frozen=True)
class ResidualGroup:
    """One group of bottleneck blocks of ResNet-50.

    Attributes
    ----------
    name : str
        Name of the group in torchvision's state dict.
    blocks : int
        Number of bottlenecks; the first changes width and stride.
    width : int
        Channels inside a bottleneck; it puts out four times as many.
    stride : int
        Of the first block's 3 x 3 convolution.
    """

    name: str
    blocks: int
    width: int
    stride: int

    @property
    def channels(self) -> int:
        """Channels that the group puts out."""
        return EXPANSION * self.width


EXPANSION = 4
"""Output channels of a bottleneck per inner channel."""

RESIDUAL_GROUPS = (
    ResidualGroup("layer1", blocks=3, width=64, stride=1),
    ResidualGroup("layer2", blocks=4, width=128, stride=2),
    ResidualGroup("layer3", blocks=6, width=256, stride=2),
)
"""Groups of 3, 4 and 6 bottlenecks; the paper drops the fourth group of ResNet-50."""

VARIANT_BY_GRAPH: Mapping[str, tuple[StemGate, InputScaling]] = MappingProxyType(
    {
        "bd83d3793ce3ec51b27974537f6e852b108c029c2e8f66fe4c5244f2ace9b9eb": (
            "after_pool",
            "window",
        ),
        "2c3ca3c01cce042941145c4e6387d1b1c0dc6eaa2bf77aff0128235664c07ee9": (
            "before_pool",
            "window",
        ),
        "ff759952e20e9bbaa5a58991d02e73a3995215380dc806b325eb598bd108e566": (
            "after_pool",
            "soft_tissue",
        ),
        "9e71bdccba1a5e2476dec73beab9097dffb9156c202b33e5fa8751e9aa699693": (
            "before_pool",
            "soft_tissue",
        ),
    }
)
"""Every ONNX graph this program has ever written, by SHA-256.

The graph is a pure function of the architecture (:func:`dlcs_core.network.export.make_graph`),
so a bundle that brings another one is refused without looking into it.
"""


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """Return every weight the network needs, by its name in the state dict.

    Returns
    -------
    dict of str to tuple of int
        Shapes; the order is that of the forward pass. Batch counters of the normalisations are
        left out, as no forward pass reads them.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "conv1.weight": (STEM_CHANNELS, INPUT_CHANNELS, 7, 7),
        **_batch_norm("bn1", STEM_CHANNELS),
        **_gate("se_in", STEM_CHANNELS),
    }
    channels = STEM_CHANNELS
    for group in RESIDUAL_GROUPS:
        for block in range(group.blocks):
            shapes |= _bottleneck(f"{group.name}.{block}", channels, group, first=block == 0)
            channels = group.channels
    shapes |= _gate("se_out", FEATURES)
    return shapes | {"fc.weight": (1, FEATURES), "fc.bias": (1,)}


def _batch_norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts}


def _gate(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    hidden = channels // SE_REDUCTION
    return {
        f"{name}.fc1.weight": (hidden, channels),
        f"{name}.fc1.bias": (hidden,),
        f"{name}.fc2.weight": (channels, hidden),
        f"{name}.fc2.bias": (channels,),
    }


def _bottleneck(
    name: str, channels: int, group: ResidualGroup, *, first: bool
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}.conv1.weight": (group.width, channels, 1, 1),
        **_batch_norm(f"{name}.bn1", group.width),
        f"{name}.conv2.weight": (group.width, group.width, 3, 3),
        **_batch_norm(f"{name}.bn2", group.width),
        f"{name}.conv3.weight": (group.channels, group.width, 1, 1),
        **_batch_norm(f"{name}.bn3", group.channels),
    }
    if first:
        shapes[f"{name}.downsample.0.weight"] = (group.channels, channels, 1, 1)
        shapes |= _batch_norm(f"{name}.downsample.1", group.channels)
    return shapes
