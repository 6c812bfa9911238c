import numpy as np
import pytest

from dlcs_core.statistics.validation_summary import (
    lowess_curve,
    uniform_bins,
    validation_summary,
)

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
FIELDS = {
    "Dxy": "dxy", "C (ROC)": "c", "R2": "r2", "D": "d", "D:Chi-sq": "d_chi_square", "U": "u",
    "U:Chi-sq": "u_chi_square", "U:p": "u_p", "Q": "q", "Brier": "brier",
    "Intercept": "intercept", "Slope": "slope", "Emax": "emax", "E90": "e90", "Eavg": "eavg",
    "S:z": "spiegelhalter_z", "S:p": "spiegelhalter_p",
}  # fmt: skip
RMS = 1e-6
"""rms's own fits stop at 1e-7."""
ROUNDED = 1e-3
"""rms counts pairs after rounding probabilities to 1/500; the exact area is in ``delong``."""


@pytest.mark.parametrize("dataset", OUTCOME)
def test_every_number_of_val_prob_is_reproduced(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("val_prob."):
        found = validation_summary(outcome, reference.data[entry["prob"]])
        assert value.keys() - FIELDS.keys() == {"D:p"}  # always missing in rms
        for theirs, ours in FIELDS.items():
            tolerance = ROUNDED if ours in ("dxy", "c") else RMS
            tally.compare(f"{name} {theirs}", getattr(found, ours), value[theirs], tolerance, RMS)
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_log_loss_and_spiegelhalters_test_follow_their_formula(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("brier."):
        found = validation_summary(outcome, reference.data[entry["prob"]])
        tally.compare(name, found.log_loss, value["log_loss"])
        tally.compare(name, found.spiegelhalter_z, value["spiegelhalter_z"])
        tally.compare(name, found.spiegelhalter_p, value["spiegelhalter_p"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_the_joint_test_of_intercept_and_slope_equals_glm(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("recalibration."):
        found = validation_summary(outcome, reference.data[entry["prob"]])
        tally.compare(name, found.u_chi_square, value["chi2_2df"], 1e-6, 1e-9)
        tally.compare(name, found.u_p, value["p_2df"], 1e-6)
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_lowess_equals_r(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("lowess."):
        x, y = lowess_curve(outcome, reference.data[entry["prob"]])
        tally.compare(name, x, value["x"])
        tally.compare(name, y, value["y"], 1e-7, 1e-9)
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_bins_of_equal_width_equal_the_oracle(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("binned_uniform."):
        found = uniform_bins(outcome, reference.data[entry["prob"]])
        for ours, theirs in (("bin", "bin"), ("n", "n"), ("predicted", "mean_pred"),
                             ("observed", "obs"), ("ece", "ece"), ("mce", "mce")):  # fmt: skip
            tally.compare(name, getattr(found, ours), value[theirs])
    tally.all_agree()


def test_a_risk_of_1_belongs_to_the_last_bin():
    found = uniform_bins([1, 0], [1.0, 0.0])
    assert found.bin.tolist() == [0, 9]
    assert found.mce == 0.0


def test_calibrated_risks_have_no_unreliability_to_speak_of(rng):
    risk = rng.beta(2, 3, 4000)
    found = validation_summary(rng.random(4000) < risk, risk)
    assert found.u_p > 0.001
    assert abs(found.spiegelhalter_z) < 4
    assert np.isclose(found.slope, 1.0, atol=0.15)
