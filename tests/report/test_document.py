"""The printable report: complete, self-contained, silent about the patient, never markup."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from dlcs_core.errors import Notice
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_view import headline, input_sha256, make_case_view
from dlcs_core.report.document import case_html

RESEARCH_USE = {
    "en": "Research use only. Not a medical device; not for diagnosis or treatment decisions.",
    "zh": "仅供科研使用，不是医疗器械，不得用于诊断或治疗决策。",
}
OVERPRINT = {
    "en": "Learnt from computer phantoms, not about this patient",
    "zh": "由计算机体模学得，与本患者无关",
}
VOID = ("meta", "br", "image", "circle", "path", "polyline", "polygon")


@pytest.fixture
def report(study, record, bundle):
    return assess_case(study, record, bundle)


@pytest.fixture
def view(report, study, bundle):
    return make_case_view(report, study, bundle, is_demo=True)


class Balance(HTMLParser):
    """Collects the tags that are open and every address that is referred to."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(html):
    found = Balance()
    found.feed(html)
    assert found.open == []
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_notice_stands_on_every_report(report, view, language):
    assert RESEARCH_USE[language] in case_html(report, language, view)
    assert RESEARCH_USE[language] in case_html(report, language)


def test_nothing_comes_from_outside_and_nothing_runs(report, view):
    found = parsed(case_html(report, "en", view))
    assert all(address.startswith("data:image/png") for address in found.addresses)
    assert not {"script", "iframe", "link", "form"} & set(found.tags)
    html = case_html(report, "en", view)
    assert 'http-equiv="Content-Security-Policy"' in html
    assert not re.search(r"url\(|@import|\son\w+=", html)


def test_words_and_icons_agree(report, view):
    html = case_html(report, "en", view)
    good = int(headline(report).probability * 100 + 0.5)
    assert f"Of 100 patients like this, {good} respond well, {100 - good} do not." in html
    icons = re.search(r'<svg viewBox="0 0 364 92".*?</svg>', html, re.DOTALL)[0]
    assert icons.count("#0072b2") == good
    assert icons.count("<circle") == 100


def test_the_reference_class_is_named_in_its_exact_words(report, view):
    words = (
        "among patients who went on to complete at least two cycles of "
        "5-fluorouracil-based chemotherapy and an R0 gastrectomy"
    )
    assert case_html(report, "en", view).count(words) == 2


def test_provenance_names_model_input_and_date(report, view):
    at = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    html = case_html(report, "en", view, printed_at=at)
    for fact in (report.bundle.sha256, input_sha256(report), "2026-03-04 05:06 UTC", "untrained 0"):
        assert fact in html


def test_the_same_case_gives_the_same_page(report, view):
    at = datetime(2026, 3, 4, tzinfo=UTC)
    pages = [case_html(report, "en", view, printed_at=at) for _ in range(2)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_model_of_phantoms_is_overprinted_on_any_other_study(report, study, bundle, language):
    other = make_case_view(report, study, bundle, is_demo=False)
    assert OVERPRINT[language] in case_html(report, language, other)
    assert OVERPRINT[language] in case_html(report, language)


def test_a_phantom_and_a_model_of_patients_are_not_overprinted(study, record, view, bundle_with):
    of_patients = bundle_with(synthetic_training_data=False)
    report = assess_case(study, record, of_patients)
    assert OVERPRINT["en"] not in case_html(report, "en")
    other = make_case_view(report, study, of_patients, is_demo=False)
    assert OVERPRINT["en"] not in case_html(report, "en", other)


def test_abstained_there_is_no_probability_anywhere(study, record, bundle_with):
    far = bundle_with(trained_ranges={"mask_area_mm2": (1.0, 2.0)})
    report = assess_case(study, record, far)
    view = make_case_view(report, study, far, is_demo=True)
    for html in (case_html(report, "en", view), case_html(report, "en")):
        assert "No probability is given" in html
        assert "respond well" not in html
        assert "Nomogram" not in html
        assert not re.search(r"<td>\s*\d+%", html)


def test_a_missing_value_leaves_out_what_needs_it(study, record_with, bundle):
    report = assess_case(study, record_with(borrmann_type=None), bundle)
    html = case_html(report, "en", make_case_view(report, study, bundle, is_demo=True))
    assert "the CT image alone, since clinical values" in html
    assert "Nomogram" not in html
    assert "not recorded" in html


def test_the_patients_identifier_is_not_printed(report, view):
    assert report.record.patient_id == "PH-1"
    assert "PH-1" not in case_html(report, "en", view)


def test_text_of_a_file_is_never_markup(report, view):
    hostile = "<script>alert(1)</script>"
    warned = replace(
        report,
        warnings=(Notice("clinical_key_ignored", {"key": hostile}),),
        bundle=replace(report.bundle, name=hostile, survival_time_origin=hostile),
    )
    html = case_html(warned, "en", view)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") >= 3


def test_both_languages_show_the_same_figures(report, view):
    english, chinese = (case_html(report, language, view) for language in ("en", "zh"))
    assert english.count("<svg") == chinese.count("<svg") == 6
    assert english.count("<image") == chinese.count("<image") == 6


def test_without_the_study_the_slices_are_those_of_the_model(report):
    html = case_html(report, "en")
    parsed(html)
    assert html.count("<image") == 6


@pytest.mark.parametrize(
    ("probability", "statement"),
    [
        (0.001, "fewer than 1 responds well, more than 99 do not"),
        (0.999, "more than 99 respond well, fewer than 1 does not"),
        (0.3, "30 respond well, 70 do not"),
    ],
)
def test_nobody_and_everybody_are_never_promised(report, view, probability, statement):
    sure = replace(report, dlcs=replace(report.dlcs, probability=probability))
    assert f"Of 100 patients like this, {statement}." in case_html(sure, "en", view)
