"""A table of the visitor's own on every explorer: understood, or refused by name; never NaN."""

import re

import numpy as np
import pandas as pd
import pytest

from dlcs_core.statistics.delong import auc_estimate

EXPLORERS = ("response_explorer", "survival_explorer", "cohort_profile")


@pytest.fixture
def patients(data_directory):
    """Sixty patients of the demo table, of no cohort."""
    return pd.read_csv(data_directory / "demo_cohort.csv").head(60).drop(columns="cohort")


@pytest.fixture
def own(page):
    """Opens an explorer with a table of its own."""

    def opened(name, table):
        content = table if isinstance(table, bytes) else table.to_csv(index=False).encode()
        app = page(name)
        app.get_by_key("data_source").set_value("own").run()
        return (
            app.file_uploader(key="own_table_file")
            .set_value([("table.csv", content, "text/csv")])
            .run()
        )

    return opened


def said(app, shown):
    """Everything on the page, the cells of its tables included."""
    cells = [str(cell) for e in app.dataframe for cell in e.value.to_numpy().ravel()]
    return "\n".join([shown(app), *(str(metric.value) for metric in app.metric), *cells])


def test_before_an_upload_the_page_says_what_it_takes(page, shown):
    app = page("response_explorer")
    app.get_by_key("data_source").set_value("own").run()
    assert "one row per patient" in shown(app)
    assert "Synthetic patients" not in shown(app)
    assert not app.get("plotly_chart")


def test_a_foreign_table_is_understood_and_its_area_is_that_of_the_statistics(own, patients):
    foreign = pd.DataFrame(
        {
            "患者编号": patients["patient_id"],
            "性别": patients["sex"].map({"female": "女", "male": "男"}),
            "最大径(mm)": patients["max_diameter_cm"] * 10,
            "TRG": patients["trg"],
            "radiomics": patients["dlcs"],
        }
    )
    app = own("response_explorer", foreign.to_csv(index=False, sep=";").encode("gb18030"))
    assert not app.exception
    assert not app.error
    assert app.multiselect(key="scores").value == ["radiomics"]
    expected = auc_estimate(patients["trg"] < 2, patients["dlcs"])
    low, high = expected.ci95
    shown_values = [metric.value for metric in app.metric]
    assert f"{expected.auc:.2f} ({low:.2f}–{high:.2f})" in shown_values


def test_refused_rows_are_listed_with_column_cell_and_reason(own, patients):
    patients.loc[3, "sex"] = "X"
    patients.loc[5, "patient_id"] = patients.loc[4, "patient_id"]
    app = own("cohort_profile", patients)
    listed = next(e.value for e in app.dataframe if "Why" in e.value.columns)
    assert listed["Row"].tolist() == ["5", "7"]
    assert listed["Cell"].tolist() == ["X", patients.loc[4, "patient_id"]]
    assert "expected one of female, male" in listed["Why"].iloc[0]


def test_a_column_can_be_given_another_meaning(own, patients):
    app = own("response_explorer", patients.rename(columns={"dlcs": "model_7"}))
    boxes = [b for b in app.selectbox if b.key.startswith("target_")]
    box = next(b for b in boxes if b.value == "dl_signature")
    before = [metric.label for metric in app.metric]
    box.set_value("dlcs").run()
    assert not app.exception
    assert [metric.label for metric in app.metric] != before


def test_the_table_follows_the_visitor_from_page_to_page(own, patients):
    app = own("response_explorer", patients)
    app.switch_page("pages/cohort_profile.py").run()
    assert not app.exception
    assert [e.value for e in app.dataframe if "Standardised difference" in e.value.columns]


def test_nothing_of_the_table_stands_in_the_address(own, patients):
    app = own("response_explorer", patients)
    assert not set(app.query_params) - {"lang"}


def test_markup_in_a_table_is_shown_as_text(own, patients, shown):
    name = "<img src=x onerror=alert(1)>"
    patients[name] = np.linspace(0.05, 0.95, len(patients))
    app = own("response_explorer", patients)
    app.multiselect(key="scores").set_value([name]).run()
    assert not app.exception
    for chart in app.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
    assert "\\<img" in shown(app) or "<img" not in shown(app)


DEGENERATE = {
    "one class": lambda t: t.assign(trg=3),
    "constant scores": lambda t: t.assign(dlcs=0.4, dl_signature=0.3, os_linear_predictor=1.0),
    "all censored": lambda t: t.assign(os_event=0),
    "zero times": lambda t: t.assign(os_months=0),
    "empty scores": lambda t: t.assign(dlcs=np.nan, dl_signature=np.nan, clinical_signature=np.nan),
    "one identifier": lambda t: t.assign(patient_id="A"),
    "event coded 1 and 2, response too": lambda t: t.assign(
        good_response=(t["trg"] > 1) + 1, os_event=t["os_event"] + 1
    ).drop(columns="trg"),
    "probabilities above one": lambda t: t.assign(dlcs=t["dlcs"] * 3),
    "one row": lambda t: t.head(1),
    "identifiers only": lambda t: t[["patient_id"]],
    "nothing known": lambda t: pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}),
    "everything missing": lambda t: t.assign(**dict.fromkeys(t.columns.drop("patient_id"), np.nan)),
}


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("change", DEGENERATE.values(), ids=DEGENERATE)
def test_a_degenerate_table_is_answered_in_words_and_never_with_nan(
    own, patients, shown, name, change
):
    app = own(name, change(patients))
    assert not app.exception
    assert not re.search(r"\bnan\b|\binf\b", said(app, shown), re.IGNORECASE)


RESPONSE_VIEWS = (
    "calibration", "decision", "groups", "correlation", "subgroups", "tables", "recalibration",
    "flow",
)  # fmt: skip


@pytest.mark.parametrize("change", DEGENERATE.values(), ids=DEGENERATE)
def test_every_view_of_a_degenerate_table_speaks_in_words(own, patients, shown, change):
    app = own("response_explorer", change(patients))
    for view in RESPONSE_VIEWS if app.metric else ():
        app.get_by_key("view").set_value(view).run()
        assert not app.exception
        assert not re.search(r"\bnan\b|\binf\b", said(app, shown), re.IGNORECASE)
        assert not any("NaN" in chart.proto.spec for chart in app.get("plotly_chart"))


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n", b"\x00\x01", b"a,a\n1,2\n", b"a,b\n1\n"],
    ids=["empty", "header only", "not text", "one name twice", "ragged"],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_in_one_sentence(own, content):
    app = own("response_explorer", content)
    assert not app.exception
    assert len(app.error) == 1


def test_a_response_coded_1_and_2_asks_for_its_coding(own, patients):
    coded = patients.assign(good_response=(patients["trg"] > 1) + 1).drop(columns="trg")
    app = own("response_explorer", coded)
    assert "coded 1 and 2" in app.error[0].value
    box = next(b for b in app.selectbox if b.key.endswith("_good_response"))
    box.set_value("coded_2_1").run()
    assert not app.error
    assert app.metric[1].value.startswith(f"{(patients['trg'] < 2).sum()} ")
