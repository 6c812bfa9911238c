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

import hashlib
import io
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from dlcs_core.errors import ModelError
from dlcs_core.network.architecture import (
    EXPANSION,
    FEATURES,
    INPUT_CHANNELS,
    RESIDUAL_GROUPS,
    SE_REDUCTION,
    SOFT_TISSUE_FLOOR,
    STEM_CHANNELS,
    InputScaling,
    ResidualGroup,
    StemGate,
)

OPEN_GATE_BIAS = 4.0
"""Bias of a gate that starts open: sigmoid(4) = 0.98."""


class SqueezeExcitation(nn.Module):
    """Weigh the channels of a map by what the whole map holds (Hu et al., CVPR 2018).

    Parameters
    ----------
    channels : int
        Channels of the map; ``channels // 16`` hidden units.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels // SE_REDUCTION)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(channels // SE_REDUCTION, channels)

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
    input_scaling : {"window", "soft_tissue"}
        What the first convolution sees; see ``architecture.InputScaling``.
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
        gate_init: Literal["default", "open"] = "default",
        zero_init: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.stem_gate = stem_gate
        self.input_scaling = input_scaling
        self.conv1 = nn.Conv2d(INPUT_CHANNELS, STEM_CHANNELS, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM_CHANNELS)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.se_in = SqueezeExcitation(STEM_CHANNELS)
        self.layer1, self.layer2, self.layer3 = _residual_groups()
        self.se_out = SqueezeExcitation(FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(FEATURES, 1)
        self._initialise(zero_init=zero_init, open_gates=gate_init == "open")

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
        if self.input_scaling == "soft_tissue":
            images = centre_on_soft_tissue(images)
        x = self.relu(self.bn1(self.conv1(images)))
        if self.stem_gate == "before_pool":
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


def load_imagenet_weights(model: SeResNet50, path: Path, sha256: str | None = None) -> str:
    """Load torchvision's ResNet-50 weights from a local file, by name.

    The fourth group and the classifier of the file are dropped; gates and logit stay as they
    were initialised. The model is changed only when everything fits.

    Parameters
    ----------
    model : SeResNet50
        Changed in place.
    path : Path
        ``.safetensors`` or ``.pth``; of a ``.pth`` only tensors are read. The faithful choice is
        ``IMAGENET1K_V1``, the only recipe that existed when the paper's network was trained.
    sha256 : str, optional
        Expected SHA-256 of the file, in hexadecimal.

    Returns
    -------
    str
        SHA-256 of the file, for the record.

    Raises
    ------
    ModelError
        If the file is missing or unreadable, has another hash, or its names or shapes are not
        those of ResNet-50.
    """
    if not path.is_file():
        raise ModelError("pretrained_weights_missing", path=str(path))
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256.lower():
        raise ModelError("pretrained_weights_hash", found=found[:12], expected=sha256[:12])
    backbone = _backbone(_read_tensors(content, path.suffix), model)
    model.load_state_dict(model.state_dict() | backbone)
    return found


def _read_tensors(content: bytes, suffix: str) -> dict[str, Tensor]:
    from safetensors.torch import load

    try:
        if suffix == ".safetensors":
            return dict(load(content))
        return dict(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    # A broken or hostile file is reported by a dozen classes, depending on where it breaks.
    except Exception as error:
        raise ModelError("pretrained_weights_unreadable") from error


def _backbone(tensors: dict[str, Tensor], model: SeResNet50) -> dict[str, Tensor]:
    """Return the tensors of stem and groups 1 to 3 after checking names and shapes."""
    expected = {
        name: tensor.shape
        for name, tensor in model.state_dict().items()
        if not name.startswith(("se_in.", "se_out.", "fc."))
    }
    found = {n: t for n, t in tensors.items() if not n.startswith(("layer4.", "fc."))}
    # Files written before torch 0.4.1 have no batch counters, and nothing here reads them.
    missing = [n for n in expected if n not in found and not n.endswith("num_batches_tracked")]
    wrong = [n for n, t in found.items() if expected.get(n) != t.shape]
    if missing or wrong:
        raise ModelError("pretrained_weights_mismatch", missing=len(missing), wrong=len(wrong))
    return found
