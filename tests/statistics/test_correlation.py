import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.correlation import spearman_matrix


@pytest.mark.parametrize("dataset", ["aSAH", "birthwt", "aSAH_untied"])
def test_correlations_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "tests")
    for name, entry, value in reference.starting("correlation."):
        pair = reference.data[[entry["x"], entry["y"]]].dropna().to_numpy(dtype=float)
        tally.compare(name, spearman_matrix(pair)[0, 1], value["spearman_rho"])
    tally.all_agree()


def test_a_constant_column_correlates_with_nothing():
    np.testing.assert_array_equal(spearman_matrix([[1, 7], [2, 7], [3, 7]]), np.eye(2))


def test_missing_cells_are_refused():
    with pytest.raises(CohortError) as refusal:
        spearman_matrix([[1, np.nan], [2, 3]])
    assert refusal.value.code == "statistic_values_missing"
