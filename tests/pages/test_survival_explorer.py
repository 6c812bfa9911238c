"""Survival explorer: nomogram, calibration and performance are those of the statistics."""

import base64
import json
import re

import numpy as np
import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at
from dlcs_core.statistics.restricted_mean import restricted_mean_survival
from dlcs_core.statistics.survival_brier import survival_brier
from dlcs_core.statistics.survival_calibration import survival_calibration

VIEWS = ("curves", "cox", "nomogram", "performance", "survival_calibration")
NAMES = ("age_years", "max_diameter_cm")


@pytest.fixture
def cohort(data_directory):
    """Every patient of the demo table."""
    return read_cohort(data_directory / "demo_cohort.csv").table


@pytest.fixture
def external(cohort):
    """The patients that the page shows at first."""
    return cohort[cohort["cohort"] == "external_validation"]


@pytest.fixture
def own(page):
    """Opens the page with a table of the visitor's own."""

    def opened(table):
        app = page("survival_explorer")
        app.get_by_key("data_source").set_value("own").run()
        content = ("table.csv", table.to_csv(index=False).encode(), "text/csv")
        return app.file_uploader(key="own_table_file").set_value([content]).run()

    return opened


def figure(app, name):
    """A plotly figure of the page."""
    (found,) = [c for c in app.get("plotly_chart") if c.proto.id.endswith(f"figure_{name}")]
    return json.loads(found.proto.spec)


