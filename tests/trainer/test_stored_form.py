import numpy as np
import pytest
import torch

from dlcs_core.network.export import weight_arrays
from dlcs_core.network.se_resnet50 import SeResNet50
from dlcs_core.network.storage import decode_weights, encode_weights
from trainer.stored_form import as_stored, round_to_stored_form, weights_as_stored


def make_network() -> SeResNet50:
    torch.manual_seed(0)
    return SeResNet50()


@pytest.mark.parametrize("storage", ["int8", "float16"])
def test_rounding_in_training_equals_reading_from_storage_bit_for_bit(storage: str) -> None:
    model = make_network()
    read = decode_weights(encode_weights(weight_arrays(model), storage))  # type: ignore[arg-type]
    for name, parameter in model.named_parameters():
        rounded = as_stored(parameter.detach(), storage)  # type: ignore[arg-type]
        assert (rounded.numpy() == read[name]).all(), name


def test_a_rounded_network_is_stored_without_further_change() -> None:
    model = round_to_stored_form(make_network(), "int8")
    once = weight_arrays(model)
    again = decode_weights(encode_weights(once, "int8"))
    assert all((once[name] == again[name]).all() for name in once)


def test_exact_weights_return_after_the_block_and_get_the_gradient() -> None:
    model = make_network()
    before = model.conv1.weight.detach().clone()
    with weights_as_stored(model, "int8"):
        assert not torch.equal(model.conv1.weight, before)
        model(torch.rand(2, 3, 32, 32)).sum().backward()
    assert torch.equal(model.conv1.weight, before)
    assert model.conv1.weight.grad is not None
    assert np.isfinite(model.conv1.weight.grad.numpy()).all()


def test_exact_weights_return_when_the_block_fails() -> None:
    model = make_network()
    before = model.conv1.weight.detach().clone()
    with pytest.raises(RuntimeError), weights_as_stored(model, "int8"):
        raise RuntimeError
    assert torch.equal(model.conv1.weight, before)
