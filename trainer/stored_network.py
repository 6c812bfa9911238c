"""A trained network in torch again, from its stored weights."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from dlcs_core.network.se_resnet50 import SeResNet50
from dlcs_core.network.storage import decode_weights
from trainer.config import NetworkConfig
from trainer.fold_state import make_network


def read_network(path: Path, settings: NetworkConfig) -> SeResNet50:
    """Return a fold's network as it was stored, in evaluation mode.

    Parameters
    ----------
    path : Path
        ``weights.safetensors`` of a fold.
    settings : NetworkConfig
        Of its recipe; weights to start from are not read.
    """
    from safetensors.numpy import load_file

    model = make_network(replace(settings, initial_weights="random"))
    return with_weights(model, load_file(path))


def with_weights(model: SeResNet50, stored: Mapping[str, NDArray[Any]]) -> SeResNet50:
    """Give a network stored weights; return the same object, in evaluation mode."""
    weights = {name: torch.from_numpy(one) for name, one in decode_weights(stored).items()}
    # Batch counters are not stored, and nothing reads them.
    model.load_state_dict(model.state_dict() | weights)
    return model.eval()
