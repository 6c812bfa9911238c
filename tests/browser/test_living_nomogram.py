"""The browser's arithmetic of the nomograms against the models, and the dots on the page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.bundle.reader import read_bundle
from dlcs_core.clinical.record import read_record
from dlcs_core.models.design import probability_of
from dlcs_core.report.case import assess_case
from dlcs_core.report.living_nomogram import living_models

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
MODEL_JS = ROOT / "dlcs_core/ui/components/living_nomogram/model.js"
N_PATIENTS = 200
EVALUATE = """async ([source, model, kind, patients]) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const found = await import(url);
  return patients.map((values) => found[kind](model, values));
}"""


@pytest.fixture(scope="module")
def bundle():
    """The shipped bundle, its interval with every part at work."""
    read = read_bundle(ROOT / "assets/demo_bundle")
    made = replace(read.extras.interval.scores["dlcs"], inflation=1.7)
    intervals = replace(read.extras.interval, scores={"dlcs": made})
    return replace(read, extras=replace(read.extras, interval=intervals))


@pytest.fixture(scope="module")
def report(bundle):
    """A demo case with every result."""
    from dlcs_core.ui.demo_cases import demo_cases
    from dlcs_core.ui.opened_study import open_demo_case

    for case in demo_cases():
        record, _ = read_record(case.clinical)
        found = assess_case(open_demo_case(case).study, record, bundle)
        if found.dlcs.ci95 is not None and found.survival.linear_predictor is not None:
            return found
    pytest.fail("no demo case has every result")


def random_values(rng, *models):
    """One hypothetical patient: a value of every line of the given models."""
    values = {}
    for term in [term for model in models for term in model["nomogram"]["terms"]]:
        if term["levels"]:
            drawn = str(rng.choice([one["value"] for one in term["levels"]]))
        else:
            drawn = float(rng.uniform(term["low"], term["high"]))
        values.setdefault(term["variable"], drawn)
    return values


@pytest.fixture(scope="module")
def hypothetical(bundle, report):
    """The layout and 200 patients."""
    models = living_models(report, bundle, "en")
    rng = np.random.default_rng(5)
    drawn = [random_values(rng, models["response"], models["survival"]) for _ in range(N_PATIENTS)]
    return models, drawn


def computed(browser, kind, model, patients):
    """What the browser computes."""
    page = browser.new_page()
    source = MODEL_JS.read_text(encoding="utf-8")
    found = page.evaluate(EVALUATE, [source, model, kind, patients])
    page.close()
    return found


def test_probability_points_and_interval_equal_the_fusion_model(browser, bundle, hypothetical):
    models, patients = hypothetical
    found = computed(browser, "respond", models["response"], patients)
    interval = bundle.extras.interval.scores["dlcs"]
    fold_variance = models["response"]["interval"]["fold_variance"]
    share = fold_variance / float(bundle.fusion.model.coefficients[0] ** 2)
    for values, got in zip(patients, found, strict=True):
        signature = values["dl_signature"]
        log_odds = bundle.fusion.linear_predictor(signature, values)
        variance = bundle.fusion.linear_predictor_variance(signature, values, share)
        expected = (probability_of(log_odds), *interval.limits(log_odds, variance))
        assert (got["probability"], got["low"], got["high"]) == pytest.approx(expected, abs=1e-9)


def test_the_patients_own_interval_is_the_reports(browser, report, hypothetical):
    models, _ = hypothetical
    own = {term["variable"]: term["value"] for term in models["response"]["nomogram"]["terms"]}
    (found,) = computed(browser, "respond", models["response"], [own])
    assert (found["low"], found["high"]) == pytest.approx(report.dlcs.ci95, abs=1e-6)


def test_survival_and_its_limits_equal_the_cox_model(browser, bundle, hypothetical):
    models, patients = hypothetical
    found = computed(browser, "survive", models["survival"], patients)
    months = models["survival"]["months"]
    for values, got in zip(patients, found, strict=True):
        expected = bundle.survival.survival(values, values["dl_signature"], months)
        for name, column in (
            ("survival", expected.survival), ("low", expected.ci95_low),
            ("high", expected.ci95_high),
        ):  # fmt: skip
            given = [one[name] for one in got["curve"]]
            assert [g is None for g in given] == [c is None for c in column]
            pairs = [(g, c) for g, c in zip(given, column, strict=True) if c is not None]
            assert [g for g, _ in pairs] == pytest.approx([c for _, c in pairs], abs=1e-9)


@pytest.mark.slow
def test_a_moved_dot_hides_the_patients_own_result_until_it_is_back(server, visit):
    visit.open(server.url)
    visit.page.get_by_role("combobox", name="Demo case").click()
    visit.page.get_by_role("option").first.click()
    visit.page.wait_for_selector(".st-key-study_facts")
    visit.settle()
    visit.page.keyboard.press("Control+Enter")
    visit.page.wait_for_selector(".st-key-headline")
    visit.page.wait_for_selector("[data-result=survival]")
    visit.settle()
    own = shown(visit)
    dot = visit.page.get_by_role("slider", name="Maximum diameter").first
    before = dot.get_attribute("aria-valuetext")
    dot.focus()
    visit.page.keyboard.press("ArrowUp")
    visit.page.wait_for_selector(".st-key-headline", state="detached")
    assert dot.get_attribute("aria-valuetext") != before
    moved = shown(visit)
    assert all(moved[kind] != own[kind] for kind in own)
    visit.page.wait_for_selector(".st-key-numbers_nomogram", state="detached")
    assert visit.page.locator(".stamp").first.is_visible()
    visit.page.get_by_role("button", name="Back to this patient").first.click()
    visit.page.wait_for_selector(".st-key-headline")
    assert shown(visit) == own
    assert "Traceback" not in server.log.read_text()


def shown(visit):
    """The exact probabilities behind the words of both nomograms."""
    return {
        kind: float(visit.page.get_attribute(f"[data-result={kind}]", "data-probability"))
        for kind in ("response", "survival")
    }
