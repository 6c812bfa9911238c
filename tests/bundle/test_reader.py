import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load, save

from dlcs_core.bundle import layout
from dlcs_core.bundle.reader import read_bundle
from dlcs_core.errors import BundleError


class Canary:
    """Sings when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_valid_bundle_predicts(untrained_bundle):
    bundle = read_bundle(untrained_bundle)
    image = np.random.default_rng(0).random((3, 112, 112), dtype=np.float32)
    viewed = bundle.network(threads=1).run_views(image, bundle.manifest.n_views)
    assert 0 < bundle.recalibration.score(viewed.fold_logits) < 1
    assert not bundle.reference.is_out_of_distribution(viewed.features)


def test_network_keeps_its_sessions(untrained_bundle):
    bundle = read_bundle(untrained_bundle)
    sessions = bundle.network(threads=1).warm_up()
    assert bundle.network().warm_up() is sessions


def test_bundle_is_named_by_the_hash_of_its_manifest(untrained_bundle):
    manifest = (untrained_bundle / "manifest.json").read_bytes()
    assert read_bundle(untrained_bundle).sha256 == layout.sha256(manifest)


@pytest.mark.parametrize("position", [0, 0.3, 0.7, -1])
@pytest.mark.parametrize(
    "name",
    [
        "network-1.safetensors",
        "network.onnx",
        "reference.npz",
        "clinical_signature.json",
        "fusion.json",
        "survival.json",
        "calibration.json",
        "MODEL_CARD.md",
    ],
)
def test_flipped_byte_is_refused(name, position, spoilt):
    content = bytearray(spoilt.file(name).read_bytes())
    content[position if position == -1 else int(position * len(content))] ^= 0x01
    spoilt.write(name, content)
    assert spoilt.refusal() == "bundle_hash"


def test_flipped_byte_in_the_manifest_is_refused_or_renames_the_bundle(spoilt):
    original = spoilt.file("manifest.json").read_bytes()
    sha256 = read_bundle(spoilt.directory).sha256
    for position in range(0, len(original), 97):
        changed = bytearray(original)
        changed[position] ^= 0x01
        spoilt.write("manifest.json", changed)
        try:
            assert read_bundle(spoilt.directory).sha256 != sha256
        except BundleError:
            continue


@pytest.mark.parametrize("name", ["manifest.json", "fusion.json", "network-2.safetensors"])
def test_missing_file_is_refused(name, spoilt):
    spoilt.file(name).unlink()
    assert spoilt.refusal() in {"bundle_file_missing", "bundle_files_differ_from_manifest"}


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "network-3.safetensors", "code.py"])
def test_unlisted_file_is_refused(name, spoilt):
    spoilt.write(name, b"extra")
    assert spoilt.refusal() == "bundle_files_differ_from_manifest"


@pytest.mark.parametrize(
    "name", ["notes.txt", "../outside.json", "/etc/passwd", "a/b.json", "network-01.safetensors"]
)
def test_listed_file_that_no_bundle_has_is_refused(name, spoilt):
    spoilt.edit_manifest(lambda manifest: manifest["files"].update({name: "0" * 64}))
    assert spoilt.refusal() == "bundle_file_unknown"


def test_gap_in_the_folds_is_refused(spoilt):
    def rename(manifest):
        manifest["files"]["network-3.safetensors"] = manifest["files"].pop("network-2.safetensors")

    spoilt.file("network-2.safetensors").rename(spoilt.file("network-3.safetensors"))
    spoilt.edit_manifest(rename)
    assert spoilt.refusal() == "bundle_file_unknown"


def test_bundle_without_folds_is_refused(spoilt):
    for fold in (1, 2):
        spoilt.file(f"network-{fold}.safetensors").unlink()
        spoilt.edit_manifest(lambda m, f=fold: m["files"].pop(f"network-{f}.safetensors"))
    assert spoilt.refusal() == "bundle_file_missing"


def test_dropped_fold_is_refused(spoilt):
    spoilt.file("network-2.safetensors").unlink()
    spoilt.edit_manifest(lambda manifest: manifest["files"].pop("network-2.safetensors"))
    assert spoilt.refusal() == "bundle_fold_count"


def test_link_is_refused_even_to_the_right_content(spoilt, tmp_path):
    spoilt.file("fusion.json").rename(tmp_path / "fusion.json")
    spoilt.file("fusion.json").symlink_to(tmp_path / "fusion.json")
    assert spoilt.refusal() == "bundle_not_plain_files"


def test_folder_and_pipe_are_refused_without_hanging(spoilt):
    spoilt.file("fusion.json").unlink()
    os.mkfifo(spoilt.file("fusion.json"))
    assert spoilt.refusal() == "bundle_not_plain_files"
    spoilt.file("fusion.json").unlink()
    spoilt.file("fusion.json").mkdir()
    assert spoilt.refusal() == "bundle_not_plain_files"


def test_huge_files_are_refused_by_their_size(spoilt):
    spoilt.write("survival.json", b"")
    os.truncate(spoilt.file("survival.json"), layout.MAX_BUNDLE_BYTES + 1)
    assert spoilt.refusal() == "bundle_too_large"


def test_huge_manifest_is_refused(spoilt):
    manifest = spoilt.file("manifest.json").read_bytes()
    spoilt.write("manifest.json", manifest + b" " * layout.MAX_MANIFEST_BYTES)
    assert spoilt.refusal() == "bundle_file_too_large"


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.write_text("x"), lambda p: p.mkdir()])
def test_what_is_no_bundle_directory_is_refused(make, tmp_path):
    make(tmp_path / "no_bundle")
    with pytest.raises(BundleError) as caught:
        read_bundle(tmp_path / "no_bundle")
    assert caught.value.code in {"bundle_missing", "bundle_file_missing"}


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


def test_other_graph_is_refused_even_when_signed(spoilt):
    graph = spoilt.file("network.onnx").read_bytes()
    spoilt.rewrite(
        "network.onnx", graph.replace(b"handed-over-in-memory", b"../../../etc/shadow00")
    )
    assert spoilt.refusal() == "bundle_graph_unknown"


@pytest.mark.parametrize(
    "name", ["clinical_signature.json", "fusion.json", "survival.json", "calibration.json"]
)
@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b"null", b'{"a": NaN}', b'{"a": 1, "a": 1}', b"\xff\xfe", b"[" * 100_000],
)
def test_model_that_is_no_usable_json_is_refused(name, content, spoilt):
    spoilt.rewrite(name, content)
    assert spoilt.refusal() in {"bundle_model_malformed", "bundle_json_invalid"}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("clinical_signature.json", "model"),
        ("fusion.json", "cutoff"),
        ("survival.json", "baseline"),
        ("calibration.json", "slope"),
    ],
)
@pytest.mark.parametrize("value", [None, "1", [], {}, [1, [2]]])
def test_model_with_a_part_of_another_kind_is_refused(name, part, value, spoilt):
    spoilt.edit_json(name, lambda content: content.update({part: value}))
    assert spoilt.refusal() == "bundle_model_malformed"


def test_number_beyond_floats_is_refused(spoilt):
    text = spoilt.file("calibration.json").read_text()
    slope = json.loads(text)["slope"]
    spoilt.rewrite("calibration.json", text.replace(f'"slope": {slope}', '"slope": 1e999').encode())
    assert spoilt.refusal() == "bundle_json_invalid"


def test_model_card_that_is_no_text_is_refused(spoilt):
    spoilt.rewrite("MODEL_CARD.md", b"\xff\xfe\x00")
    assert spoilt.refusal() == "bundle_file_unreadable"


def test_preprocessing_of_another_kind_is_refused(spoilt):
    spoilt.edit_manifest(lambda manifest: manifest["preprocessing"].update(size_px="large"))
    assert spoilt.refusal() == "bundle_model_malformed"
