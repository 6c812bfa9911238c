"""The network of the paper in torch: ResNet-50 without its last group, gated at both ends.

    image (n, 3, 112, 112)
      -> centred on soft tissue, where asked for
      -> stem: 7 x 7 convolution, batch norm, ReLU, max-pool        64 x 28 x 28
      -> squeeze-and-excitation gate
      -> layer1, layer2, layer3: 3, 4, 6 bottlenecks              1024 x 7 x 7
      -> squeeze-and-excitation gate -> average over the map -> one logit

Names of the weights are torchvision's (``conv1``, ``bn1``, ``layer1`` ... ``layer3``), so that
ImageNet weights load by name; ``se_in``, ``se_out`` and ``fc`` are new. The bottleneck is written
here because importing torchvision costs more than importing torch.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from dlcs_core.network.architecture import (
    EXPANSION,
    FEATURES,
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    INPUT_CHANNELS,
    KEY_CHANNEL,
    RESIDUAL_GROUPS,
    SE_REDUCTION,
    SOFT_TISSUE_FLOOR,
    STEM_CHANNELS,
    Gates,
    InputScaling,
    NetworkVariant,
    ResidualGroup,
    Slices,
    StemGate,
)

OPEN_GATE_BIAS = 4.0
"""Bias of a gate that starts open: sigmoid(4) = 0.98."""

SWITCHED_OFF_BIAS = 20.0
"""Bias of a gate that is switched off: sigmoid(20) is 1 in float32."""

GateInit = Literal["default", "open"]
"""How gates start; see :class:`SeResNet50`."""


class SqueezeExcitation(nn.Module):
    """Weigh the channels of a map by what the whole map holds (Hu et al., CVPR 2018).

    Parameters
    ----------
    channels : int
        Channels of the map.
    reduction : int
        ``channels // reduction`` hidden units.
    """

    def __init__(self, channels: int, reduction: int = SE_REDUCTION) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels // reduction)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(channels // reduction, channels)

    def gate(self, pooled: Tensor) -> Tensor:
        """Return the channel weights in (0, 1) for pooled channels (n, channels)."""
        return torch.sigmoid(self.fc2(self.relu(self.fc1(pooled))))

    def forward(self, x: Tensor) -> Tensor:
        """Return the map with its channels weighed; the shape stays."""
        return x * self.gate(x.mean((2, 3)))[:, :, None, None]

    def open_gate(self) -> None:
        """Start by letting every channel through, so that pretrained maps keep their scale."""
        nn.init.zeros_(self.fc2.weight)
        nn.init.constant_(self.fc2.bias, OPEN_GATE_BIAS)

    def switch_off(self) -> None:
        """Let everything through for good: by weights that are never trained."""
        for layer in (self.fc1, self.fc2):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.fc2.bias, SWITCHED_OFF_BIAS)
        self.requires_grad_(requires_grad=False)


class Bottleneck(nn.Module):
    """A bottleneck of ResNet-50 (V1.5: the stride is in the 3 x 3 convolution).

    Each activation is a module of its own, so that an explanation may treat them one by one.

    Parameters
    ----------
    channels, width, stride : int
        Channels in, channels inside, stride.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = EXPANSION * width
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.relu3 = nn.ReLU(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output."""
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.relu2(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        out: Tensor = self.relu3(y + self.downsample(x))
        return out


class SeResNet50(nn.Module):
    """Three slices around the tumour to one logit of good response.

    Parameters
    ----------
    stem_gate : {"after_pool", "before_pool"}
        Place of the first gate; the paper leaves it open.
    input_scaling : {"window", "soft_tissue", "imagenet"}
        What the first convolution sees; see ``architecture.InputScaling``.
    reduction : int
        Channels of a gate per hidden unit, one of ``architecture.SE_REDUCTIONS``.
    gates : {"both", "first", "last", "none"}
        Which gates there are; see ``architecture.Gates``.
    slices : {"three", "key"}
        What the first convolution may look at; see ``architecture.Slices``.
    gate_init : {"default", "open"}
        ``"open"`` starts the gates near 1, for pretrained weights: the default start near 0.5
        halves every map.
    zero_init : bool
        Start each block as the identity (last batch norm of the block at zero; Goyal et al.
        2017): better from random weights, undone by loading pretrained ones.
    dropout : float
        Share of pooled features dropped in training.
    """

    def __init__(
        self,
        *,
        stem_gate: StemGate = "after_pool",
        input_scaling: InputScaling = "window",
        reduction: int = SE_REDUCTION,
        gates: Gates = "both",
        slices: Slices = "three",
        gate_init: GateInit = "default",
        zero_init: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.variant = NetworkVariant(stem_gate, input_scaling, reduction)
        self.slices = slices
        self.conv1 = nn.Conv2d(INPUT_CHANNELS, STEM_CHANNELS, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM_CHANNELS)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.se_in = SqueezeExcitation(STEM_CHANNELS, reduction)
        self.layer1, self.layer2, self.layer3 = _residual_groups()
        self.se_out = SqueezeExcitation(FEATURES, reduction)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(FEATURES, 1)
        self._initialise(zero_init=zero_init, open_gates=gate_init == "open")
        self._restrict(gates)

    def feature_map(self, images: Tensor) -> Tensor:
        """Return the output of the last residual group, before the second gate.

        Parameters
        ----------
        images : Tensor (n, 3, 112, 112)
            Windowed intensity in [0, 1].

        Returns
        -------
        Tensor (n, 1024, 7, 7)
            The map that Grad-CAM explains.
        """
        images = scaled(images, self.variant.input_scaling)
        if self.slices == "key":
            images = _key_slice_alone(images)
        x = self.relu(self.bn1(self.conv1(images)))
        if self.variant.stem_gate == "before_pool":
            x = self.maxpool(self.se_in(x))
        else:
            x = self.se_in(self.maxpool(x))
        out: Tensor = self.layer3(self.layer2(self.layer1(x)))
        return out

    def head(self, feature_map: Tensor) -> Tensor:
        """Return the logits (n,) of a feature map (n, 1024, 7, 7)."""
        pooled = self.se_out(feature_map).mean((2, 3))
        logit: Tensor = self.fc(self.dropout(pooled))[:, 0]
        return logit

    def forward(self, images: Tensor) -> Tensor:
        """Return the logit (n,) of good response for images (n, 3, 112, 112) in [0, 1]."""
        return self.head(self.feature_map(images))

    def _initialise(self, *, zero_init: bool, open_gates: bool) -> None:
        """Initialise as torchvision does (He et al. 2015, fan out)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if zero_init and isinstance(module, Bottleneck):
                nn.init.zeros_(module.bn3.weight)
            if open_gates and isinstance(module, SqueezeExcitation):
                module.open_gate()

    def _restrict(self, gates: Gates) -> None:
        """Switch off the gates and kernels that this network goes without."""
        if gates not in ("both", "first"):
            self.se_in.switch_off()
        if gates not in ("both", "last"):
            self.se_out.switch_off()
        if self.slices == "key":
            self.look_at_key_slice()

    @torch.no_grad()
    def look_at_key_slice(self) -> None:
        """Add the first convolution's kernels up on the key slice, as for one slice three times.

        The other two are zero and stay so: what they would see is zero in training, so neither
        gradient nor decay moves them. The served network needs no other graph for it.
        """
        kernels = self.conv1.weight
        together = kernels.sum(1)
        kernels.zero_()
        kernels[:, KEY_CHANNEL] = together


def scaled(images: Tensor, scaling: InputScaling) -> Tensor:
    """Bring images (n, 3, rows, columns) in [0, 1] to what the first convolution sees."""
    if scaling == "soft_tissue":
        return centre_on_soft_tissue(images)
    if scaling == "imagenet":
        mean, deviation = (images.new_tensor(v) for v in (IMAGENET_MEAN, IMAGENET_DEVIATION))
        return (images - mean[:, None, None]) / deviation[:, None, None]
    return images


def _key_slice_alone(images: Tensor) -> Tensor:
    kept = torch.zeros_like(images)
    kept[:, KEY_CHANNEL] = images[:, KEY_CHANNEL]
    return kept


def centre_on_soft_tissue(images: Tensor) -> Tensor:
    """Take each image's mean over its soft-tissue pixels off; what is 0 stays 0.

    Parameters
    ----------
    images : Tensor (n, 3, rows, columns)
        Windowed intensity in [0, 1].

    Returns
    -------
    Tensor, same shape
        An image without soft tissue is returned as it is.
    """
    tissue = (images > SOFT_TISSUE_FLOOR).to(images.dtype)
    total = (images * tissue).sum((1, 2, 3), keepdim=True)
    count = tissue.sum((1, 2, 3), keepdim=True).clamp(min=1)
    return (images - total / count) * images.sign()


def _residual_groups() -> list[nn.Sequential]:
    groups, channels = [], STEM_CHANNELS
    for group in RESIDUAL_GROUPS:
        groups.append(_residual_group(group, channels))
        channels = group.channels
    return groups


def _residual_group(group: ResidualGroup, channels: int) -> nn.Sequential:
    first = Bottleneck(channels, group.width, group.stride)
    rest = (Bottleneck(group.channels, group.width, 1) for _ in range(group.blocks - 1))
    return nn.Sequential(first, *rest)
