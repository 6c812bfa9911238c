import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.models.baseline import Baseline
from dlcs_core.statistics.cox_regression import fit_cox

ORACLES = Path(__file__).parents[1] / "statistics" / "oracles"
ITERATED = 1e-6


def model_matrix(data, terms):
    """Columns of R's model matrix: a column, or a factor's name followed by a level."""
    columns = []
    for term in terms:
        factor = max((name for name in data if term.startswith(name)), key=len)
        level = term[len(factor) :]
        columns.append(data[factor].astype(str) == level if level else data[factor])
    return np.column_stack(columns).astype(float)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_survival_and_its_limits_equal_survfit(dataset, ties):
    entries = json.loads((ORACLES / f"{dataset}.cox.json").read_text())["entries"]
    data = pd.read_csv(ORACLES / "data" / f"{dataset}.csv")
    terms = entries[f"multivariable.{ties}"]["value"]["term"]
    X = model_matrix(data, terms)
    fit = fit_cox(X, data["time"], data["status"], terms, ties=ties)
    baseline = Baseline.of(fit.baseline, np.arange(len(terms)), len(terms))
    expected = entries[f"predicted.{ties}.log-log"]["value"]
    for j, patient in enumerate(expected["patients"]):
        centred = X[patient - 1] - fit.means
        ratio = float(centred @ fit.coefficients)
        read = [baseline.survival(t, centred, ratio, fit.covariance) for t in expected["times"]]
        survival, low, high = np.array(read).T
        np.testing.assert_allclose(survival, expected["surv"][j], rtol=ITERATED)
        np.testing.assert_allclose(low, expected["low"][j], rtol=ITERATED)
        np.testing.assert_allclose(high, expected["high"][j], rtol=ITERATED)


def test_columns_left_out_of_the_fit_add_no_uncertainty():
    fit = fit_cox([[0.0], [1.0], [0.0], [1.0]], [1, 2, 3, 4], [1, 1, 1, 1], ["x"])
    alone = Baseline.of(fit.baseline, np.array([0]), 1)
    beside = Baseline.of(fit.baseline, np.array([1]), 2)
    wide = np.zeros((2, 2))
    wide[1, 1] = fit.covariance[0, 0]
    read = alone.survival(3, np.array([0.5]), 0.1, fit.covariance)
    assert beside.survival(3, np.array([9.0, 0.5]), 0.1, wide) == pytest.approx(read)
