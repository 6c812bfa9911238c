"""A methodologist's way: a foreign table, the threshold bench, and what can be taken away."""

import csv
import io
import re
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.report.response_text import auc_text as printed_auc
from dlcs_core.statistics.calibration import calibration_in_the_large
from dlcs_core.statistics.classification import confusion_matrix
from dlcs_core.statistics.decision_curve import net_benefit
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.roc import roc_curve
from dlcs_core.ui.settings import read_settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

N_FOREIGN = 120

CLICK_PLACE = """(name) => {
    const plot = document.querySelector(`.st-key-figure_${name} .js-plotly-plot`);
    plot.scrollIntoView({block: "center"});
    const targets = plot._fullData.find((trace) => trace.marker && trace.marker.size === 6);
    const at = Math.floor(targets.x.length * 0.4);
    const box = plot.getBoundingClientRect();
    const { xaxis, yaxis } = plot._fullLayout;
    return {
        left: box.left + xaxis._offset + xaxis.l2p(targets.x[at]),
        top: box.top + yaxis._offset + yaxis.l2p(targets.y[at]),
        x: targets.x[at], y: targets.y[at],
    };
}"""

PLACE = """(name) => {
    const plot = document.querySelector(`.st-key-figure_${name} .js-plotly-plot`);
    const place = plot._fullData.find((trace) => trace.marker && trace.marker.size === 13);
    return [place.x[0], place.y[0]];
}"""


def foreign_scores():
    """Grade and score of each patient of the foreign table."""
    grade = np.arange(N_FOREIGN) % 4
    return grade, (0.8 - 0.15 * grade + 0.004 * (np.arange(N_FOREIGN) % 37)).round(3)


@pytest.fixture
def foreign_table(tmp_path):
    """Chinese names, millimetres, days, semicolons, GB18030, one bad row."""
    grade, score = foreign_scores()
    rows = [
        f"P{i};{'女' if i % 2 else '男'};{20 + i % 60};TRG {grade[i]};{300 + 9 * i};{1 + i % 2};"
        f"{score[i]:.3f}"
        for i in range(N_FOREIGN)
    ]
    rows[7] = rows[7].replace("女", "X")
    path = tmp_path / "表.csv"
    header = "患者编号;性别;最大径(mm);TRG;生存时间(天);生存状态;radiomics"
    path.write_bytes("\n".join([header, *rows, ""]).encode("gb18030"))
    return path


@pytest.fixture(scope="module")
def shipped():
    """Outcome and DLCS of the patients that the page shows at first."""
    table = read_cohort(read_settings().demo_cohort).table
    table = table[table["cohort"] == "external_validation"]
    return table["good_response"].astype(bool).to_numpy(), table["dlcs"].to_numpy(dtype=float)


def slider_value(visit):
    """Where the slider stands."""
    return float(visit.page.locator("[data-testid=stSliderThumbValue]").first.inner_text())


def saved(visit, button, path):
    """Click on a button and keep the file that it gives."""
    with visit.page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(path)
    return path


def auc_text(good, score):
    found = auc_estimate(good, score)
    return f"{found.auc:.2f} ({found.ci95[0]:.2f}–{found.ci95[1]:.2f})"


def test_a_foreign_table_goes_through_the_assistant_to_its_area(visit, server, foreign_table):
    visit.open(f"{server.url}/response_explorer")
    visit.page.get_by_text("Own table").click()
    visit.page.locator(".st-key-own_table_file input[type=file]").set_input_files(foreign_table)
    visit.page.wait_for_selector("text=1 of 120 rows refused, 119 used")
    visit.settle()
    chosen = visit.page.eval_on_selector_all(
        "[data-testid=stSelectbox] input", "boxes => boxes.map(box => box.value)"
    )
    assert {"converted from mm", "days → months", "coded 1 = no, 2 = yes"} <= set(chosen)
    grade, score = foreign_scores()
    used = np.arange(N_FOREIGN) != 7
    assert "AUC, radiomics" in visit.text()
    assert auc_text(grade[used] < 2, score[used]) in visit.text()
    assert "threshold" not in visit.page.url
    visit.page.get_by_text("Flow diagram", exact=True).click()
    visit.page.wait_for_selector(".st-key-figure_flow")
    visit.settle()
    drawn = visit.page.locator(".st-key-figure_flow").text_content()
    assert "Rows in the table: 120" in drawn
    assert "1 rows refused: 性别" in drawn
    assert "With a known response: 119" in drawn


