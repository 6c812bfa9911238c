"""ImageNet weights of torchvision's ResNet-50 from a local file: by path, hash and name."""

import hashlib
import io
from pathlib import Path

import torch
from torch import Tensor

from dlcs_core.errors import ModelError
from dlcs_core.network.se_resnet50 import SeResNet50


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
    if model.slices == "key":
        model.look_at_key_slice()
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
