"""The printed report: its text, its figures and its font, read back from the file."""

import io
import re
from datetime import UTC, datetime

import pypdf
import pytest

from dlcs_core.clinical.record import parse_record
from dlcs_core.figures.icon_array import of_hundred
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_view import headline, make_case_view
from dlcs_core.report.pdf import FONT_FILE, case_pdf, typable
from dlcs_core.report.svg_on_pdf import draw_svg
from dlcs_core.translation import catalogue, sentence


def read(content):
    return pypdf.PdfReader(io.BytesIO(content))


def text_of(content):
    """All text, whatever lines it was broken into."""
    return squeezed("".join(page.extract_text() for page in read(content).pages))


def squeezed(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture
def report(study, record, bundle):
    return assess_case(study, record, bundle)


@pytest.fixture
def view(report, study, bundle):
    return make_case_view(report, study, bundle, is_demo=False)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_the_case_says(report, view, language):
    text = text_of(case_pdf(report, language, view))
    good = of_hundred(headline(report).probability)
    said = sentence("doc_natural_frequency", language, good=good, poor=100 - good)
    for expected in (
        said, sentence("ui_research_use", language), sentence("ui_reference_class", language),
        report.bundle.sha256, sentence("ui_overprint", language),
    ):  # fmt: skip
        assert squeezed(expected) in text
    assert "PH-1" not in text


def test_every_value_of_the_form_is_printed(report, view):
    text = text_of(case_pdf(report, "en", view))
    for name in ("max_diameter_cm", "borrmann_type", "glucose_mmol_l"):
        assert squeezed(sentence(f"variable.{name}", "en")) in text
    assert "4cm" in text
    assert "5.5mmol/L" in text


def test_how_often_the_study_was_assessed_is_printed(report, view):
    assert "assessedtwice" in text_of(case_pdf(report, "en", view, notes=("assessed twice",)))


def test_only_pixels_are_pictures(report, view):
    pages = read(case_pdf(report, "en", view)).pages
    sizes = {image.image.size for page in pages for image in page.images}
    assert sizes == {(report.study.size[2], report.study.size[1])}


def test_fonts_are_embedded(report, view):
    fonts = [
        font.get_object()
        for page in read(case_pdf(report, "zh", view)).pages
        for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in descriptor


def test_the_page_is_a4_and_its_date_the_one_given(report, view):
    when = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    content = case_pdf(report, "en", view, printed_at=when)
    box = read(content).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((595.28, 841.89), abs=0.1)
    assert "2026-01-0203:04UTC" in text_of(content)


def test_a_model_of_patients_is_not_overprinted(study, record, bundle_with):
    bundle = bundle_with(synthetic_training_data=False)
    report = assess_case(study, record, bundle)
    view = make_case_view(report, study, bundle, is_demo=False)
    assert squeezed(sentence("ui_overprint")) not in text_of(case_pdf(report, "en", view))


def test_missing_values_are_named(study, bundle):
    record, warnings = parse_record({})
    report = assess_case(study, record, bundle, warnings)
    assert squeezed(sentence("ui_not_recorded")) in text_of(case_pdf(report))


def test_an_abstained_case_has_neither_number_nor_curve(make, record, bundle):
    study = make(center=0.0)
    report = assess_case(study, record, bundle)
    view = make_case_view(report, study, bundle, is_demo=False)
    text = text_of(case_pdf(report, "en", view))
    assert squeezed(sentence("doc_abstained")) in text
    for absent in ("ui_survival", "ui_nomogram", "ui_signatures", "ui_reference_class"):
        assert squeezed(sentence(absent)) not in text


def test_the_font_has_every_letter_of_the_catalogues():
    from fontTools.ttLib import TTFont

    known = set(TTFont(FONT_FILE).getBestCmap())
    used = {
        character
        for language in ("en", "zh")
        for code, text in catalogue(language).items()
        if code.startswith(("ui_", "doc_", "fig_", "variable.", "level.", "unit.", "case_"))
        for character in typable(text)
    }
    assert sorted(c for c in used if ord(c) not in known and not c.isspace()) == []


def test_a_figure_with_an_unknown_part_is_an_error():
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    svg = '<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"><ellipse/></svg>'
    with pytest.raises(ValueError, match="ellipse"):
        draw_svg(pdf, svg, 0, 0, 10)
