"""Cohort profile: statistics beside their tests, precision, drift from either training cohort."""

import pandas as pd
import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.report.cohort_precision import cohort_precision
from dlcs_core.report.cohort_profile import drift
from dlcs_core.report.table_one import TableOneRequest, table_one_report

VIEWS = ("table_one", "distribution", "missing", "drift", "precision")


@pytest.fixture
def cohort(data_directory):
    """Every patient of the demo table."""
    return read_cohort(data_directory / "demo_cohort.csv").table


def table_with(app, title):
    """The table of the page that has a column of that title."""
    return next(e.value for e in app.dataframe if title in e.value.columns)


def test_table_one_shows_each_statistic_with_its_degrees_of_freedom(page, cohort):
    external = cohort[cohort["cohort"] == "external_validation"]
    made = table_one_report(external, TableOneRequest(by="good_response")).tables[""]
    expected = next(row.comparison for row in made.rows if row.variable == "age_years")
    app = page("cohort_profile")
    row = table_with(app, "Statistic (df)").set_index("Variable").loc["Age (years)"]
    assert row["Statistic (df)"].startswith(f"{expected.statistic:.2f}")
    assert row["P"] == f"{expected.p:.3f}"


def test_drift_and_precision_are_those_of_the_report(page, cohort):
    external = cohort[cohort["cohort"] == "external_validation"]
    app = page("cohort_profile")
    app.get_by_key("profile_view").set_value("drift").run()
    found = {d.variable: d.found for d in drift(cohort[cohort["cohort"] == "training"], external)}
    shown = table_with(app, "PSI").set_index("Variable")["PSI"]
    assert shown["Age"] == f"{found['age_years'].psi:.3f}"
    assert shown["DLCS"] == f"{found['dlcs'].psi:.3f}"
    app.get_by_key("profile_view").set_value("precision").run()
    judged = table_with(app, "Enough")
    assert judged["Enough"].tolist() == [
        "yes" if one.is_enough else "no" for one in cohort_precision(external)
    ]


def test_another_table_is_compared_with_the_shipped_training_cohort(page, shown, cohort):
    app = page("cohort_profile")
    app.get_by_key("data_source").set_value("own").run()
    table = cohort.drop(columns="cohort").head(40).assign(sex="male")
    content = ("table.csv", table.to_csv(index=False).encode(), "text/csv")
    app.file_uploader(key="own_table_file").set_value([content]).run()
    for view in VIEWS:
        app.get_by_key("profile_view").set_value(view).run()
        assert not app.exception
        assert not app.error
    app.get_by_key("profile_view").set_value("drift").run()
    trained = int((cohort["cohort"] == "training").sum())
    said = next(t for t in shown(app).split("\n") if "selected patients against" in t)
    assert f"{len(table)} selected patients against the {trained} " in said


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"patient_id": ["a"], "age_years": [50]}),
        pd.DataFrame({"patient_id": ["a", "b"], "age_years": [50, 50], "good_response": [1, 1]}),
        pd.DataFrame({"patient_id": ["a", "b", "c"], "sex": ["male", "", "female"]}),
    ],
)
def test_tiny_tables_show_what_they_can(page, shown, table):
    app = page("cohort_profile")
    app.get_by_key("data_source").set_value("own").run()
    content = ("table.csv", table.to_csv(index=False).encode(), "text/csv")
    app.file_uploader(key="own_table_file").set_value([content]).run()
    for view in VIEWS:
        app.get_by_key("profile_view").set_value(view).run()
        assert not app.exception
        cells = [str(c) for e in app.dataframe for c in e.value.to_numpy().ravel()]
        assert "nan" not in " ".join([*cells, shown(app)]).lower().split()
