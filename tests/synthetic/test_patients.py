import numpy as np
import pytest

from dlcs_core.errors import SynthesisError
from dlcs_core.synthetic.paper_cohorts import PAPER_COHORTS
from dlcs_core.synthetic.paper_marginals import SHOWN_BY_THE_IMAGE, paper_marginals
from dlcs_core.synthetic.patients import MOST_PATIENTS, draw_patients
from dlcs_core.synthetic.posterior import auc

BELOW = {
    "sex": ("female", 1),
    "ct_stage": ("ct_t1_t2", 2),
    "cn_stage": ("cn_n0_n1", 2),
    "differentiation": ("moderate_well", 2),
}


def class_rows(patients, cohort, is_good):
    return (patients.cohort == cohort) & (patients.good_response == is_good)


def assert_share(observed, expected):
    """Within four binomial standard errors."""
    margin = 4 * np.sqrt(expected * (1 - expected) / len(observed)) + 1e-9
    assert observed.mean() == pytest.approx(expected, abs=margin)


@pytest.mark.parametrize("cohort", PAPER_COHORTS)
@pytest.mark.parametrize("is_good", [False, True])
def test_two_way_splits_of_table_1_hold_in_expectation(many_patients, cohort, is_good):
    table, rows = PAPER_COHORTS[cohort], class_rows(many_patients, cohort, is_good)
    for variable, (printed, level) in BELOW.items():
        expected = getattr(table, printed)[is_good] / table.patients[is_good]
        assert_share(many_patients.codes[variable][rows] < level, expected)
    borrmann = table.borrmann_iii_iv[is_good] / table.patients[is_good]
    assert_share(many_patients.codes["borrmann_type"][rows] >= 2, borrmann)
    diameter = table.diameter_above_5[is_good] / table.diameter_known[is_good]
    assert_share(many_patients.continuous["max_diameter_cm"][rows] > 5, diameter)
    age = table.age_from_60[is_good] / table.patients[is_good]
    assert_share(many_patients.continuous["age_years"][rows] >= 60, age)
    for edge, count in ((18.5, table.bmi[is_good][0]), (24.0, sum(table.bmi[is_good][:2]))):
        expected = count / sum(table.bmi[is_good])
        assert_share(many_patients.continuous["bmi_kg_m2"][rows] < edge, expected)


@pytest.mark.parametrize("is_good", [False, True])
def test_laboratory_means_and_sds_of_table_1_hold_in_expectation(many_patients, is_good):
    table, rows = PAPER_COHORTS["training"], class_rows(many_patients, "training", is_good)
    for variable, printed in (
        ("albumin_g_l", table.albumin),
        ("plateletcrit_percent", table.plateletcrit),
        ("lymphocytes_percent", table.lymphocytes),
        ("glucose_mmol_l", table.glucose),
        ("neutrophils_1e9_l", table.neutrophils),
    ):
        values, (mean, sd) = many_patients.continuous[variable][rows], (p[is_good] for p in printed)
        assert values.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(rows.sum()))
        assert values.std() == pytest.approx(sd, rel=0.1)


def test_six_centers_give_the_papers_cohort_sizes():
    drawn = draw_patients(1060, 1, centers=6)
    for name, table in PAPER_COHORTS.items():
        rows = drawn.cohort == name
        assert rows.sum() == sum(table.patients)
        assert drawn.good_response[rows].sum() == table.patients[1]
    assert set(drawn.center[drawn.cohort == "external_validation"]) == {
        "E1",
        "E2",
        "E3",
        "E4",
        "E5",
    }
    assert set(drawn.center[drawn.cohort != "external_validation"]) == {"C1"}


def test_one_center_is_the_training_hospital_alone():
    drawn = draw_patients(795, 1)
    assert set(drawn.center) == {"C1"}
    assert (drawn.cohort == "internal_validation").sum() == 131


def test_even_a_small_cohort_has_both_classes():
    assert 0 < draw_patients(3, 5).good_response.sum() < 3


