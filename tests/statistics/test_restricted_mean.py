import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.kaplan_meier import kaplan_meier
from dlcs_core.statistics.restricted_mean import restricted_mean_survival


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_mean_and_error_equal_survfit(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    ((_, _, value),) = reference.starting("rmst")
    curve = kaplan_meier(reference.data["time"], reference.data["status"])
    found = restricted_mean_survival(curve, value["tau"])
    tally.compare("mean", found.mean_months, value["rmst"])
    tally.compare("error", found.se, value["se"])
    tally.all_agree()


def test_without_censoring_it_is_the_mean_of_the_times_cut_at_the_horizon(rng):
    time = rng.exponential(20, 200)
    found = restricted_mean_survival(kaplan_meier(time, np.ones(200)), 15.0)
    cut = np.minimum(time, 15.0)
    assert found.mean_months == pytest.approx(cut.mean())
    assert found.se == pytest.approx(cut.std() / np.sqrt(200))


def test_a_horizon_after_the_last_death_adds_nothing():
    curve = kaplan_meier([1, 2, 3], [1, 1, 1])
    assert restricted_mean_survival(curve, 9.0).mean_months == pytest.approx(2.0)


@pytest.mark.parametrize("horizon", [0.0, -1.0, 4.0])
def test_a_horizon_outside_the_follow_up_is_refused(horizon):
    with pytest.raises(CohortError) as refusal:
        restricted_mean_survival(kaplan_meier([1, 2, 3], [1, 1, 0]), horizon)
    assert refusal.value.code == "statistic_horizon_beyond"
