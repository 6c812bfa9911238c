import json
from dataclasses import fields, replace

import pytest

from dlcs_core.bundle.manifest import Cutoff, Manifest
from dlcs_core.bundle.strict_json import parse_strict
from dlcs_core.errors import BundleError


@pytest.fixture
def manifest(bundle_contents):
    return replace(
        bundle_contents.manifest,
        metrics={"auc": 0.71, "auc_ci95": [0.65, 0.77], "note": "内部验证"},
        interval_method="delta method",
        interval_coverage=0.94,
        files={"fusion.json": "0" * 64},
    )


def test_every_field_comes_back(manifest):
    back = Manifest.from_dict(parse_strict(manifest.to_bytes(), "manifest.json"))
    assert back == manifest


def test_same_content_gives_the_same_bytes(manifest):
    reordered = replace(manifest).with_files(dict(reversed(manifest.files.items())))
    assert reordered.to_bytes() == manifest.to_bytes()


def test_schema_stands_first_for_a_human_reader(manifest):
    assert manifest.to_bytes().startswith(b'{\n "schema": "dlcs.bundle/1"')


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_value_that_json_lacks_is_refused_on_writing(value, manifest):
    with pytest.raises(BundleError, match="bundle_json_invalid"):
        replace(manifest, metrics={"auc": value}).to_bytes()


def read(manifest, **changes):
    return Manifest.from_dict({**json.loads(manifest.to_bytes()), **changes})


def test_other_schema_is_refused(manifest):
    with pytest.raises(BundleError, match="bundle_schema"):
        read(manifest, schema="dlcs.bundle/2")


@pytest.mark.parametrize("name", [field.name for field in fields(Manifest)])
def test_missing_field_is_refused_by_its_name(name, manifest):
    values = json.loads(manifest.to_bytes())
    del values[name]
    with pytest.raises(BundleError) as caught:
        Manifest.from_dict(values)
    assert caught.value.values["fields"] == name


def test_unknown_field_is_refused_without_repeating_it(manifest):
    with pytest.raises(BundleError) as caught:
        read(manifest, **{"\x1b[31mhostile": 1})
    assert caught.value.values["fields"] == "1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "two\nlines"),
        ("name", "\x1b[2Jclears the terminal"),
        ("name", 7),
        ("version", "v" * 501),
        ("synthetic_training_data", 1),
        ("seed", 1.5),
        ("seed", True),
        ("variables", "age_years"),
        ("cutoffs", {"dlcs": 0.5}),
        ("cutoffs", {"dlcs": {"value": 0.5}}),
        ("cutoffs", {"dlcs": {"value": 0.5, "cohort": "training", "extra": 1}}),
        ("cohort_sizes", {"training": {"patients": 1.5}}),
        ("trained_ranges", {"mean_hu": [2, 1]}),
        ("trained_ranges", {"mean_hu": [1, 2, 3]}),
        ("trained_ranges", {"mean_hounsfield": [1, 2]}),
        ("weights_storage", "int4"),
        ("n_views", 3),
        ("interval_coverage", 1.2),
        ("interval_coverage", None),
        ("files", {"fusion.json": "F" * 64}),
        ("files", ["fusion.json"]),
    ],
)
def test_value_of_the_wrong_kind_is_refused_by_its_field(name, value, manifest):
    with pytest.raises(BundleError) as caught:
        read(manifest, **{name: value})
    assert caught.value.code == "manifest_field_invalid"
    assert caught.value.values["field"] == name


def test_cutoffs_and_ranges_are_typed(manifest):
    back = read(manifest)
    assert back.cutoffs["dlcs"] == Cutoff(0.5, "training")
    assert back.trained_ranges["mean_hu"] == (-1000.0, 1000.0)
