"""What the reader states abstains as the images do, and leaves no number behind."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.clinical.reader_findings import READER_LEVELS, ReaderFindings
from dlcs_core.models.local_recalibration import LocalRecalibration
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_json import case_json
from dlcs_core.report.case_view import input_sha256, reasons
from dlcs_core.report.document import case_html
from dlcs_core.report.reader_findings import with_reader_findings
from dlcs_core.translation import catalogue

ABSTAINING = {
    ("phase", "arterial"): "reader_phase_arterial",
    ("phase", "delayed"): "reader_phase_delayed",
    ("phase", "unenhanced"): "reader_phase_unenhanced",
    ("artifact", "strong"): "reader_strong_artifact",
    ("stent", "yes"): "reader_stent",
    ("regimen", "without_5fu"): "reader_regimen_without_5fu",
    ("regimen", "with_immunotherapy"): "reader_regimen_immunotherapy",
    ("regimen", "with_her2_therapy"): "reader_regimen_her2_therapy",
    ("regimen", "chemoradiotherapy"): "reader_regimen_chemoradiotherapy",
    ("days_to_chemotherapy", -3): "reader_ct_after_chemotherapy",
}
EVERY_LEVEL = [(name, level) for name, levels in READER_LEVELS.items() for level in levels]
HARMLESS = [item for item in EVERY_LEVEL if item not in ABSTAINING]
LAYER = LocalRecalibration("intercept_and_slope", 0.7, 1.3, 90, 31, "Ward 3")


@pytest.fixture
def layered(bundle):
    """A bundle whose every probability is adjusted to a ward."""
    local = dict.fromkeys(("dl_signature", "clinical_signature", "dlcs"), LAYER)
    return replace(bundle, recalibration=replace(bundle.recalibration, local=local))


@pytest.fixture
def report(study, record, bundle):
    return assess_case(study, record, bundle)


def results(report):
    """The JSON without what says why there is none."""
    told = ("warnings", "abstained_because", "reader_findings")
    return {name: part for name, part in case_json(report).items() if name not in told}


def assert_same(found, expected):
    if isinstance(expected, dict):
        assert set(found) == set(expected)
        for name in expected:
            assert_same(found[name], expected[name])
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-12)
    else:
        assert found == expected


@pytest.mark.parametrize("made_by", ["bundle", "layered"])
def test_a_finding_abstains_exactly_as_the_images_do(study, record, request, made_by):
    bundle = request.getfixturevalue(made_by)
    narrow = replace(
        bundle, manifest=replace(bundle.manifest, trained_ranges={"mean_hu": (-1.0, 0.0)})
    )
    expected = assess_case(study, record, narrow)
    assert expected.abstained
    found = with_reader_findings(assess_case(study, record, bundle), ReaderFindings(stent="yes"))
    assert_same(results(found), results(expected))
    for name in ("nomogram", "total_points", "label_set", "similar", "local", "survival"):
        assert getattr(found, name) == getattr(expected, name)


@pytest.mark.parametrize(("finding", "code"), ABSTAINING.items())
def test_each_reason_is_named_with_its_remedy(report, finding, code):
    found = with_reader_findings(report, ReaderFindings(**dict([finding])))
    assert found.abstained_because == (code,)
    assert [reason.code for reason in reasons(found)] == [code]
    assert found.dl_signature.probability is None
    assert found.dl_signature.score == report.dl_signature.score


@pytest.mark.parametrize("finding", HARMLESS)
def test_everything_else_is_kept_and_changes_no_number(report, finding):
    found = with_reader_findings(report, ReaderFindings(**dict([finding])))
    assert results(found) == results(report)
    assert found.warnings == report.warnings
    assert case_json(found)["reader_findings"][finding[0]] == finding[1]


def test_nothing_stated_is_no_reason(report):
    assert with_reader_findings(report, ReaderFindings()) is report
    assert case_json(report)["reader_findings"] is None


@pytest.mark.parametrize(("days", "warned"), [(0, False), (7, False), (8, True)])
def test_more_than_a_week_before_chemotherapy_warns(report, days, warned):
    found = with_reader_findings(report, ReaderFindings(days_to_chemotherapy=days))
    codes = {notice.code for notice in found.warnings}
    assert ("reader_ct_long_before" in codes) is warned
    assert found.dlcs == report.dlcs


def test_reasons_of_image_and_reader_stand_together(make, record, bundle):
    at_edge = assess_case(make(center=0.0), record, bundle)
    found = with_reader_findings(at_edge, ReaderFindings(phase="arterial"))
    assert found.abstained_because == (*at_edge.abstained_because, "reader_phase_arterial")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_printed_report_gives_reason_and_findings_and_no_number(
    study, record, layered, language
):
    findings = ReaderFindings(regimen="with_immunotherapy", lauren="diffuse")
    full = assess_case(study, record, layered)
    page = case_html(with_reader_findings(full, findings), language)
    words = catalogue(language)
    for code in ("reader_regimen_immunotherapy", "reader.lauren", "reader.lauren.diffuse"):
        assert words[code] in page
    # The adjusted probability stands in a full report's words, and must not here.
    adjusted = f"{full.dlcs.probability:.0%}"
    assert adjusted in case_html(full, language)
    assert adjusted not in page


def test_a_report_of_other_findings_has_another_hash(report):
    hashes = {
        input_sha256(with_reader_findings(report, ReaderFindings(lauren=lauren)))
        for lauren in (None, *READER_LEVELS["lauren"])
    }
    assert len(hashes) == 4


def test_json_of_findings_is_plain(report):
    found = case_json(with_reader_findings(report, ReaderFindings(her2="positive")))
    assert json.loads(json.dumps(found))["reader_findings"]["her2"] == "positive"
    assert np.isfinite(found["dl_signature"]["score"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_level_has_words(language):
    words = catalogue(language)
    names = [f"reader.{name}" for name in (*READER_LEVELS, "days_to_chemotherapy")]
    levels = [f"reader.{name}.{level}" for name, level in EVERY_LEVEL]
    assert [code for code in (*names, *levels) if code not in words] == []
