"""A methodologist's survival questions, asked in a real browser and answered by the statistics."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.report.ledger import reproduction_ledger
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.group_tests import log_rank_test

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("age_years", "max_diameter_cm")


@pytest.fixture(scope="module")
def cohort():
    """The demo cohort as it is shipped."""
    return read_cohort(ROOT / "assets" / "demo_cohort.csv").table


def downloaded(visit, key):
    """What a button of the page gives, as text."""
    with visit.page.expect_download() as caught:
        visit.page.locator(f".st-key-{key} button:visible").first.click()
    path = caught.value.path()
    return path.read_text(encoding="utf-8-sig"), caught.value.suggested_filename


def chosen(visit, key, text):
    """Choose an option of a select box."""
    box = visit.page.locator(f".st-key-{key}")
    box.locator("input").click()
    box.locator("input").fill(text)
    visit.page.locator("[role=option]", has_text=text).first.click()
    visit.settle()


def test_groups_and_months_are_chosen_and_taken_away(visit, server, cohort):
    visit.open(f"{server.url}/survival_explorer?cohort=all&group=sex&months=6&months=24")
    visit.page.get_by_text("Alive at 24 months").first.wait_for(state="attached")
    known = cohort[cohort["os_months"].notna() & cohort["os_event"].notna()]
    test = log_rank_test(known["os_months"], known["os_event"], known["sex"].astype(str))
    assert f"Chi-square {test.statistic:.2f} on 1 df" in visit.text()
    text, name = downloaded(visit, "rows_groups")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert name == "groups.csv"
    assert {row["Group"]: row["Patients"] for row in rows} == {
        str(level).capitalize(): f"{count:,}"
        for level, count in known["sex"].value_counts().items()
    }
    assert "Alive at 6 months" in rows[0]
    numbers, _ = downloaded(visit, "numbers_kaplan_meier")
    assert "Deaths so far: Male" in numbers
    page, name = downloaded(visit, "survival_html")
    assert name == "survival.html"
    assert f"{test.statistic:.2f}" in page
    assert "<script" not in page
    assert ">-0<" not in page
    assert page.count("<svg") == 5
    assert "PH-0" not in page


def test_a_patient_stands_on_the_nomogram_where_the_regression_says(visit, server, cohort):
    visit.open(
        f"{server.url}/survival_explorer?survival_view=nomogram"
        "&cox_variables=age_years&cox_variables=max_diameter_cm"
    )
    external = cohort[cohort["cohort"] == "external_validation"]
    known = external[external["os_months"].notna() & external["os_event"].notna()]
    fit = fit_cox(known[list(NAMES)].to_numpy(), known["os_months"], known["os_event"], NAMES)
    patient = known.iloc[10]
    chosen(visit, "nomogram_patient", str(patient["patient_id"]))
    lp = float(fit.linear_predictor(patient[list(NAMES)].to_numpy(float)[None, :])[0])
    step = np.searchsorted(fit.baseline.time_months, 24, side="right") - 1
    survival = np.exp(-fit.baseline.cumulative_hazard[step] * np.exp(lp))
    visit.page.get_by_text(f"{survival:.1%} (").wait_for()
    assert str(patient["patient_id"]) not in visit.page.url
    text, _ = downloaded(visit, "numbers_cox_nomogram")
    dots = [row for row in csv.reader(io.StringIO(text)) if row[0] == "This patient"]
    points = {row["Variable"]: float(row["Points"]) for row in csv.DictReader(
        io.StringIO(downloaded(visit, "rows_nomogram_points")[0]))}  # fmt: skip
    assert float(dots[0][1]) == pytest.approx(points["Age (years)"], abs=0.06)
    assert float(dots[1][1]) == pytest.approx(points["Maximum diameter (cm)"], abs=0.06)


def test_the_ledger_is_filtered_and_taken_away_in_chinese(visit, server, cohort):
    visit.open(f"{server.url}/model_card?card_view=ledger&lang=zh")
    assert "复现台账" in visit.text()
    visit.page.locator(".st-key-ledger_status_zh").get_by_text("所印数值不可能成立").click()
    visit.settle()
    visit.page.get_by_text("共 614 个数字").wait_for()
    impossible = [e for e in reproduction_ledger(cohort) if e.status == "impossible"]
    visit.page.get_by_text(f"显示 {len(impossible)} 个").wait_for()
    text, name = downloaded(visit, "rows_ledger")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert name == "ledger.csv"
    assert [row["印刷值"].lstrip("'") for row in rows] == [e.printed for e in impossible]
    assert {row["状态"] for row in rows} == {"所印数值不可能成立"}
    assert "ledger_status=impossible" in visit.page.url
