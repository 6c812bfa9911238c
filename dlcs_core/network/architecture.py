"""The network as data: names and shapes of its weights, and the graphs that feed on them.

Everything here is known without torch and without onnx, so that a bundle can be verified where
neither is installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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

SE_REDUCTIONS = (4, 8, 16, 32)
"""Reductions on offer; the paper gives none. 8 gives the first gate timm's 8 hidden units."""

BATCH_NORM_EPSILON = 1e-5
"""Added to the running variance; torch's default, which torchvision's weights assume."""

StemGate = Literal["after_pool", "before_pool"]
"""Where the first gate sits. The paper says before the first residual block: both fit."""

Gates = Literal["both", "first", "last", "none"]
"""Which gates weigh channels; the others let everything through, by weights that say so.

The paper has both. A gate that lets everything through is no other graph: its last bias is so
large that the sigmoid is 1. So a bundle without gates is served and verified like any other.
"""

Slices = Literal["three", "key"]
"""What the first convolution may look at: three slices as the paper, or the key slice alone.

With the key slice alone the kernels of the other two are zero: again no other graph.
"""

KEY_CHANNEL = 1
"""Channel of the key slice; its lower and upper neighbours are 0 and 2."""

InputScaling = Literal["window", "soft_tissue", "imagenet"]
"""What the first convolution sees: the windowed image as it is, or centred on soft tissue.

The paper does not say. Centred means: the image's mean over its soft-tissue pixels is taken off,
and what is 0 (beyond the outline, or at the lower end of the window) stays 0. The outline's edge
then is no step of half the window beside a texture of a few percent of it, and how much contrast
medium a patient got is taken out. ``"imagenet"`` subtracts and divides by the mean and deviation
of ImageNet's colours, with which torchvision's weights were trained.
"""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's red, green and blue in [0, 1], as in torchvision's presets."""

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Standard deviations likewise."""

SOFT_TISSUE_FLOOR = 0.35
"""Windowed intensity above which a pixel counts as soft tissue: 7.5 HU, above water and fat."""


@dataclass(frozen=True)
class NetworkVariant:
    """What of the network the paper leaves open and the graph depends on.

    Attributes
    ----------
    stem_gate : str
        Place of the first gate.
    input_scaling : str
        What the first convolution sees.
    reduction : int
        Channels of a gate per hidden unit.
    """

    stem_gate: StemGate = "after_pool"
    input_scaling: InputScaling = "window"
    reduction: int = SE_REDUCTION


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


def weight_shapes(reduction: int = SE_REDUCTION) -> dict[str, tuple[int, ...]]:
    """Return every weight the network needs, by its name in the state dict.

    Parameters
    ----------
    reduction : int
        Of the gates; decides their hidden units and nothing else.

    Returns
    -------
    dict of str to tuple of int
        Shapes; the order is that of the forward pass. Batch counters of the normalisations are
        left out, as no forward pass reads them.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "conv1.weight": (STEM_CHANNELS, INPUT_CHANNELS, 7, 7),
        **_batch_norm("bn1", STEM_CHANNELS),
        **_gate("se_in", STEM_CHANNELS, reduction),
    }
    channels = STEM_CHANNELS
    for group in RESIDUAL_GROUPS:
        for block in range(group.blocks):
            shapes |= _bottleneck(f"{group.name}.{block}", channels, group, first=block == 0)
            channels = group.channels
    shapes |= _gate("se_out", FEATURES, reduction)
    return shapes | {"fc.weight": (1, FEATURES), "fc.bias": (1,)}


def shapes_like(found: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the weights that a network needs whose first gate has the given hidden units.

    Parameters
    ----------
    found : mapping of str to tuple of int
        Shapes of weights that claim to be a network's.

    Returns
    -------
    dict of str to tuple of int
        Equal to ``found`` where they are; with the default reduction where no reduction fits.
    """
    for reduction in SE_REDUCTIONS:
        if found.get("se_in.fc1.bias") == (STEM_CHANNELS // reduction,):
            return weight_shapes(reduction)
    return weight_shapes()


def _batch_norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts}


def _gate(name: str, channels: int, reduction: int) -> dict[str, tuple[int, ...]]:
    hidden = channels // reduction
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