def numbers(values):
    """A coordinate of a figure as the browser gets it."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
    return np.array(values, dtype=float)


def table_with(app, title):
    """The table of the page that has a column of that title."""
    return next(e.value for e in app.dataframe if title in e.value.columns)


def cells(app):
    """Every cell and number of the page."""
    shown = [str(cell) for e in app.dataframe for cell in e.value.to_numpy().ravel()]
    return [*shown, *(str(metric.value) for metric in app.metric)]


def shown_view(app, view):
    return app.get_by_key("survival_view").set_value(view).run()


def refitted(cohort, external, months):
    """Survival predicted by a Cox regression on the risk of the training patients."""
    training = cohort[cohort["cohort"] == "training"]
    risk = training[["os_linear_predictor"]].to_numpy()
    fit = fit_cox(risk, training["os_months"], training["os_event"], ("risk",))
    ratio = np.exp(fit.linear_predictor(external[["os_linear_predictor"]].to_numpy()))
    step = np.searchsorted(fit.baseline.time_months, months, side="right") - 1
    return np.exp(-np.outer(ratio, fit.baseline.cumulative_hazard[step]))


def test_the_nomogram_shows_what_the_regression_predicts_for_a_patient(page, external):
    fit = fit_cox(external[list(NAMES)].to_numpy(), external["os_months"], external["os_event"],
                  NAMES)  # fmt: skip
    app = shown_view(page("survival_explorer"), "nomogram")
    app.get_by_key("cox_variables").set_value(list(NAMES)).run()
    app.get_by_key("nomogram_patient").set_value(4).run()
    patient = external.iloc[4]
    lp = float(fit.linear_predictor(patient[list(NAMES)].to_numpy(float)[None, :])[0])
    hazard = np.r_[0.0, fit.baseline.cumulative_hazard]
    at = hazard[np.searchsorted(fit.baseline.time_months, [12, 24, 35], side="right")]
    survival = np.exp(-at * np.exp(lp))
    values = [m.value for m in app.metric if m.label.startswith("Alive at")]
    assert [text.split(" ")[0] for text in values] == [f"{s:.1%}" for s in survival]
    dots = figure(app, "cox_nomogram")["data"][-1]
    assert dots["name"] == "This patient"
    assert dots["text"][0] == f"{patient['age_years']:g}"
    points = table_with(app, "Points")
    assert float(points["Points"].iloc[:-1].astype(float).sum()) == pytest.approx(
        float(points["Points"].iloc[-1]), abs=0.11
    )


def test_a_typed_value_moves_the_patient(page):
    app = shown_view(page("survival_explorer"), "nomogram")
    app.get_by_key("cox_variables").set_value(list(NAMES)).run()
    before = [m.value for m in app.metric if m.label == "Total points"]
    app.number_input(key="nomogram_max_diameter_cm_-1").set_value(11.9).run()
    assert [m.value for m in app.metric if m.label == "Total points"] != before
    assert "SYN-" not in str(dict(app.query_params))
    assert "11.9" not in str(dict(app.query_params))


def test_brier_score_and_calibration_are_those_of_the_statistics(page, cohort, external):
    predicted = refitted(cohort, external, [12, 24, 35])
    app = shown_view(page("survival_explorer"), "performance")
    app.get_by_key("predictions").set_value("refitted").run()
    assert "Fitted on the training patients" in "\n".join(str(c.value) for c in app.caption)
    expected = survival_brier(external["os_months"], external["os_event"], predicted, [12, 24, 35])
    shown = table_with(app, "Brier score (95% interval)")
    texts = [text.split(" ")[0] for text in shown["Brier score (95% interval)"]]
    assert texts == [f"{value:.4f}" for value in expected.brier]
    assert f"Integrated Brier score {expected.integrated:.4f}" in "\n".join(
        str(c.value) for c in app.caption
    )
    shown_view(app, "survival_calibration")
    found = survival_calibration(
        external["os_months"], external["os_event"], 1 - predicted[:, 1], 24
    )
    shown = table_with(app, "ICI").set_index("Month").loc["24"]
    assert (shown["ICI"], shown["Emax"]) == (f"{found.ici:.4f}", f"{found.emax:.4f}")
    curve = figure(app, "survival_calibration")["data"][3]
    np.testing.assert_allclose(np.sort(numbers(curve["y"])), np.sort(1 - found.observed))


def test_months_and_limits_are_chosen_and_kept_in_the_address(page, external):
    app = page("survival_explorer")
    app.get_by_key("group").set_value("none").run()
    app.get_by_key("months").set_value(["6", "24"]).run()
    app.get_by_key("limits").set_value("plain").run()
    curve = kaplan_meier(external["os_months"], external["os_event"], ci_type="plain")
    at = survival_at(curve, [6, 24])
    row = table_with(app, "Alive at 6 months").iloc[0]
    expected = f"{at.survival[1]:.0%} ({at.ci95_low[1]:.0%}–{at.ci95_high[1]:.0%})"
    assert row["Alive at 24 months"] == expected
    mean = restricted_mean_survival(curve, 24)
    low, high = mean.ci95
    assert row["Mean months lived of 24"] == f"{mean.mean_months:.1f} ({low:.1f}–{high:.1f})"
    assert app.query_params["months"] == ["6", "24"]
    assert app.query_params["limits"] == "plain"


def torture(cohort):
    """Tables that no survival analysis likes, by name."""
    table = cohort.drop(columns="cohort").head(60)
    scores = ["dl_signature", "clinical_signature", "dlcs"]
    return {
        "all censored": table.assign(os_event=0),
        "everybody dies at once": table.assign(os_months=0.0, os_event=1),
        "one patient": table.head(1),
        "one group": table.assign(os_linear_predictor=0.5, sex="male"),
        "missing cells": table.assign(
            os_months=table["os_months"].where(table.index % 3 > 0),
            os_linear_predictor=table["os_linear_predictor"].where(table.index % 4 > 0),
            max_diameter_cm=np.nan,
        ),
        "negative times": table.assign(os_months=-table["os_months"]),
        "no score": table.drop(columns=[*scores, "os_linear_predictor"]),
        "coded 1 and 2": table.assign(os_event=table["os_event"].astype(int) + 1),
    }


@pytest.mark.parametrize(
    "name",
    ["all censored", "everybody dies at once", "one patient", "one group", "missing cells",
     "negative times", "no score", "coded 1 and 2"],
)  # fmt: skip
def test_a_table_that_cannot_answer_is_told_of_by_name(own, shown, cohort, name):
    app = own(torture(cohort)[name])
    for view in VIEWS:
        if app.error and not app.metric:
            break
        shown_view(app, view)
        assert not app.exception
        said = [shown(app), *cells(app)]
        assert not [text for text in said if re.search(r"\b(nan|inf)\b", text, re.IGNORECASE)]
        assert "None" not in cells(app)
    named = [*app.error, *app.warning, *app.info]
    assert named or "Things to know" in "".join(e.label for e in app.expander)


def test_the_group_of_a_measurement_has_as_many_parts_as_asked(page):
    app = page("survival_explorer")
    app.get_by_key("group").set_value("half:age_years").run()
    app.get_by_key("parts").set_value("3").run()
    groups = table_with(app, "Alive at 12 months")
    assert len(groups) == 3
    assert groups["Patients"].astype(int).sum() == 75
