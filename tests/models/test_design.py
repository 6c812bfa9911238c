import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.design import Design, logit_of, make_design, probability_of

TABLE = pd.DataFrame(
    {
        "max_diameter_cm": [3.0, 5.5, None],
        "borrmann_type": pd.Categorical(["II", "IV", "III"]),
        "cea": pd.array(["negative", "unknown", pd.NA], dtype="string"),
    }
)


@pytest.fixture
def design():
    return make_design(TABLE, ["cea", "max_diameter_cm", "borrmann_type"])


def test_columns_follow_the_variable_list_and_skip_the_reference_level(design):
    assert design.columns == (
        "max_diameter_cm",
        "borrmann_typeIII",
        "borrmann_typeIV",
        "ceaunknown",
    )


def test_reference_is_the_first_level_that_a_training_patient_has(design):
    row = design.row({"max_diameter_cm": 4, "borrmann_type": "II", "cea": "negative"})
    np.testing.assert_array_equal(row, [4.0, 0.0, 0.0, 0.0])


def test_unknown_is_a_level_of_its_own(design):
    row = design.row({"max_diameter_cm": 4, "borrmann_type": "IV", "cea": "unknown"})
    np.testing.assert_array_equal(row, [4.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    "change",
    [
        {"max_diameter_cm": None},
        {"max_diameter_cm": float("nan")},
        {"cea": pd.NA},
        {"borrmann_type": "I"},  # seen by nobody in training
        {"cea": "positive"},
    ],
)
def test_a_missing_value_or_unseen_level_has_no_row(design, change):
    values = {"max_diameter_cm": 4.0, "borrmann_type": "II", "cea": "negative"}
    assert design.row(values) is not None
    assert design.row({**values, **change}) is None


def test_matrix_holds_the_rows_and_gaps_where_there_is_none(design):
    matrix = design.matrix(TABLE)
    np.testing.assert_array_equal(matrix[1], [5.5, 0.0, 1.0, 1.0])
    assert np.isnan(matrix[2]).all()
    assert design.complete(TABLE).tolist() == [True, True, False]


def test_json_round_trip(design):
    assert Design.from_dict(design.to_dict()) == design


@pytest.mark.parametrize(
    "broken",
    [
        {"variables": ["shoe_size"], "levels": {}},
        {"variables": ["cea"], "levels": {}},
        {"variables": ["cea"], "levels": {"cea": []}},
        {"variables": ["cea"], "levels": {"cea": ["high"]}},
        {"variables": ["age_years", "age_years"], "levels": {}},
        {"variables": []},
        {"variables": [], "levels": {}, "more": 1},
        [],
    ],
)
def test_a_malformed_design_is_refused(broken):
    with pytest.raises(ModelError) as refusal:
        Design.from_dict(broken)
    assert refusal.value.code == "model_part_malformed"


def test_unknown_and_empty_variables_are_refused():
    with pytest.raises(ModelError) as refusal:
        make_design(TABLE, ["shoe_size"])
    assert refusal.value.code == "model_variable_unknown"
    with pytest.raises(ModelError) as refusal:
        make_design(TABLE.assign(sex=None), ["sex"])
    assert refusal.value.code == "model_variable_empty"


@pytest.mark.parametrize("probability", [0.0, 1e-3, 0.5, 0.9, 1.0])
def test_log_odds_are_finite_and_undone(probability):
    assert probability_of(logit_of(probability)) == pytest.approx(probability, abs=2e-6)
