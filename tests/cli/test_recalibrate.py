"""``recalibrate``: a new bundle with a layer that ``predict`` applies and names."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.bundle.reader import read_bundle


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(8)
    logit = rng.normal(-1, 1, 400)
    good = rng.random(400) < 1 / (1 + np.exp(-(0.9 + 0.7 * logit)))
    path = tmp_path / "local.csv"
    columns = {
        "patient_id": [f"Secret-{i}" for i in range(400)],
        "good_response": good.astype(int),
        "dlcs": 1 / (1 + np.exp(-logit)),
    }
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.fixture
def recalibrate(run_cli, table, untrained_bundle, tmp_path):
    def run(**options):
        given = {
            "table": table,
            "score": "dlcs",
            "bundle": untrained_bundle,
            "out": tmp_path / "local-bundle",
            **options,
        }
        listed = [x for k, v in given.items() for x in ("--" + k.replace("_", "-"), v)]
        return run_cli("recalibrate", "--json", *listed)

    return run


def test_the_new_bundle_is_verified_and_predict_names_it(recalibrate, predict, tmp_path):
    done = recalibrate(cohort_name="Ward 3")
    assert (done.code, done.err) == (0, "")
    found = done.json
    assert found["schema"] == "dlcs.recalibration/1"
    assert found["method"] == "intercept_and_slope"
    assert found["after"]["brier"] < found["before"]["brier"]
    assert found["before"].keys() == {"brier", "calibration_intercept", "calibration_slope", "ici"}
    assert "Secret" not in done.out
    written = read_bundle(tmp_path / "local-bundle")
    assert written.recalibration.local["dlcs"].n_patients == 400
    assert written.manifest.version.endswith("+local")
    assert "dlcs" in written.manifest.metrics["local_recalibration"]
    case = predict(bundle=tmp_path / "local-bundle").json
    assert case["recalibration"]["dlcs"]["cohort"] == "Ward 3"
    original = predict().json["dlcs"]["probability"]
    assert case["recalibration"]["dlcs"]["original_probability"] == pytest.approx(original)
    assert case["dlcs"]["probability"] != pytest.approx(original, abs=0.01)


def test_few_patients_get_an_intercept_only(recalibrate, table):
    pd.read_csv(table).head(60).to_csv(table, index=False)
    found = recalibrate().json
    assert found["method"] == "intercept"
    assert found["slope"] == 1.0
    assert "recalibration_intercept_only" in {w["code"] for w in found["warnings"]}


def test_a_second_layer_over_the_same_score_is_refused(recalibrate, refused, tmp_path):
    assert recalibrate().code == 0
    refused(recalibrate(bundle=tmp_path / "local-bundle", out=tmp_path / "twice"))
    assert not (tmp_path / "twice").exists()


def test_a_bundle_is_never_written_over_its_source(recalibrate, refused, untrained_bundle):
    refused(recalibrate(out=untrained_bundle))
    read_bundle(untrained_bundle)


def test_a_column_of_another_name_needs_to_be_told_apart(recalibrate, refused, table):
    pd.read_csv(table).rename(columns={"dlcs": "score"}).to_csv(table, index=False)
    refused(recalibrate(score="score"))
    done = recalibrate(score="score", layer="dlcs")
    assert done.json["score"] == "dlcs"


def test_a_folder_of_other_things_is_not_replaced(recalibrate, refused, tmp_path):
    kept = tmp_path / "local-bundle" / "notes.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    refused(recalibrate())
    assert kept.read_text() == "mine"


@pytest.mark.parametrize(
    "change", [{"dlcs": 0.5}, {"dlcs": 1.0}, {"good_response": 1}, {"dlcs": -3}]
)
def test_tables_that_allow_no_adjustment_are_refused(recalibrate, refused, table, tmp_path, change):
    pd.read_csv(table).assign(**change).to_csv(table, index=False)
    refused(recalibrate())
    assert not (tmp_path / "local-bundle").exists()


def test_a_long_or_unprintable_name_is_refused(recalibrate, refused):
    refused(recalibrate(cohort_name="x" * 101))
    refused(recalibrate(cohort_name="a\x07b"))
