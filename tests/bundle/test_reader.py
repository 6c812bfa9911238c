import json
import os

import numpy as np
import pytest

from dlcs_core.bundle import layout
from dlcs_core.bundle.reader import read_bundle
from dlcs_core.errors import BundleError


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


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size_px": "large"}, "bundle_model_malformed"),
        ({"extra": 1}, "bundle_model_malformed"),
        ({"size_px": 224}, "bundle_preprocessing"),
        ({"spacing_mm": 0}, "bundle_preprocessing"),
        ({"margin_mm": -1}, "bundle_preprocessing"),
        ({"window_hu": [-1e9, 235]}, "bundle_preprocessing"),
    ],
)
def test_preprocessing_that_the_network_cannot_use_is_refused(change, code, spoilt):
    spoilt.edit_manifest(lambda manifest: manifest["preprocessing"].update(change))
    assert spoilt.refusal() == code
