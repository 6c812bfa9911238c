import re

import pytest

from dlcs_core.clinical.record import parse_record
from dlcs_core.report import pdf
from dlcs_core.report.case import assess_case
from dlcs_core.report.pdf import case_pdf
from dlcs_core.translation import sentence


def page_count(content):
    return len(re.findall(rb"/Type /Page\b", content))


@pytest.fixture
def printed(monkeypatch):
    """Collects every text that is put on a page."""
    texts = []
    draw = pdf._bound

    def bound(pages):
        texts.extend(text.get_text() for page in pages for text in page.findobj(match=is_text))
        return draw(pages)

    monkeypatch.setattr(pdf, "_bound", bound)
    return texts


def is_text(artist):
    return hasattr(artist, "get_text")


def test_a_report_is_one_page_of_pdf_with_notice_and_overprint(study, record, bundle, printed):
    content = case_pdf(assess_case(study, record, bundle), study)
    assert content.startswith(b"%PDF-")
    assert page_count(content) == 1
    text = " ".join(printed).replace("\n", " ")
    assert sentence("research_use_only") in text
    assert sentence("pdf_overprint") in text
    assert "PH-1" not in text


def test_a_model_of_patients_is_not_overprinted(study, record, bundle_with, printed):
    report = assess_case(study, record, bundle_with(synthetic_training_data=False))
    case_pdf(report, study)
    assert sentence("pdf_overprint") not in " ".join(printed).replace("\n", " ")


def test_many_warnings_take_a_second_page(study, bundle, printed):
    record, warnings = parse_record({})
    content = case_pdf(assess_case(study, record, bundle, warnings), study)
    assert page_count(content) == 2
    assert any("pathological_type is missing" in text for text in printed)


def test_an_abstained_case_has_neither_curve_nor_heat(make, record, bundle, printed):
    study = make(center=0.0)
    report = assess_case(study, record, bundle)
    assert page_count(case_pdf(report, study)) == 1
    assert sentence("pdf_months") not in printed
    assert not pdf.relative_heat(report).any()


def test_without_a_chinese_font_the_page_is_english(study, record, bundle, printed, monkeypatch):
    monkeypatch.setattr(pdf, "CHINESE_FONTS", ("No such font",))
    case_pdf(assess_case(study, record, bundle), study, "zh")
    assert "DLCS case report" in printed


def test_text_is_no_formula(study, record, bundle_with, printed):
    report = assess_case(study, record, bundle_with(name=r"a $\frac$ b"))
    assert case_pdf(report, study).startswith(b"%PDF-")
    assert any(r"$\frac$" in text for text in printed)