def test_same_seed_gives_the_same_patients_and_another_seed_others():
    first, again, other = draw_patients(20, 5), draw_patients(20, 5), draw_patients(20, 6)
    np.testing.assert_array_equal(first.latent_score, again.latent_score)
    np.testing.assert_array_equal(first.os_months, again.os_months)
    assert not np.array_equal(first.latent_score, other.latent_score)


def test_patient_of_unchanged_class_does_not_depend_on_how_many_are_drawn():
    few, many = draw_patients(40, 5), draw_patients(60, 5)
    same = (few.good_response == many.good_response[:40]) & (few.cohort == many.cohort[:40])
    assert same.sum() > 10
    np.testing.assert_array_equal(few.latent_score[same], many.latent_score[:40][same])
    for name, values in few.continuous.items():
        np.testing.assert_array_equal(values[same], many.continuous[name][:40][same])


def test_regression_grade_agrees_with_response(many_patients):
    np.testing.assert_array_equal(many_patients.trg <= 1, many_patients.good_response)
    assert set(many_patients.trg) == {0, 1, 2, 3}


def test_latent_score_separates_the_classes_as_planted(many_patients):
    measured = auc(many_patients.good_response, many_patients.latent_score)
    assert measured == pytest.approx(0.940, abs=0.008)


def test_latent_score_within_class_hangs_on_diameter_and_little_else(many_patients):
    rows = class_rows(many_patients, "training", False)
    latent = many_patients.latent_score[rows]

    def correlation(name):
        return np.corrcoef(latent, many_patients.continuous[name][rows])[0, 1]

    assert correlation("max_diameter_cm") == pytest.approx(-0.13, abs=0.03)
    for name in ("age_years", "bmi_kg_m2", "albumin_g_l", "plateletcrit_percent"):
        assert abs(correlation(name)) < 0.035


def test_cells_are_missing_in_training_only_and_tell_nothing(many_patients):
    for gone in many_patients.missing.values():
        assert gone.any()
        assert set(many_patients.cohort[gone]) == {"training"}
        assert gone.mean() < 0.02


def test_signet_ring_type_comes_with_a_signet_ring_component(many_patients):
    signet = many_patients.codes["pathological_type"] == 2
    assert signet.any()
    assert np.all(many_patients.codes["src_component"][signet] == 1)


def test_without_signal_nothing_that_the_image_shows_tells_the_response():
    drawn = draw_patients(20_000, 3, signal="null")
    rows = drawn.cohort == "training"
    good = drawn.good_response[rows]
    shown = [drawn.latent_score, *drawn.image_parameters.T]
    shown += [
        drawn.continuous[name] if name in drawn.continuous else drawn.codes[name]
        for name in SHOWN_BY_THE_IMAGE
    ]
    for values in shown:
        assert auc(good, values[rows].astype(float)) == pytest.approx(0.5, abs=0.02)


def test_shortcut_ties_the_kernel_to_the_response():
    drawn = draw_patients(5000, 3, signal="shortcut")
    assert drawn.soft_kernel[drawn.good_response].mean() == pytest.approx(0.9, abs=0.03)
    assert drawn.soft_kernel[~drawn.good_response].mean() == pytest.approx(0.1, abs=0.02)
    assert not draw_patients(500, 3).soft_kernel.any()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"n_patients": 0}, "synthesis_patient_count"),
        ({"n_patients": MOST_PATIENTS + 1}, "synthesis_patient_count"),
        ({"seed": -1}, "synthesis_seed_negative"),
        ({"centers": 0}, "synthesis_center_count"),
        ({"centers": 7}, "synthesis_center_count"),
        ({"signal": "loud"}, "synthesis_signal_unknown"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, code):
    with pytest.raises(SynthesisError) as refusal:
        draw_patients(**{"n_patients": 10, "seed": 1, **arguments})
    assert refusal.value.code == code


def test_levels_are_those_of_the_variable_list():
    from dlcs_core.clinical.variables import VARIABLE_BY_NAME

    for name, law in paper_marginals("training").ordinal.items():
        if name != "enlarged_lymph_nodes":
            assert set(law.levels) <= set(VARIABLE_BY_NAME[name].levels)
