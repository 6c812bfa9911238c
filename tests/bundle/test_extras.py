"""The optional files of a bundle: written, read back, refused when spoilt, absent in older ones."""

from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.bundle.extras import Extras, read_extras
from dlcs_core.bundle.reader import read_bundle
from dlcs_core.bundle.slices import slices_from_bytes, slices_to_bytes
from dlcs_core.bundle.writer import write_bundle
from dlcs_core.errors import BundleError
from dlcs_core.models.conformal import ConformalModel, ConformalScore, LabelThresholds
from dlcs_core.models.interval import METHOD, IntervalModel, ScoreInterval
from dlcs_core.models.proportion import proportion
from dlcs_core.models.similar_cases import SimilarCases

N = 12


def make_extras(fold=0):
    share = proportion(9, 10)
    score = ConformalScore(
        LabelThresholds(0.2, 0.6, 20, 60), {"good": share, "poor": share},
        {"good": share, "poor": None}, "training",
    )  # fmt: skip
    return Extras(
        conformal=ConformalModel(0.1, {"dlcs": score}),
        interval=IntervalModel(
            METHOD, "x", {"dlcs": ScoreInterval(0.0, 1.0, 1.0, 1.0, 2.0, share)}
        ),
        similar=SimilarCases(
            np.zeros((N, 3)), np.full(N, fold), np.zeros(N), np.full(N, 0.5),
            np.zeros(N, bool), np.full(N, np.nan), None,
        ),
        slices=np.arange(N * 16, dtype=np.uint8).reshape(N, 4, 4),
        evidence={"survival": {"deaths": 3}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(bundle_contents, tmp_path_factory):
    directory = tmp_path_factory.mktemp("extras") / "bundle"
    write_bundle(directory, replace(bundle_contents, extras=make_extras()))
    return directory


def test_a_bundle_brings_its_extras_back(written):
    read = read_bundle(written).extras
    assert read.to_files() == make_extras().to_files()
    assert np.array_equal(read.slices, make_extras().slices)


def test_an_older_bundle_has_none(untrained_bundle):
    read = read_bundle(untrained_bundle).extras
    assert read.to_files() == {}


def test_an_optional_file_that_the_manifest_does_not_list_is_refused(spoilt):
    spoilt.write("conformal.json", make_extras().to_files()["conformal.json"])
    assert spoilt.refusal() == "bundle_files_differ_from_manifest"


def test_a_listed_file_with_another_hash_is_refused(spoilt):
    content = make_extras().to_files()["conformal.json"]
    spoilt.rewrite("conformal.json", content)
    spoilt.write("conformal.json", content + b" ")
    assert spoilt.refusal() == "bundle_hash"


@pytest.mark.parametrize("name", ["conformal.json", "interval.json", "similar_cases.json"])
def test_a_signed_but_malformed_part_is_refused(spoilt, name):
    spoilt.rewrite(name, b'{"scores": 1}')
    assert spoilt.refusal() == "bundle_model_malformed"


def test_slices_without_patients_are_refused(spoilt):
    spoilt.rewrite("similar_slices.npz", make_extras().to_files()["similar_slices.npz"])
    assert spoilt.refusal() == "bundle_model_malformed"


def test_patients_of_a_network_that_is_not_there_are_refused():
    with pytest.raises(BundleError, match="bundle_model_malformed"):
        read_extras(make_extras(fold=5).to_files(), 5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no zip",
        slices_to_bytes(np.zeros((N - 1, 4, 4), np.uint8)),
        slices_to_bytes(np.zeros((N, 4, 5), np.uint8)),
        slices_to_bytes(np.zeros((N, 200, 200), np.uint8)),
        slices_to_bytes(np.zeros((N, 4, 4), np.float64)),
        slices_to_bytes(np.zeros((N, 4, 4), np.uint8))[:-40],
    ],
)
def test_what_is_not_one_small_slice_per_patient_is_refused(content):
    with pytest.raises(BundleError, match="bundle_slices_broken"):
        slices_from_bytes(content, N)
