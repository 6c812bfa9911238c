"""axe-core finds nothing serious on any page, in either language."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "tumor_board", "response_explorer", "survival_explorer", "cohort_profile", "model_card",
)  # fmt: skip
GRAVE = ("serious", "critical")
RUN_AXE = "axe.run({resultTypes: ['violations']})"


@pytest.fixture(scope="module")
def axe():
    """The checker's script."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def grave_findings(visit, axe):
    """What a keyboard or screen-reader user would stumble over."""
    visit.page.evaluate(axe)
    return [
        (found["id"], [node["target"] for node in found["nodes"]][:3])
        for found in visit.page.evaluate(RUN_AXE)["violations"]
        if found["impact"] in GRAVE
    ]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_on_a_page(server, visit, axe, path):
    visit.open(f"{server.url}/{path}")
    assert grave_findings(visit, axe) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_serious_on_an_assessed_case(server, visit, axe, language):
    visit.open(f"{server.url}/?lang={language}")
    visit.page.locator(".st-key-demo_case input").first.click()
    visit.page.get_by_role("option").first.click()
    visit.page.wait_for_selector(".st-key-study_facts")
    visit.settle()
    visit.page.locator(".st-key-assess button").click()
    visit.page.wait_for_selector("[data-result=survival]")
    visit.settle()
    assert grave_findings(visit, axe) == []
