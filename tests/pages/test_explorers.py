"""The explorers show what the statistics computed, and refuse in one sentence."""

import base64
import json

import numpy as np
import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.statistics.classification import confusion_matrix
from dlcs_core.statistics.decision_curve import net_benefit
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.group_tests import log_rank_test
from dlcs_core.statistics.kaplan_meier import kaplan_meier
from dlcs_core.statistics.roc import roc_curve

EXPLORERS = ("response_explorer", "survival_explorer", "cohort_profile")
VIEWS = {
    "response_explorer": (
        "view",
        (
            "threshold",
            "calibration",
            "decision",
            "groups",
            "correlation",
            "subgroups",
            "tables",
            "recalibration",
            "flow",
        ),
    ),
    "survival_explorer": (
        "survival_view",
        ("curves", "cox", "nomogram", "performance", "survival_calibration"),
    ),
    "cohort_profile": (
        "profile_view",
        ("table_one", "distribution", "missing", "drift", "precision"),
    ),
}


def external_validation(directory):
    """The patients that the explorers show at first."""
    table = read_cohort(directory / "demo_cohort.csv").table
    return table[table["cohort"] == "external_validation"]


def figures(app):
    """Every plotly figure of a page by its key."""
    return {
        chart.proto.id.rsplit("figure_", 1)[-1]: json.loads(chart.proto.spec)
        for chart in app.get("plotly_chart")
    }


def numbers(values):
    """A coordinate of a figure as the browser gets it."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
    return np.array(values, dtype=float)


def trace(figure, start):
    """The trace whose name starts so."""
    return next(t for t in figure["data"] if (t.get("name") or "").startswith(start))


def cell(app, first_column, title):
    """The cell of a table on the page by the text of its row's first column."""
    for table in (element.value for element in app.dataframe):
        if title in table.columns:
            rows = table[table.iloc[:, 0] == first_column]
            if len(rows):
                return rows.iloc[0][title]
    raise AssertionError(f"no table with {title} and {first_column}")


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_shows_the_demo_cohort_and_calls_it_synthetic(page, shown, name):
    app = page(name)
    assert not app.exception
    assert not app.error
    assert "Synthetic patients" in shown(app)
    assert "Research use only" in shown(app)
    assert figures(app) or app.dataframe


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_is_drawn_in_both_languages_without_a_missing_word(
    app, shown, monkeypatch, name, language
):
    # The test's own thread words the options too, and knows no visit: the setting reaches both.
    monkeypatch.setenv("DLCS_LANGUAGE", language)
    app.run()
    assert app.get_by_key("lang").value == language
    app.switch_page(f"pages/{name}.py").run()
    key, views = VIEWS[name]
    for view in views:
        app.get_by_key(key if language == "en" else f"{key}_{language}").set_value(view).run()
        assert not app.exception
        assert not app.error
        said = shown(app)
        assert "explorer_" not in said
        assert "method_" not in said
        tables = [column for element in app.dataframe for column in element.value.columns]
        assert not [title for title in tables if title.startswith("explorer_")]


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_without_a_table_says_what_is_missing(page, monkeypatch, tmp_path, name):
    monkeypatch.setenv("DLCS_DATA_DIR", str(tmp_path))
    app = page(name)
    assert not app.exception
    assert len(app.error) == 1
    assert not app.get("plotly_chart")


def test_an_explorer_refuses_a_broken_table_in_one_sentence(page, monkeypatch, tmp_path):
    (tmp_path / "demo_cohort.csv").write_bytes(b"\x00\x01\x02")
    monkeypatch.setenv("DLCS_DATA_DIR", str(tmp_path))
    app = page("response_explorer")
    assert not app.exception
    assert len(app.error) == 1


def test_the_area_and_the_curve_are_those_of_the_statistics(page, data_directory):
    table = external_validation(data_directory)
    outcome = table["good_response"].astype(bool)
    expected = auc_estimate(outcome, table["dlcs"])
    app = page("response_explorer")
    low, high = expected.ci95
    text = f"{expected.auc:.2f} ({low:.2f}–{high:.2f})"
    assert text in [metric.value for metric in app.metric]
    drawn = trace(figures(app)["roc"], f"DLCS: {text}")
    curve = roc_curve(outcome, table["dlcs"])
    np.testing.assert_allclose(numbers(drawn["y"]), curve.sensitivity)
    np.testing.assert_allclose(numbers(drawn["x"]), 1 - curve.specificity)


def test_the_slider_moves_every_place_and_number(page, shown, data_directory):
    table = external_validation(data_directory)
    outcome = table["good_response"].astype(bool).to_numpy()
    app = page("response_explorer")
    app.slider(key="threshold").set_value(0.4).run()
    calls = confusion_matrix(outcome, table["dlcs"], 0.4)
    drawn = figures(app)
    place = trace(drawn["roc"], "DLCS: chosen cutoff")
    assert numbers(place["x"])[0] == pytest.approx(1 - calls.specificity)
    assert numbers(place["y"])[0] == pytest.approx(calls.sensitivity)
    place = trace(drawn["precision_recall"], "DLCS: chosen cutoff")
    assert numbers(place["y"])[0] == pytest.approx(calls.ppv)
    benefit = net_benefit(outcome, table["dlcs"], [0.4])[0]
    place = trace(drawn["decision_curve"], "DLCS: chosen cutoff")
    assert numbers(place["y"])[0] == pytest.approx(benefit)
    assert f"Net benefit **{benefit:.3f}**" in shown(app)
    assert f"**{100 * calls.ppv:.0f}** respond well (PPV" in shown(app)
    assert cell(app, "Sensitivity", "Counts") == f"{calls.tp}/{outcome.sum()}"
    assert f"Flagged patients ({calls.tp + calls.fp})" in shown(app)


