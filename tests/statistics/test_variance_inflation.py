import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.statistics.variance_inflation import variance_inflation


@pytest.fixture
def columns(rng):
    X = rng.normal(size=(200, 4))
    X[:, 3] = 0.8 * X[:, 0] + 0.4 * X[:, 1] + 0.3 * X[:, 3]
    return X - X.mean(axis=0)


def test_a_single_column_is_that_of_its_regression_on_the_others(columns):
    found = variance_inflation(np.linalg.inv(columns.T @ columns), {f"{i}": [i] for i in range(4)})
    for i in range(4):
        others = np.delete(columns, i, axis=1)
        fitted = others @ np.linalg.lstsq(others, columns[:, i], rcond=None)[0]
        explained = fitted @ fitted / (columns[:, i] @ columns[:, i])
        assert found[f"{i}"] == pytest.approx(1.0 / (1.0 - explained))


def test_it_does_not_depend_on_how_a_factor_is_coded(columns):
    recoded = columns.copy()
    recoded[:, :2] = columns[:, :2] @ np.array([[1.0, 2.0], [-1.0, 3.0]])
    parts = {"factor": [0, 1], "others": [2, 3]}
    first, other = (variance_inflation(np.linalg.inv(X.T @ X), parts) for X in (columns, recoded))
    assert first["factor"] == pytest.approx(other["factor"])
    assert first["factor"] > 1.0


def test_a_lone_variable_is_not_inflated(columns):
    assert variance_inflation([[4.0, 1.0], [1.0, 2.0]], {"a": [0, 1]})["a"] == pytest.approx(1.0)


def test_a_singular_covariance_is_refused():
    with pytest.raises(ModelError):
        variance_inflation([[1.0, 1.0], [1.0, 1.0]], {"a": [0], "b": [1]})
