"""A local layer changes the shown probability, names itself and keeps the original."""

from dataclasses import replace

import pytest

from dlcs_core.models.local_recalibration import LocalRecalibration
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_json import case_json
from dlcs_core.report.document import case_html

LAYER = LocalRecalibration("intercept", 0.7, 1.0, 90, 31, "Ward 3")


@pytest.fixture
def layered(bundle):
    """Makes the bundle with layers over some of its scores."""

    def make(*scores):
        local = dict.fromkeys(scores, LAYER)
        return replace(bundle, recalibration=replace(bundle.recalibration, local=local))

    return make


def test_every_score_can_have_a_layer(study, record, bundle, layered):
    plain = assess_case(study, record, bundle)
    found = assess_case(study, record, layered("dl_signature", "clinical_signature", "dlcs"))
    assert found.dlcs.probability == LAYER.probability(plain.dlcs.probability)
    assert found.clinical_probability == LAYER.probability(plain.clinical_probability)
    assert found.dl_signature.probability == LAYER.probability(plain.dl_signature.probability)
    assert found.dl_signature.score == plain.dl_signature.score


def test_the_call_stays_with_the_adjusted_cutoff(study, record, bundle, layered):
    plain, found = (assess_case(study, record, b) for b in (bundle, layered("dlcs")))
    assert found.dlcs.good_response == plain.dlcs.good_response
    assert found.dlcs.good_response == (found.dlcs.probability >= found.dlcs.cutoff)
    assert found.dlcs.cutoff != plain.dlcs.cutoff


def test_fusion_and_survival_go_on_with_the_original_signature(study, record, bundle, layered):
    plain, found = (assess_case(study, record, b) for b in (bundle, layered("dl_signature")))
    assert found.dlcs == plain.dlcs
    assert found.survival == plain.survival
    assert found.total_points == plain.total_points


def test_json_names_the_layer_and_keeps_the_original(study, record, bundle, layered):
    plain = case_json(assess_case(study, record, bundle))
    found = case_json(assess_case(study, record, layered("dlcs")))
    assert plain["recalibration"] == {}
    layer = found["recalibration"]["dlcs"]
    assert layer["original_probability"] == plain["dlcs"]["probability"]
    assert (layer["n_patients"], layer["n_events"], layer["cohort"]) == (90, 31, "Ward 3")
    (message,) = [
        warning["message"]
        for warning in found["warnings"]
        if warning["code"] == "case_recalibrated_locally"
    ]
    assert "90 patients, 31 events" in message


def test_an_interval_whose_coverage_was_measured_without_the_layer_is_left_out(
    study, record, bundle_with, layered
):
    covered = bundle_with(interval_method="logit", interval_coverage=0.95)
    local = layered("dlcs").recalibration
    assert assess_case(study, record, covered).dlcs.ci95 is not None
    assert assess_case(study, record, replace(covered, recalibration=local)).dlcs.ci95 is None


def test_a_score_without_a_probability_needs_no_layer(study, record_with, layered):
    found = assess_case(study, record_with(borrmann_type=None), layered("dlcs"))
    assert found.dlcs.probability is None
    assert not found.local


def test_the_printed_report_names_the_layer(study, record, layered):
    page = case_html(assess_case(study, record, layered("dlcs")))
    assert "recalibrated on 90 patients, 31 events (Ward 3)" in page


def test_markup_in_the_cohorts_name_stays_text(study, record, bundle):
    layer = replace(LAYER, cohort="<b>x")
    local = replace(bundle.recalibration, local={"dlcs": layer})
    page = case_html(assess_case(study, record, replace(bundle, recalibration=local)))
    assert "<b>x" not in page
