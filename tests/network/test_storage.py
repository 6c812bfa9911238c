import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.network.storage import decode_weights, encode_weights


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    spread = 10.0 ** rng.uniform(-6, 3, (32, 1, 1, 1))
    return {
        "conv.weight": (rng.normal(size=(32, 8, 3, 3)) * spread).astype(np.float32),
        "fc.weight": rng.normal(size=(1, 64)).astype(np.float32),
        "empty.weight": np.zeros((4, 5), np.float32),
        "bn.bias": rng.normal(size=32).astype(np.float32),
    }


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_storing_a_stored_network_changes_nothing(storage, weights):
    once = decode_weights(encode_weights(weights, storage))
    twice = decode_weights(encode_weights(once, storage))
    assert all(np.array_equal(once[name], twice[name]) for name in weights)


def test_eight_bits_are_off_by_at_most_half_a_step_of_the_channel(weights):
    decoded = decode_weights(encode_weights(weights, "int8"))["conv.weight"]
    error = np.abs(decoded - weights["conv.weight"]).max(axis=(1, 2, 3))
    step = np.abs(weights["conv.weight"]).max(axis=(1, 2, 3)) / 127
    # A scale's own rounding to 12 bits moves the largest weight by up to 127 / 2**12 of a step.
    assert (error <= step * (0.5 + 127 / 2**12)).all()


def test_eight_bits_halve_the_size(weights):
    sizes = [
        sum(array.nbytes for array in encode_weights(weights, storage).values())
        for storage in ("float16", "int8")
    ]
    assert sizes[1] < 0.6 * sizes[0]


def test_vectors_are_kept_in_16_bits(weights):
    assert encode_weights(weights, "int8")["bn.bias"].dtype == np.float16


@pytest.mark.parametrize("storage", ["float16", "int8"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 70_000])
def test_weight_that_cannot_be_stored_is_refused(storage, value, weights):
    weights["conv.weight"][3, 2, 1, 0] = value
    with pytest.raises(ModelError) as caught:
        encode_weights(weights, storage)
    assert caught.value.values["weight"] == "conv.weight"


@pytest.mark.parametrize("scale", [None, np.ones(3, np.float32), np.full(32, -1, np.float32)])
def test_integers_without_fitting_scales_are_refused(scale, weights):
    stored = encode_weights(weights, "int8")
    del stored["conv.weight.scale"]
    if scale is not None:
        stored["conv.weight.scale"] = scale
    with pytest.raises(ModelError, match="weights_scale_mismatch"):
        decode_weights(stored)


def test_scales_without_integers_are_refused(weights):
    stored = encode_weights(weights, "int8")
    del stored["conv.weight"]
    with pytest.raises(ModelError, match="weights_scale_mismatch"):
        decode_weights(stored)
