import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.drift import level_drift, number_drift


def test_ks_distance_and_p_are_those_of_scipy(rng):
    from scipy.stats import ks_2samp

    first, second = rng.normal(size=300), rng.normal(0.3, 1.2, size=200)
    found = number_drift(first, second)
    expected = ks_2samp(first, second, method="asymp")
    assert found.ks == pytest.approx(expected.statistic, abs=1e-12)
    # scipy corrects the distance for small cohorts.
    assert found.ks_p == pytest.approx(expected.pvalue, rel=0.2)


def test_index_by_hand():
    reference = np.arange(100.0)
    current = np.r_[np.arange(50.0), np.arange(50.0)]
    # Half of the tenths hold 20 % each, the others nobody, counted as half a patient each.
    p = np.r_[np.full(5, 20.0), np.full(5, 0.5)] / 102.5
    expected = ((p - 0.1) * np.log(p / 0.1)).sum()
    assert number_drift(reference, current).psi == pytest.approx(expected)


def test_the_same_patients_have_not_drifted(rng):
    values = rng.normal(size=500)
    found = number_drift(values, values)
    assert (found.psi, found.ks, found.ks_p) == (0.0, 0.0, 1.0)


def test_a_shift_drifts_more_the_larger_it_is(rng):
    values = rng.normal(size=1000)
    indices = [number_drift(values, values + shift).psi for shift in (0.1, 0.5, 1.0)]
    assert indices == sorted(indices)
    assert indices[-1] > 0.25


def test_levels_that_training_never_saw_are_named():
    found = level_drift(["I", "I", "II", "II"], ["II", "III", "IV"])
    assert found.unseen == ("III", "IV")
    assert found.psi > 0.25
    assert level_drift(["I", "II"], ["II", "I"]).psi == 0.0


def test_empty_cohorts_are_refused():
    with pytest.raises(CohortError):
        number_drift([], [1.0])
    with pytest.raises(CohortError):
        level_drift([], ["I"])
