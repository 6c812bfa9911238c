import json
import math

import numpy as np
import pytest

STUDY_KEYS = {
    "modality", "size", "spacing_mm", "key_slice_index", "slice_indices", "key_slice_position_mm",
    "sop_instance_uids", "mask_area_mm2", "bounding_box_mm", "feret_diameter_mm", "mean_hu",
}  # fmt: skip
KEYS = {
    "schema", "research_use_only", "bundle", "study", "dl_signature", "clinical_signature", "dlcs",
    "nomogram", "survival", "similar_cases", "abstained", "abstained_because", "warnings",
}  # fmt: skip


@pytest.fixture(scope="module")
def result(run_cli, case, untrained_bundle):
    options = ("--image", case.nifti, "--mask", case.mask, "--clinical", case.clinical)
    return run_cli("predict", *options, "--bundle", untrained_bundle, "--json")


def test_a_good_case_gives_one_object_and_a_silent_stderr(result):
    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") == 1
    assert set(result.json) >= KEYS
    assert result.json["schema"] == "dlcs.case/1"
    assert result.json["research_use_only"] is True


def test_study_facts_are_always_filled(result):
    study = result.json["study"]
    assert set(study) == STUDY_KEYS
    assert study["size"] == [8, 96, 96]
    assert study["slice_indices"] == [3, 4, 5]
    assert study["sop_instance_uids"] == [None, None, None]
    assert all(study[name] is not None for name in STUDY_KEYS)


def test_score_is_the_sigmoid_of_the_mean_fold_logit(result):
    signature = result.json["dl_signature"]
    logits = [math.log(score / (1 - score)) for score in signature["fold_scores"]]
    assert signature["score"] == pytest.approx(1 / (1 + math.exp(-np.mean(logits))), abs=1e-12)
    assert signature["score"] != signature["probability"]


def test_interval_is_null_without_a_coverage_on_record(result):
    assert result.json["dl_signature"]["ci95"] is None
    assert result.json["dlcs"]["ci95"] is None
    assert "interval_method" not in result.json["dlcs"]


def test_nomogram_points_add_up_and_lead_to_the_probability(result):
    nomogram, dlcs = result.json["nomogram"], result.json["dlcs"]
    assert [row["variable"] for row in nomogram["dlcs"]] == [
        "dl_signature", "max_diameter_cm", "borrmann_type", "src_component",
    ]  # fmt: skip
    assert sum(row["points"] for row in nomogram["dlcs"]) == pytest.approx(nomogram["total_points"])
    assert 1 / (1 + math.exp(-dlcs["linear_predictor"])) == pytest.approx(dlcs["probability"])
    assert dlcs["good_response"] == (dlcs["probability"] >= dlcs["cutoff"])


def test_survival_falls_and_lies_in_its_interval(result):
    survival = result.json["survival"]
    assert survival["times_months"] == [12, 24, 35]
    assert survival["survival"] == sorted(survival["survival"], reverse=True)
    for low, value, high in zip(
        *(survival[k] for k in ("ci95_low", "survival", "ci95_high")), strict=True
    ):
        assert low < value < high
    expected = "high" if survival["linear_predictor"] > survival["cutoff"] else "low"
    assert survival["risk_group"] == expected


def test_no_patient_identifier_in_the_result(result):
    assert "PH-1" not in result.out


def test_dicom_and_nifti_score_alike(result, predict, case):
    other = predict(image=case.dicom)
    for name in ("score", "probability"):
        found, expected = other.json["dl_signature"][name], result.json["dl_signature"][name]
        assert found == pytest.approx(expected, abs=1e-4)
    assert other.json["dlcs"]["probability"] == pytest.approx(
        result.json["dlcs"]["probability"], abs=1e-4
    )
    assert other.json["study"]["mask_area_mm2"] == pytest.approx(
        result.json["study"]["mask_area_mm2"], rel=1e-6
    )
    assert other.json["abstained"] is result.json["abstained"] is False
    assert None not in other.json["study"]["sop_instance_uids"]


def test_a_missing_variable_empties_only_what_needs_it(predict, case, tmp_path):
    form = json.loads(case.clinical.read_text())
    del form["borrmann_type"]
    (tmp_path / "form.json").write_text(json.dumps(form))
    result = predict(clinical=tmp_path / "form.json")
    assert result.code == 0
    assert result.json["dlcs"]["probability"] is None
    assert result.json["nomogram"]["total_points"] is None
    assert result.json["dl_signature"]["probability"] is not None
    messages = [w["message"] for w in result.json["warnings"]]
    assert any("borrmann_type" in message for message in messages)


def test_another_body_part_abstains_but_keeps_the_score(predict, kit, tmp_path):
    image, _ = kit.phantom_hu()
    kit.write_dicom(tmp_path / "leg", image, BodyPartExamined="LEG")
    result = predict(image=tmp_path / "leg")
    assert result.code == 0
    assert result.json["abstained_because"] == ["body_part_not_abdomen"]
    assert result.json["dl_signature"]["score"] is not None
    assert result.json["dl_signature"]["fold_scores"]
    numbers = [
        result.json["dl_signature"]["probability"],
        result.json["clinical_signature"]["probability"],
        result.json["dlcs"]["probability"],
        result.json["dlcs"]["good_response"],
        result.json["survival"]["survival"],
        result.json["survival"]["risk_group"],
    ]
    assert numbers == [None] * 6


def test_overlays_are_written_for_the_three_slices(predict, tmp_path):
    result = predict(**{"save-overlay": tmp_path / "overlay"})
    assert (result.code, result.err) == (0, "")
    names = sorted(path.name for path in (tmp_path / "overlay").iterdir())
    assert names == ["slice_0003.png", "slice_0004.png", "slice_0005.png"]


def test_predict_never_imports_torch(case, untrained_bundle, run_python):
    code = (
        "import sys; from dlcs_core.cli.main import main; "
        f"main(['predict', '--json', '--image', {str(case.nifti)!r}, '--mask', {str(case.mask)!r}, "
        f"'--clinical', {str(case.clinical)!r}, '--bundle', {str(untrained_bundle)!r}]); "
        "heavy = ('torch', 'pandas', 'scipy', 'lifelines', 'sklearn', 'matplotlib', 'SimpleITK', "
        "'streamlit', 'plotly'); "
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = run_python(code, DLCS_DEBUG="1")
    assert done.err.strip() == "[]"
    assert done.json["schema"] == "dlcs.case/1"


def test_messages_follow_the_language(run_cli, case, untrained_bundle):
    options = ("--image", case.nifti, "--mask", case.mask, "--clinical", case.clinical)
    result = run_cli("predict", *options, "--bundle", untrained_bundle, DLCS_LANGUAGE="zh")
    assert result.code == 0
    assert "仅供科研使用" in result.out


def test_reports_are_written_complete_or_not_at_all(predict, tmp_path):
    result = predict(html=tmp_path / "case.html", pdf=tmp_path / "case.pdf")
    assert (result.code, result.err) == (0, "")
    assert (tmp_path / "case.pdf").read_bytes().startswith(b"%PDF-")
    html = (tmp_path / "case.html").read_text(encoding="utf-8")
    assert "Research use only" in html
    assert "PH-1" not in html
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.html", "case.pdf"]
