import json
import math
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import Notice
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_json import case_json
from dlcs_core.report.case_text import case_text


def numbers_in(content):
    """Every number in JSON values, except truths."""
    if isinstance(content, dict):
        return [n for member in content.values() for n in numbers_in(member)]
    if isinstance(content, list | tuple):
        return [n for member in content for n in numbers_in(member)]
    return [content] if isinstance(content, int | float) and not isinstance(content, bool) else []


def test_the_parts_agree_with_the_models_of_the_bundle(study, record, bundle):
    report = assess_case(study, record, bundle)
    signature = report.dl_signature
    logit = math.log(signature.score / (1 - signature.score))
    assert bundle.recalibration.probability(logit) == pytest.approx(signature.probability)
    assert report.clinical_probability == bundle.clinical_signature.probability(record.values)
    assert report.dlcs.probability == bundle.fusion.probability(
        signature.probability, record.values
    )
    outlook = bundle.survival.survival(record.values, signature.probability, (12, 24, 35))
    assert report.survival.at_horizons.survival == outlook.survival
    assert len(report.survival.curve.survival) == 37
    assert not report.abstained


def test_the_same_case_twice_is_the_same_report(study, record, bundle):
    first, second = (case_json(assess_case(study, record, bundle)) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


def test_json_is_finite_and_round_trips(study, record, bundle):
    content = case_json(assess_case(study, record, bundle))
    assert json.loads(json.dumps(content, allow_nan=False)).keys() == content.keys()


def test_format_decides_nothing(make, record, bundle):
    dicom, nifti = (
        assess_case(make(source_format=name), record, bundle) for name in ("dicom", "nifti")
    )
    assert dicom.dl_signature == nifti.dl_signature
    assert dicom.dlcs == nifti.dlcs
    assert case_json(nifti)["study"] == case_json(dicom)["study"]


def test_abstaining_leaves_score_and_nothing_that_tells_the_result(make, record, bundle):
    report = assess_case(make(center=0.0), record, bundle)
    content = case_json(report)
    assert content["abstained"] is True
    assert content["abstained_because"] == ["tumor_at_edge_of_volume"]
    assert content["dl_signature"]["score"] is not None
    assert content["dl_signature"]["fold_scores"]
    assert content["dl_signature"]["probability"] is None
    assert content["clinical_signature"] == {"probability": None}
    assert numbers_in(content["dlcs"]) == [bundle.fusion.cutoff]
    assert content["dlcs"]["good_response"] is None
    assert content["nomogram"] == {"dlcs": [], "total_points": None}
    survival = content["survival"]
    assert survival["risk_group"] is None
    assert survival["survival"] is None
    assert survival["linear_predictor"] is None
    assert survival["times_months"] == [12, 24, 35]
    assert content["study"]["mask_area_mm2"] > 0


def test_out_of_distribution_abstains(study, record, bundle):
    strict = replace(bundle, reference=replace(bundle.reference, threshold=1e-6))
    report = assess_case(study, record, strict)
    assert report.abstained_because == ("case_out_of_distribution",)
    assert report.dl_signature.distance > report.dl_signature.distance_limit


def test_a_missing_value_empties_only_the_parts_that_need_it(study, record_with, bundle):
    report = assess_case(study, record_with(max_diameter_cm=None), bundle)
    assert report.dlcs.probability is None
    assert report.total_points is None
    assert report.dl_signature.probability is not None
    assert not report.abstained
    unused = assess_case(study, record_with(albumin_g_l=None), bundle)
    assert unused.dlcs.probability is not None


def test_intervals_stand_only_beside_their_measured_coverage(study, record, bundle, bundle_with):
    without = case_json(assess_case(study, record, bundle))
    assert without["dl_signature"]["ci95"] is None
    measured = bundle_with(interval_method="delta", interval_coverage=0.94)
    content = case_json(assess_case(study, record, measured))
    for name in ("dl_signature", "dlcs"):
        low, high = content[name]["ci95"]
        assert low < content[name]["probability"] < high
        assert content[name]["interval_method"] == "delta"
        assert content[name]["interval_coverage"] == 0.94


def test_interval_widens_on_the_logit_scale_by_the_fold_variance(study, record, bundle_with):
    bundle = bundle_with(interval_method="delta", interval_coverage=0.94)
    report = assess_case(study, record, bundle)
    low, high = (math.log(end / (1 - end)) for end in report.dl_signature.ci95)
    fold_logits = [math.log(s / (1 - s)) for s in report.dl_signature.fold_scores]
    variance = bundle.recalibration.slope**2 * np.var(fold_logits, ddof=1) / len(fold_logits)
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * math.sqrt(variance))


def test_warnings_of_every_step_are_kept_once(study, record, bundle):
    noticed = replace(study, warnings=(Notice("contrast_not_stated"),))
    report = assess_case(noticed, record, bundle, (Notice("contrast_not_stated"),))
    codes = [warning["code"] for warning in case_json(report)["warnings"]]
    assert codes == ["contrast_not_stated", "bundle_trained_on_synthetic_data"]


def test_the_identifier_stays_out_of_every_output(study, record, bundle):
    report = assess_case(study, record, bundle)
    for language in ("en", "zh"):
        assert "PH-1" not in json.dumps(case_json(report, language))
        assert "PH-1" not in "".join(case_text(report, language))


def test_text_gives_natural_frequencies_with_notice_and_reference_class(study, record, bundle):
    lines = case_text(assess_case(study, record, bundle))
    assert lines[0].startswith("Research use only.")
    assert any("went on to complete" in line for line in lines)
    assert sum("of 100 patients like this" in line for line in lines) == 6


def test_text_of_an_abstained_case_has_no_frequency(make, record, bundle):
    lines = case_text(assess_case(make(center=0.0), record, bundle))
    assert not any("of 100" in line for line in lines)
    assert any("No probability is given" in line for line in lines)