def test_the_slider_moves_every_place_and_number(visit, server, shipped):
    good, score = shipped
    visit.open(f"{server.url}/response_explorer?threshold=0.4")
    assert auc_text(good, score) in visit.text()
    slider = visit.page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    visit.page.wait_for_selector("text=/Of 100 patients like these/")
    visit.page.wait_for_function("() => location.search.includes('0.401')")
    visit.settle()
    calls = confusion_matrix(good, score, 0.401)
    assert visit.page.evaluate(PLACE, "roc") == pytest.approx(
        [1 - calls.specificity, calls.sensitivity]
    )
    assert visit.page.evaluate(PLACE, "precision_recall") == pytest.approx(
        [calls.sensitivity, calls.ppv]
    )
    assert visit.page.evaluate(PLACE, "decision_curve") == pytest.approx(
        [0.401, net_benefit(good, score, [0.401])[0]]
    )
    said = visit.text()
    assert f"Of 100 flagged patients, {100 * calls.ppv:.0f} respond well" in said
    assert f"Flagged patients ({calls.tp + calls.fp})" in said
    cells = [int(cell) for cell in re.findall(r"^\d+$", visit.page.locator(
        "[data-testid=stTable]").inner_text().replace("\t", "\n"), re.MULTILINE)]  # fmt: skip
    assert cells == [calls.tp, calls.fp, calls.fn, calls.tn]


@pytest.mark.parametrize("name", ["roc", "decision_curve"])
def test_a_click_on_a_curve_sets_the_cutoff(visit, server, shipped, name):
    visit.open(f"{server.url}/response_explorer?threshold=0.9")
    assert slider_value(visit) == pytest.approx(0.9)
    target = visit.page.evaluate(CLICK_PLACE, name)
    visit.page.mouse.move(target["left"], target["top"])
    visit.page.wait_for_timeout(300)
    visit.page.mouse.click(target["left"], target["top"])
    visit.page.wait_for_function(
        "() => document.querySelector('[data-testid=stSliderThumbValue]').innerText !== '0.900'"
    )
    visit.settle()
    calls = confusion_matrix(*shipped, slider_value(visit))
    expected = (1 - calls.specificity, calls.sensitivity)
    if name == "decision_curve":
        expected = (slider_value(visit), net_benefit(*shipped, [slider_value(visit)])[0])
    # Neighbours of the target may lie under the same pixel.
    assert (target["x"], target["y"]) == pytest.approx(expected, abs=0.01)


def test_a_figure_is_taken_away_as_svg_png_and_csv(visit, server, shipped, tmp_path):
    visit.open(f"{server.url}/response_explorer")
    images = visit.page.locator(".st-key-images_roc")
    svg = saved(visit, images.get_by_role("button", name="SVG"), tmp_path / "roc.svg")
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    png = saved(visit, images.get_by_role("button", name="PNG"), tmp_path / "roc.png")
    with Image.open(png) as image:
        image.load()
        assert image.width > 800
    numbers = visit.page.locator(".st-key-numbers_roc button")
    text = saved(visit, numbers, tmp_path / "roc.csv").read_text(encoding="utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["trace"].startswith("DLCS: 0.")]
    curve = roc_curve(*shipped)
    np.testing.assert_allclose([float(row["x"]) for row in rows], 1 - curve.specificity)
    np.testing.assert_allclose([float(row["y"]) for row in rows], curve.sensitivity)


def test_the_page_is_taken_away_as_one_file(visit, server, shipped, tmp_path):
    visit.open(f"{server.url}/response_explorer")
    button = visit.page.locator(".st-key-response_document button")
    page = saved(visit, button, tmp_path / "response.html")
    content = page.read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", content)
    assert "<script" not in content
    visit.page.goto(page.as_uri())
    assert printed_auc(auc_estimate(*shipped)) in visit.page.inner_text("body")


def test_a_recalibrated_bundle_is_taken_away_and_verifies(visit, server, shipped, tmp_path):
    visit.open(f"{server.url}/response_explorer?view=recalibration")
    visit.page.wait_for_selector(".st-key-recalibrated_bundle")
    intercept = calibration_in_the_large(*shipped).estimate
    assert f"new log odds = {intercept:.3f} + 1.000 ×" in visit.text()
    assert "only the intercept is adjusted" in visit.text()
    button = visit.page.locator(".st-key-recalibrated_bundle button")
    with zipfile.ZipFile(saved(visit, button, tmp_path / "bundle.zip")) as archive:
        archive.extractall(tmp_path)
    verified = subprocess.run(
        [sys.executable, "-m", "dlcs_core", "bundle", "verify", tmp_path / "dlcs-bundle-local"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stderr
    assert "+local" in verified.stdout


def test_the_first_click_on_a_cold_link_changes_the_language(cold_server, visit):
    visit.page.goto(f"{cold_server.url}/response_explorer?view=decision")
    visit.page.get_by_text("中文").click()
    visit.page.wait_for_selector("h1:has-text('疗效模型分析')")
    visit.page.wait_for_selector("text=两个评分的净获益之差")


def test_a_link_opens_the_view_that_was_sent(visit, server):
    visit.open(f"{server.url}/survival_explorer?survival_view=cox&cohort=all&lang=zh")
    assert "Cox 回归数值" in visit.text()


def test_a_link_brings_back_view_score_and_filter(visit, server):
    asked = "view=recalibration&recalibrated=dl_signature&layer=dl_signature&filter=sex"
    visit.open(f"{server.url}/response_explorer?cohort=training&{asked}&only_sex=female")
    visit.page.wait_for_selector(".st-key-figure_recalibration")
    assert "DL signature, intercept" in visit.text()
    assert "Filters (1)" in visit.text()
