"""The explorers show what the statistics computed, and refuse in one sentence."""

import json

import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.statistics.delong import auc_estimate

EXPLORERS = ("response_explorer", "survival_explorer", "cohort_profile")


def external_validation(directory):
    """The patients that the explorers show at first."""
    table = read_cohort(directory / "demo_cohort.csv").table
    return table[table["cohort"] == "external_validation"]


def figures(app):
    """Every plotly figure of a page by its key."""
    return {chart.proto.id: json.loads(chart.proto.spec) for chart in app.get("plotly_chart")}


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_shows_the_demo_cohort_and_calls_it_synthetic(page, shown, name):
    app = page(name)
    assert not app.exception
    assert not app.error
    assert "Synthetic patients" in shown(app)
    assert "Research use only" in shown(app)
    assert figures(app) or app.dataframe


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


def test_the_area_on_the_page_is_that_of_the_statistics(page, data_directory):
    table = external_validation(data_directory)
    expected = auc_estimate(table["good_response"].astype(bool), table["dlcs"])
    app = page("response_explorer")
    shown_values = [metric.value for metric in app.metric]
    low, high = expected.ci95
    assert f"{expected.auc:.2f} ({low:.2f}–{high:.2f})" in shown_values


def test_another_cohort_gives_other_patients(page):
    app = page("survival_explorer")
    before = app.metric[0].value
    app.get_by_key("cohort").set_value("training").run()
    assert not app.exception
    assert app.metric[0].value != before
