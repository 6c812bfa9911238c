import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.bundle.reader import read_bundle
from dlcs_core.bundle.writer import write_bundle
from dlcs_core.errors import BundleError
from dlcs_core.network.inference import Network


def test_everything_comes_back_as_it_was_written(untrained_bundle, bundle_contents):
    bundle = read_bundle(untrained_bundle)
    for part in ("recalibration", "clinical_signature", "fusion", "survival"):
        assert getattr(bundle, part).to_dict() == getattr(bundle_contents, part).to_dict()
    written = bundle_contents.reference.to_arrays()
    for name, array in bundle.reference.to_arrays().items():
        np.testing.assert_array_equal(array, written[name])
    assert replace(bundle.manifest, files={}) == bundle_contents.manifest
    assert bundle.preprocessing.to_dict() == bundle_contents.manifest.preprocessing
    assert bundle.model_card == bundle_contents.model_card


def test_stored_network_gives_the_scores_of_the_written_one(untrained_bundle, bundle_contents):
    image = np.random.default_rng(0).random((1, 3, 112, 112), dtype=np.float32)
    before = Network(bundle_contents.network_graph, bundle_contents.fold_weights, threads=1)
    stored = read_bundle(untrained_bundle).network(threads=1)
    np.testing.assert_array_equal(stored.run(image).logits, before.run(image).logits)


def test_same_contents_make_the_same_bundle(untrained_bundle, bundle_contents, tmp_path):
    write_bundle(tmp_path / "again", bundle_contents)
    assert read_bundle(tmp_path / "again").sha256 == read_bundle(untrained_bundle).sha256


def test_manifest_lists_every_file(untrained_bundle):
    listed = json.loads((untrained_bundle / "manifest.json").read_text())["files"]
    assert {*listed, "manifest.json"} == {path.name for path in untrained_bundle.iterdir()}


def test_older_bundle_is_replaced_and_nothing_else_left(bundle_contents, tmp_path):
    target = tmp_path / "bundle"
    write_bundle(target, bundle_contents)
    newer = replace(bundle_contents, manifest=replace(bundle_contents.manifest, version="1"))
    write_bundle(target, newer)
    assert read_bundle(target).manifest.version == "1"
    assert list(tmp_path.iterdir()) == [target]


def test_empty_directory_is_taken(bundle_contents, tmp_path):
    (tmp_path / "deeper" / "bundle").mkdir(parents=True)
    write_bundle(tmp_path / "deeper" / "bundle", bundle_contents)
    assert read_bundle(tmp_path / "deeper" / "bundle").manifest.name == "untrained"


def test_someone_elses_directory_is_not_touched(bundle_contents, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="bundle_target_is_no_bundle"):
        write_bundle(tmp_path, bundle_contents)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("make", [lambda p: p.write_text("x"), lambda p: p.symlink_to("nowhere")])
def test_file_or_link_is_not_replaced(make, bundle_contents, tmp_path):
    make(tmp_path / "bundle")
    with pytest.raises(BundleError, match="bundle_target_is_no_bundle"):
        write_bundle(tmp_path / "bundle", bundle_contents)


def refused(contents, target):
    with pytest.raises(BundleError) as caught:
        write_bundle(target, contents)
    assert not target.exists()
    assert not list(target.parent.iterdir())
    return caught.value.code


def test_weights_that_storing_would_change_are_refused(bundle_contents, tmp_path):
    weights = {n: w * np.float32(1.001) for n, w in bundle_contents.fold_weights[0].items()}
    contents = replace(bundle_contents, fold_weights=[weights, bundle_contents.fold_weights[1]])
    assert refused(contents, tmp_path / "bundle") == "bundle_weights_not_rounded"


def test_contents_that_fail_verification_leave_nothing_behind(bundle_contents, tmp_path):
    one_fold = replace(bundle_contents, fold_weights=bundle_contents.fold_weights[:1])
    assert refused(one_fold, tmp_path / "bundle") == "bundle_fold_count"
    other_graph = replace(bundle_contents, network_graph=b"another graph")
    assert refused(other_graph, tmp_path / "bundle") == "bundle_graph_unknown"


def test_failed_swap_keeps_the_older_bundle(bundle_contents, tmp_path, monkeypatch):
    target = tmp_path / "bundle"
    write_bundle(target, bundle_contents)
    rename = Path.rename

    def failing(self, other):
        if self.name == "new":
            raise OSError("disk gone")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="disk gone"):
        write_bundle(target, bundle_contents)
    assert read_bundle(target).manifest.name == "untrained"
    assert list(tmp_path.iterdir()) == [target]