def test_flagged_patients_are_those_with_the_score(page, data_directory):
    table = external_validation(data_directory)
    app = page("response_explorer")
    app.slider(key="threshold").set_value(0.6).run()
    listed = next(e.value for e in app.dataframe if "Patient" in e.value.columns)
    expected = table.loc[table["dlcs"] >= 0.6, "patient_id"]
    assert sorted(listed["Patient"]) == sorted(expected)


def test_another_cohort_gives_other_patients(page):
    app = page("survival_explorer")
    before = app.metric[0].value
    app.get_by_key("cohort").set_value("training").run()
    assert not app.exception
    assert app.metric[0].value != before


def test_a_filter_keeps_the_patients_of_its_levels(page, data_directory):
    table = external_validation(data_directory)
    app = page("response_explorer")
    app.multiselect(key="filter").set_value(["sex"]).run()
    app.multiselect(key="only_sex").set_value(["female"]).run()
    assert app.metric[0].value == f"{(table['sex'] == 'female').sum():,}"


def test_filters_that_leave_nobody_are_refused_in_one_sentence(page):
    app = page("response_explorer")
    app.multiselect(key="filter").set_value(["sex", "borrmann_type"]).run()
    app.multiselect(key="only_sex").set_value(["female"]).run()
    app.multiselect(key="only_borrmann_type").set_value([]).run()
    assert not app.exception
    assert "widen the filters" in app.error[0].value


def test_a_view_can_be_sent_in_its_address(app):
    app.query_params["cohort"] = "training"
    app.query_params["threshold"] = "0.35"
    app.query_params["scores"] = ["dlcs", "clinical_signature"]
    app.run()
    app.switch_page("pages/response_explorer.py")
    app.query_params["cohort"] = "training"
    app.query_params["threshold"] = "0.35"
    app.query_params["scores"] = ["dlcs", "clinical_signature"]
    app.run()
    assert app.slider(key="threshold").value == 0.35
    assert app.get_by_key("cohort").value == "training"
    assert app.multiselect(key="scores").value == ["dlcs", "clinical_signature"]


def test_nonsense_in_the_address_gives_the_defaults(app):
    app.run()
    app.switch_page("pages/response_explorer.py")
    app.query_params["cohort"] = "<b>"
    app.query_params["threshold"] = "nan"
    app.query_params["scores"] = ["os_event"]
    app.run()
    assert not app.exception
    assert not app.error
    assert app.get_by_key("cohort").value == "external_validation"


def test_curves_and_log_rank_are_those_of_the_statistics(page, data_directory):
    table = external_validation(data_directory)
    app = page("survival_explorer")
    app.selectbox(key="group").select("sex").run()
    time, event = table["os_months"], table["os_event"].astype(bool)
    test = log_rank_test(time, event, table["sex"].astype(str))
    said = "\n".join(caption.value for caption in app.caption)
    assert f"Chi-square {test.statistic:.2f} on 1 df" in said
    women = table["sex"] == "female"
    curve = kaplan_meier(time[women], event[women])
    drawn = trace(figures(app)["kaplan_meier"], "Female")
    np.testing.assert_allclose(numbers(drawn["y"])[1:], curve.survival)


def test_groups_by_quantile_divide_the_patients_equally(page, data_directory):
    app = page("survival_explorer")
    app.selectbox(key="group").select("q4").run()
    assert not app.exception
    groups = next(e.value for e in app.dataframe if "Median survival (months)" in e.value.columns)
    sizes = groups["Patients"].astype(int)
    assert len(sizes) == 4
    assert sizes.max() - sizes.min() <= 2
    assert sizes.sum() == len(external_validation(data_directory))


def test_table_one_of_any_grouping_counts_its_groups(page, data_directory):
    table = external_validation(data_directory)
    app = page("cohort_profile")
    app.selectbox(key="by").select("cm_stage").run()
    (made,) = [e.value for e in app.dataframe if "Standardised difference" in e.value.columns]
    sizes = table["cm_stage"].value_counts()
    assert f"M0 (n = {sizes['M0']})" in made.columns
    assert f"M1 (n = {sizes['M1']})" in made.columns


def test_the_profile_draws_the_chosen_variable(page):
    app = page("cohort_profile")
    app.get_by_key("profile_view").set_value("distribution").run()
    app.selectbox(key="variable").select("borrmann_type").run()
    assert not app.exception
    (figure,) = figures(app).values()
    assert len(figure["data"]) == 2
    assert next(iter(figure["data"][0]["x"])).startswith("I ")
