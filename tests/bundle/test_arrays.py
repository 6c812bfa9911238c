import io
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load, save


class Canary:
    """Sings when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def edit_weights(spoilt, edit):
    weights = {
        n: a.copy() for n, a in load(spoilt.file("network-1.safetensors").read_bytes()).items()
    }
    edit(weights)
    spoilt.rewrite("network-1.safetensors", save(weights))


@pytest.mark.parametrize("name", ["bn1.running_var", "conv1.weight.scale"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weight_that_is_not_finite_is_refused(name, value, spoilt):
    edit_weights(spoilt, lambda weights: weights[name].__setitem__(0, value))
    assert spoilt.refusal() == "bundle_weights_not_finite"


@pytest.mark.parametrize("value", [0, -1, 1e38])
def test_scale_that_decodes_to_no_weight_is_refused(value, spoilt):
    edit_weights(spoilt, lambda weights: weights["fc.weight.scale"].__setitem__(0, value))
    assert spoilt.refusal() == "bundle_weights_not_finite"


@pytest.mark.parametrize(
    "changes",
    [
        {"fc.bias": np.zeros(2, np.float16)},
        {"fc.bias": np.zeros(1, np.float32)},
        {"fc.weight": np.zeros((1, 1024), np.float16)},
        {"extra.bias": np.zeros(1, np.float16)},
    ],
)
def test_weights_of_another_architecture_are_refused(changes, spoilt):
    edit_weights(spoilt, lambda weights: weights.update(changes))
    assert spoilt.refusal() == "bundle_weights_architecture"


def test_missing_weight_is_refused(spoilt):
    edit_weights(spoilt, lambda weights: weights.pop("fc.bias"))
    assert spoilt.refusal() == "bundle_weights_architecture"


def test_weights_in_another_form_than_the_manifest_says_are_refused(spoilt):
    spoilt.edit_manifest(lambda manifest: manifest.update(weights_storage="float16"))
    assert spoilt.refusal() == "bundle_weights_architecture"


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 7, b"\xff" * 100, bytes(8) + b"{}"])
def test_broken_weights_file_is_refused(content, spoilt):
    spoilt.rewrite("network-1.safetensors", content)
    assert spoilt.refusal() in {"bundle_weights_broken", "bundle_weights_architecture"}


def test_pickled_weights_are_refused_and_never_run(spoilt, tmp_path):
    spoilt.rewrite("network-1.safetensors", pickle.dumps(Canary(tmp_path / "sang")))
    assert spoilt.refusal() == "bundle_weights_broken"
    assert not (tmp_path / "sang").exists()


@pytest.mark.parametrize("name", ["mean", "surplus"])
def test_pickled_array_in_the_reference_is_refused_and_never_run(name, spoilt, tmp_path):
    arrays = dict(np.load(spoilt.file("reference.npz")))
    arrays[name] = np.array([Canary(tmp_path / "sang")], dtype=object)
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    spoilt.rewrite("reference.npz", stream.getvalue())
    assert spoilt.refusal() == "bundle_reference_broken"
    assert not (tmp_path / "sang").exists()


def npz(arrays, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_reference_that_unfolds_when_read_is_refused(spoilt):
    arrays = {name: npy(a) for name, a in np.load(spoilt.file("reference.npz")).items()}
    spoilt.rewrite("reference.npz", npz(arrays, zipfile.ZIP_DEFLATED))
    assert spoilt.refusal() == "bundle_reference_broken"


def test_array_that_promises_more_than_it_holds_is_refused(spoilt):
    arrays = {name: npy(a) for name, a in np.load(spoilt.file("reference.npz")).items()}
    header = arrays["mean"].replace(b"(2, 1024)", b"(9, 1024)")
    assert header != arrays["mean"]
    spoilt.rewrite("reference.npz", npz({**arrays, "mean": header}))
    assert spoilt.refusal() == "bundle_reference_broken"


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": np.float64(np.nan)},
        {"mean": np.zeros((2, 1024), np.float32)},
        {"variance": np.zeros((2, 1))},
        {"surplus": np.zeros(1)},
    ],
)
def test_reference_with_unusable_arrays_is_refused(change, spoilt):
    arrays = {name: npy(a) for name, a in np.load(spoilt.file("reference.npz")).items()}
    spoilt.rewrite("reference.npz", npz({**arrays, **{n: npy(a) for n, a in change.items()}}))
    assert spoilt.refusal() == "bundle_reference_broken"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"not a zip" * 100])
def test_reference_that_is_no_zip_is_refused(content, spoilt):
    spoilt.rewrite("reference.npz", content)
    assert spoilt.refusal() == "bundle_reference_broken"
