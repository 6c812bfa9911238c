"""A surgeon's way: a case, its assessment, the report; and every page by its own address."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "": "Case review",
    "case_review": "Case review",
    "tumor_board": "Tumour board",
    "response_explorer": "Response explorer",
    "survival_explorer": "Survival explorer",
    "cohort_profile": "Cohort profile",
    "model_card": "Model card",
}
TITLES = list(dict.fromkeys(PAGES.values()))
RESEARCH_USE = "Research use only. Not a medical device; not for diagnosis or treatment decisions."


def menu(visit):
    """Titles in the menu."""
    links = visit.page.query_selector_all("[data-testid=stSidebarNavLink]")
    return [link.inner_text().split("\n")[-1].strip() for link in links]


def choose_first_case(visit):
    visit.page.get_by_role("combobox", name="Demo case").click()
    visit.page.get_by_role("option").first.click()
    visit.page.wait_for_selector(".st-key-study_facts")
    visit.settle()


def test_from_a_demo_case_to_a_printed_report(server, visit, tmp_path):
    visit.open(server.url)
    assert RESEARCH_USE in visit.text()
    choose_first_case(visit)
    visit.page.keyboard.press("Control+Enter")
    visit.page.wait_for_selector(".st-key-headline")
    visit.settle()
    statement = re.search(
        r"Of 100 patients like this, (\d+) respond well, (\d+) do not", visit.text()
    )
    assert statement
    good, poor = map(int, statement.groups())
    assert good + poor == 100
    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("button", name="Report (HTML, to print)").click()
    report = tmp_path / "report.html"
    waiting.value.save_as(report)
    visit.page.screenshot(path=tmp_path / "case.png", full_page=True)
    visit.page.goto(report.as_uri())
    said = visit.page.inner_text("body")
    assert f"Of 100 patients like this, {good} respond well, {poor} do not." in said
    assert RESEARCH_USE in said
    assert "Traceback" not in server.log.read_text()


def test_a_changed_form_greys_the_result_out(server, visit):
    visit.open(server.url)
    choose_first_case(visit)
    visit.page.get_by_role("button", name="Assess").click()
    visit.page.wait_for_selector(".st-key-result")
    diameter = visit.page.get_by_role("spinbutton", name="Maximum diameter (cm)")
    diameter.fill("8.8")
    diameter.press("Tab")
    visit.page.wait_for_selector(".st-key-result_outdated")
    opacity = visit.page.eval_on_selector(
        ".st-key-result_outdated", "element => getComputedStyle(element).opacity"
    )
    assert float(opacity) < 0.5
    assert visit.page.query_selector(".st-key-download_report") is None


def test_the_board_is_led_by_keyboard(server, visit):
    visit.open(f"{server.url}/tumor_board")
    visit.page.get_by_role("button", name="Start with demo cases").click()
    visit.page.wait_for_selector(".st-key-board_reveal")
    visit.settle()
    visit.page.keyboard.press("s")
    visit.page.wait_for_selector(".st-key-headline")
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_selector("text=Case 2 of")
    visit.settle()
    assert visit.page.query_selector(".st-key-headline") is None


def test_the_language_is_kept_from_page_to_page(server, visit):
    visit.open(f"{server.url}/?lang=zh")
    assert "仅供科研使用" in visit.text()
    visit.page.get_by_role("link", name="模型卡").click()
    visit.page.wait_for_selector("h1:has-text('模型卡')")
    visit.page.get_by_text("English").click()
    visit.page.wait_for_selector("h1:has-text('Model card')")


def test_the_numbers_of_a_figure_can_be_taken_away(server, visit, tmp_path):
    visit.open(f"{server.url}/response_explorer")
    with visit.page.expect_download() as waiting:
        visit.page.locator(".st-key-numbers_roc button").click()
    table = tmp_path / "roc.csv"
    waiting.value.save_as(table)
    lines = table.read_text().splitlines()
    assert lines[0] == "trace,x,y,z"
    assert any(line.startswith("DLCS") for line in lines)


@pytest.mark.parametrize(("path", "title"), PAGES.items())
def test_a_link_opens_on_a_server_that_nobody_has_visited(cold_server, visit, path, title):
    visit.open(f"{cold_server.url}/{path}")
    assert visit.page.inner_text("h1") == title
    assert RESEARCH_USE in visit.text()
    assert menu(visit) == TITLES
    assert "Page not found" not in visit.page.inner_text("body")
    assert "Traceback" not in cold_server.log.read_text()


def test_the_choice_on_a_cold_link_survives_its_first_click(cold_server, visit):
    visit.open(f"{cold_server.url}/response_explorer")
    visit.page.get_by_text("Training (").click()
    visit.page.wait_for_selector("text=out-of-fold, yet read the validation cohorts first")


def test_the_first_click_on_a_new_server_changes_the_language(cold_server, visit):
    visit.open(cold_server.url)
    visit.page.get_by_text("中文").click()
    visit.page.wait_for_selector("h1:has-text('病例评估')")
    assert "仅供科研使用" in visit.text()
