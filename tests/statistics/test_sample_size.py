import math

import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.sample_size import (
    development_sample_size,
    expected_shrinkage,
    largest_cox_snell_r2,
)


def test_the_published_example_is_reproduced():
    found = development_sample_size(24, 0.174, 0.288)
    assert (found.for_shrinkage, found.for_optimism, found.for_overall_risk) == (623, 662, 221)
    assert found.n == 662
    assert found.events_per_parameter == pytest.approx(4.8, abs=0.01)


def test_more_parameters_and_a_weaker_model_need_more_patients():
    base = development_sample_size(10, 0.3, 0.2).n
    assert development_sample_size(20, 0.3, 0.2).n > base
    assert development_sample_size(10, 0.3, 0.1).n > base


def test_the_sample_has_the_shrinkage_that_was_asked_for():
    n = development_sample_size(12, 0.35, 0.15).for_shrinkage
    # The criterion takes R2 as the apparent one times the shrinkage.
    ratio = -n * math.log1p(-0.15 / 0.9)
    assert expected_shrinkage(ratio, 12) == pytest.approx(0.9, abs=0.001)


def test_the_largest_r2_falls_with_rarity():
    assert largest_cox_snell_r2(0.5) > largest_cox_snell_r2(0.1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: development_sample_size(0, 0.3, 0.2),
        lambda: development_sample_size(5, 1.0, 0.2),
        lambda: development_sample_size(5, 0.3, 0.9),
        lambda: expected_shrinkage(0.0, 3),
    ],
)
def test_impossible_plans_are_refused(call):
    with pytest.raises(CohortError):
        call()
