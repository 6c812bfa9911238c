import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.missingness import MissingPattern, missingness


def test_every_patient_is_in_exactly_one_pattern(rng):
    cells = {f"v{i}": rng.random(5_000) < 0.3 for i in range(22)}
    found = missingness(cells)
    assert sum(pattern.n for pattern in found.patterns) == found.n == 5_000
    table = np.column_stack(list(cells.values()))
    assert found.complete == int((~table.any(axis=1)).sum())
    for pattern in found.patterns[:20]:
        lacks = np.isin(list(cells), pattern.variables)
        assert pattern.n == int((table == lacks).all(axis=1).sum())


def test_commonest_patterns_come_first_and_percentages_are_of_all_patients():
    found = missingness({"a": [1, 1, 0, 0, 0], "b": [1, 0, 0, 0, 0]})
    assert found.patterns == (
        MissingPattern((), 3),
        MissingPattern(("a",), 1),
        MissingPattern(("a", "b"), 1),
    )
    assert found.percent("a") == 40.0


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({}, "statistic_without_rows"),
        ({"a": []}, "statistic_without_rows"),
        ({"a": [True], "b": [True, False]}, "statistic_sizes_differ"),
    ],
)
def test_tables_without_patients_are_refused(cells, code):
    with pytest.raises(CohortError) as refusal:
        missingness(cells)
    assert refusal.value.code == code
