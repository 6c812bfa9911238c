"""The reproduction ledger on the model card: counted, filtered, worded in both languages."""

import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.report.ledger import reproduction_ledger, status_counts


@pytest.fixture
def ledger(page):
    """The model card opened at the ledger."""
    app = page("model_card")
    return app.get_by_key("card_view").set_value("ledger").run()


def rows(app):
    """The ledger as it is shown."""
    (table,) = [e.value for e in app.dataframe if "Printed" in e.value.columns]
    return table


def test_counts_and_rows_are_those_of_the_report(ledger, data_directory):
    entries = reproduction_ledger(read_cohort(data_directory / "demo_cohort.csv").table)
    assert not ledger.exception
    assert [int(m.value) for m in ledger.metric] == list(status_counts(entries).values())
    shown = rows(ledger)
    assert shown["Printed"].tolist() == [e.printed for e in entries]
    assert shown["Demo cohort (synthetic)"].tolist() == [e.demo or "" for e in entries]


def test_what_is_impossible_is_found_by_two_filters(ledger):
    ledger.get_by_key("ledger_table").set_value("2").run()
    ledger.get_by_key("ledger_status").set_value(["impossible"]).run()
    shown = rows(ledger)
    assert set(shown["Item"]) == {"Clinical model"}
    assert set(shown["Cohort"]) == {"Internal validation cohort"}
    assert all("whole numbers" in reason or reason for reason in shown["Reason"])
    assert ledger.query_params["ledger_table"] == "2"
    assert ledger.query_params["ledger_status"] == "impossible"


def test_the_ledger_stands_without_a_demo_cohort(page, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("DLCS_DATA_DIR", str(tmp_path))
    app = page("model_card")
    app.get_by_key("card_view").set_value("ledger").run()
    assert not app.exception
    assert "The demo cohort could not be read" in shown(app)
    assert len(rows(app)) == len(reproduction_ledger())


def test_every_word_is_there_in_chinese(app, shown, monkeypatch):
    monkeypatch.setenv("DLCS_LANGUAGE", "zh")
    app.run()
    app.switch_page("pages/model_card.py").run()
    app.get_by_key("card_view_zh").set_value("ledger").run()
    assert not app.exception
    assert "ledger_" not in shown(app)
    (table,) = [e.value for e in app.dataframe if "印刷值" in e.value.columns]
    assert not [title for title in table.columns if title.startswith("card_")]
    assert "所印数值不可能成立" in set(table["状态"])
