import json
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.design import probability_of
from dlcs_core.models.nomogram import fusion_nomogram, make_nomogram, survival_nomogram
from dlcs_core.models.nomogram_terms import NomogramTerm, ticks_over

ORACLES = Path(__file__).parents[1] / "statistics" / "oracles"
KIND = {"aSAH": "lrm", "birthwt": "lrm", "lung": "cph", "gbsg": "cph"}


def oracle_nomogram(value):
    """Ours, from the coefficients and axis values of R's."""
    coefficients, terms = value["coef"], []
    for variable, axis in value["variables"].items():
        if variable in coefficients:
            ticks = tuple(float(level) for level in axis["level"])
            terms.append(NomogramTerm(variable, {}, coefficients[variable], ticks))
        else:
            levels = {v: coefficients.get(f"{variable}={v}", 0.0) for v in axis["level"]}
            terms.append(NomogramTerm(variable, levels))
    return make_nomogram(terms, coefficients.get("Intercept", -value.get("center", 0.0)))


@pytest.mark.parametrize("dataset", KIND)
def test_points_and_linear_predictor_axis_equal_rms(dataset):
    stored = json.loads((ORACLES / f"{dataset}.nomogram.json").read_text())
    value = stored["entries"][KIND[dataset]]["value"]
    nomogram = oracle_nomogram(value)
    for axis in nomogram.axes:
        np.testing.assert_allclose(
            axis.points, value["variables"][axis.variable]["points"], rtol=1e-8, atol=1e-9
        )
    found = [nomogram.linear_predictor(p) for p in value["lp_axis"]["points"]]
    np.testing.assert_allclose(found, value["lp_axis"]["lp"], rtol=1e-8, atol=1e-9)


def test_points_give_back_the_fusion_models_probability_of_every_patient(
    phantom, fusion, dl_signature
):
    nomogram = fusion_nomogram(fusion)
    for i in range(len(phantom.table)):
        read = nomogram.points(phantom.patient(i), dl_signature[i])
        expected = fusion.probability(dl_signature[i], phantom.patient(i))
        assert probability_of(read.linear_predictor) == pytest.approx(expected, rel=1e-9)
        assert read.total_points == pytest.approx(sum(v.points for v in read.variables))


def test_points_give_back_the_survival_models_linear_predictor(phantom, survival, dl_signature):
    nomogram = survival_nomogram(survival, [12, 24, 35])
    for i in range(50):
        read = nomogram.points(phantom.patient(i), dl_signature[i])
        expected = survival.linear_predictor(phantom.patient(i), dl_signature[i])
        assert read.linear_predictor == pytest.approx(expected, abs=1e-9)


def test_outcome_axes_read_the_models_own_probability(phantom, survival, fusion):
    for axis in survival_nomogram(survival, [12, 35]).outcome:
        lp = survival_nomogram(survival, [12]).linear_predictor(axis.total_points[0])
        read = survival.survival_probabilities([lp], [axis.horizon_months])
        assert read[0, 0] == pytest.approx(axis.probabilities[0])
    nomogram = fusion_nomogram(fusion)
    (axis,) = nomogram.outcome
    for p, place in zip(axis.probabilities, axis.total_points, strict=True):
        assert probability_of(nomogram.linear_predictor(place)) == pytest.approx(p)
        assert 0.0 <= place <= nomogram.most_total_points


def test_the_widest_variable_has_a_hundred_points_and_every_axis_starts_at_0(fusion):
    axes = fusion_nomogram(fusion).axes
    assert max(max(axis.points) for axis in axes) == pytest.approx(100.0)
    assert all(min(axis.points) == pytest.approx(0.0) for axis in axes)
    assert axes[0].variable == "dl_signature"


def test_a_value_off_the_axis_keeps_its_points_and_is_flagged(phantom, fusion):
    values = {**phantom.patient(0), "max_diameter_cm": 19.0}
    read = fusion_nomogram(fusion).points(values, 0.3)
    by_name = {entry.variable: entry for entry in read.variables}
    assert not by_name["max_diameter_cm"].on_axis
    assert by_name["dl_signature"].on_axis
    assert probability_of(read.linear_predictor) == pytest.approx(fusion.probability(0.3, values))


def test_a_missing_value_has_no_points(phantom, fusion):
    nomogram = fusion_nomogram(fusion)
    assert nomogram.points({**phantom.patient(0), "src_component": None}, 0.3) is None
    assert nomogram.points(phantom.patient(0), None) is None


def test_a_model_without_effects_has_no_nomogram():
    with pytest.raises(ModelError) as refusal:
        make_nomogram([NomogramTerm("age_years", {}, 0.0, (20.0, 80.0))], 0.1)
    assert refusal.value.code == "model_nomogram_flat"


def test_a_horizon_beyond_the_follow_up_has_no_axis(survival):
    with pytest.raises(ModelError) as refusal:
        survival_nomogram(survival, [1e5])
    assert refusal.value.code == "model_horizon_unknown"


@pytest.mark.parametrize(("low", "high"), [(0.1, 12), (18, 100), (0.08, 0.6), (-3, 4)])
def test_ticks_cover_the_range_in_even_steps(low, high):
    ticks = ticks_over(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    np.testing.assert_allclose(np.diff(ticks), ticks[1] - ticks[0])
    assert 4 <= len(ticks) - 1 <= 11
