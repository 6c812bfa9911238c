import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.network.storage import decode_weights, encode_weights


def draw_weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0, 1, (8, 4, 3, 3)) * rng.lognormal(0, 2, (8, 1, 1, 1))
    kernel[3] = 0
    return {"kernel": kernel.astype(np.float32), "bias": rng.normal(0, 1, 8).astype(np.float32)}


def test_eight_bit_storage_is_off_by_at_most_half_a_step_of_the_channel() -> None:
    weights = draw_weights()
    read = decode_weights(encode_weights(weights, "int8"))
    step = np.abs(weights["kernel"]).max(axis=(1, 2, 3), keepdims=True) / 127
    assert (np.abs(read["kernel"] - weights["kernel"]) <= 0.517 * step + 1e-12).all()


def test_eight_bit_storage_takes_a_byte_per_weight_and_keeps_vectors_in_sixteen_bits() -> None:
    stored = encode_weights(draw_weights(), "int8")
    assert stored["kernel"].dtype == np.int8
    assert stored["kernel.scale"].shape == (8,)
    assert stored["bias"].dtype == np.float16


@pytest.mark.parametrize("storage", ["int8", "float16"])
def test_storing_a_stored_network_changes_nothing(storage: str) -> None:
    for seed in range(20):
        once = encode_weights(draw_weights(seed), storage)  # type: ignore[arg-type]
        again = encode_weights(decode_weights(once), storage)  # type: ignore[arg-type]
        assert all((once[name] == again[name]).all() for name in once)


@pytest.mark.parametrize("storage", ["int8", "float16"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_is_refused(storage: str, value: float) -> None:
    weights = draw_weights()
    weights["kernel"][0, 0, 0, 0] = value
    with pytest.raises(ModelError):
        encode_weights(weights, storage)  # type: ignore[arg-type]


def test_a_vector_beyond_sixteen_bits_is_refused() -> None:
    with pytest.raises(ModelError):
        encode_weights({"bias": np.array([7e4], dtype=np.float32)}, "int8")


@pytest.mark.parametrize(
    "scale", [None, np.ones(7, np.float32), np.zeros(8, np.float32), np.full(8, np.nan, np.float32)]
)
def test_integers_without_fitting_scales_are_refused(scale: np.ndarray | None) -> None:
    stored = encode_weights(draw_weights(), "int8")
    stored.pop("kernel.scale")
    if scale is not None:
        stored["kernel.scale"] = scale
    with pytest.raises(ModelError):
        decode_weights(stored)


def test_scales_without_integers_are_refused() -> None:
    stored = encode_weights(draw_weights(), "int8")
    stored.pop("kernel")
    with pytest.raises(ModelError):
        decode_weights(stored)
