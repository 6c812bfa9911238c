"""Training through the rounding of the weights' stored form (straight-through estimator).

The stored form itself is :mod:`dlcs_core.network.storage`; here is the same rounding on torch
tensors, fast enough for every training step.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dlcs_core.network.export import weight_arrays
from dlcs_core.network.se_resnet50 import SeResNet50
from dlcs_core.network.storage import (
    INT8_LEVELS,
    SCALE_BITS,
    Storage,
    decode_weights,
    encode_weights,
)


def as_stored(weight: Tensor, storage: Storage) -> Tensor:
    """Return a weight as it will read after storage, as ``decode(encode(weight))`` does."""
    if storage == "float16" or weight.ndim < 2:
        return weight.half().float()
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    step = torch.where(largest > 0, largest / INT8_LEVELS, torch.ones_like(largest))
    fraction, exponent = torch.frexp(step)
    scale = torch.ldexp((fraction * 2**SCALE_BITS).round() / 2**SCALE_BITS, exponent)
    return (weight / scale).round().clamp(-INT8_LEVELS, INT8_LEVELS) * scale


@contextmanager
def weights_as_stored(model: nn.Module, storage: Storage) -> Iterator[None]:
    """Let the weights hold their stored values within the block, their exact ones after it.

    Gradients computed within the block belong to the stored values; the optimiser's step after
    it moves the exact ones (Bengio et al. 2013). Forward and backward pass both belong inside.
    """
    exact = [(parameter, parameter.data) for parameter in model.parameters() if parameter.ndim > 1]
    try:
        for parameter, value in exact:
            parameter.data = as_stored(value, storage)
        yield
    finally:
        for parameter, value in exact:
            parameter.data = value


def round_to_stored_form(model: SeResNet50, storage: Storage) -> SeResNet50:
    """Replace a trained network's weights by what their stored form reads as.

    Every score computed afterwards is that of the network in the bundle.

    Returns
    -------
    SeResNet50
        The same object.
    """
    rounded = decode_weights(encode_weights(weight_arrays(model), storage))
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name in rounded:
                tensor.copy_(torch.from_numpy(rounded[name]))
    return model
