"""A Chinese visit reads Chinese: no page shows a line of English of ours."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "tumor_board", "response_explorer", "survival_explorer", "cohort_profile", "model_card",
)  # fmt: skip

NAMES = """
    DLCS DICOM NIfTI SEG RTSTRUCT HU CSV JSON PDF PPTX SVG PNG HTML ROC AUC TRG CEA CA AFP SRC
    HER Siewert Borrmann Kaplan Meier Cox Efron Wald Wilson DeLong Student Pearson Mann Whitney
    Brier Ctrl English Portal venous phase synthetic
"""
"""Formats, units, scores, markers and people; the last three are what the demo series calls itself
in its header, which is shown as it is written."""

READ_VISIBLE = """
() => {
  const texts = new Set();
  const walk = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.ELEMENT_NODE) {
        if (node.shadowRoot) walk(node.shadowRoot);
        const hint = !node.value && node.getAttribute("placeholder");
        if (hint && node.checkVisibility()) texts.add(hint);
        continue;
      }
      const parent = node.parentElement;
      const icon = parent && parent.closest("[data-testid=stIconMaterial], style, script");
      const seen = parent && !icon && parent.checkVisibility({visibilityProperty: true});
      const box = seen && parent.getBoundingClientRect();
      if (seen && box.bottom > 0 && parseFloat(getComputedStyle(parent).fontSize) > 0)
        texts.add(node.data.trim());
    }
  };
  walk(document.body);
  return [...texts];
}
"""
"""Text nodes and empty fields' hints that have a place and a size, also inside shadow roots."""

THREE_WORDS = re.compile(r"[A-Za-z]{2,}(?:[ ,.;:()'’-]+[A-Za-z]{2,}){2,}")


def english_lines(texts):
    """Runs of three or more Latin words that are not all names."""
    runs = [run for text in texts for run in THREE_WORDS.findall(text)]
    return sorted(
        {run for run in runs if set(re.findall(r"[A-Za-z]{2,}", run)) - set(NAMES.split())}
    )


def visible_texts(visit):
    """What a visitor can read on the page; never nothing."""
    texts = visit.page.evaluate(READ_VISIBLE)
    assert sum(bool(re.search("[\u4e00-\u9fff]", text)) for text in texts) > 10
    return texts


def test_english_is_recognized():
    assert english_lines(["共 12 例：Choose an option 或取消"]) == ["Choose an option"]
    assert english_lines(["Student t检验", "DICOM · RTSTRUCT", "Kaplan-Meier Cox"]) == []


def test_an_english_page_is_found_out(server, visit):
    visit.open(f"{server.url}/model_card?lang=en")
    assert len(english_lines(visit.page.evaluate(READ_VISIBLE))) > 5


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_chinese(server, visit, path):
    visit.open(f"{server.url}/{path}?lang=zh")
    assert english_lines(visible_texts(visit)) == []


PARTS = {
    "response_explorer": "view", "survival_explorer": "survival_view",
    "cohort_profile": "profile_view",
}  # fmt: skip
"""Key of the switch between the parts of each explorer."""


@pytest.mark.parametrize("path", PARTS)
def test_every_part_of_an_explorer_is_chinese(server, visit, path):
    visit.open(f"{server.url}/{path}?lang=zh")
    parts = visit.page.locator(f".st-key-{PARTS[path]}_zh").get_by_role("radio")
    assert parts.count() >= 5
    found = {}
    for place in range(parts.count()):
        parts.nth(place).click()
        visit.page.wait_for_timeout(500)
        visit.settle()
        assert parts.nth(place).get_attribute("aria-checked") == "true"
        found[place] = english_lines(visible_texts(visit))
    assert {place: lines for place, lines in found.items() if lines} == {}


def test_an_assessed_case_is_chinese(server, visit):
    visit.open(f"{server.url}/?lang=zh")
    visit.page.locator(".st-key-demo_case input").first.click()
    visit.page.get_by_role("option").first.click()
    visit.page.wait_for_selector(".st-key-study_facts")
    visit.settle()
    visit.page.locator(".st-key-assess button").click()
    visit.page.wait_for_selector("[data-result=survival]")
    visit.settle()
    assert english_lines(visible_texts(visit)) == []


def test_the_upload_of_a_study_is_chinese(server, visit):
    visit.open(f"{server.url}/?lang=zh")
    visit.page.get_by_role("radio", name="上传病例").click()
    visit.page.wait_for_selector("[data-testid=stFileUploader]")
    visit.settle()
    assert english_lines(visible_texts(visit)) == []
