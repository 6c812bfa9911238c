import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.lasso import fit_lasso
from dlcs_core.statistics.lasso_path import lasso_path
from dlcs_core.statistics.logistic_regression import sigmoid

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
LASSO = 1e-5


@pytest.mark.parametrize("measure", ["deviance", "auc", "class"])
@pytest.mark.parametrize("dataset", OUTCOME)
def test_path_and_cross_validation_equal_cv_glmnet(dataset, measure, oracle, tally):
    reference = oracle(dataset, "lasso")
    ((name, _, value),) = reference.starting(f"binomial.{measure}")
    columns = value["columns"]
    X, outcome = reference.columns(columns), reference.data[OUTCOME[dataset]]
    fit = fit_lasso(X, outcome, columns, reference.data["foldid"], measure=measure)
    tally.compare(name, fit.penalty, value["lambda"])
    tally.compare(name, fit.cv_mean, value["cvm"], 1e-6)
    tally.compare(name, fit.cv_se, value["cvsd"], 1e-6)
    tally.compare(name, fit.nonzero, value["nzero"])
    tally.compare(name, fit.lambda_min, value["lambda_min"])
    tally.compare(name, fit.lambda_1se, value["lambda_1se"])
    for index, which in ((fit.index_min, "coef_min"), (fit.index_1se, "coef_1se")):
        tally.compare(name, fit.coefficients[index], list(value[which].values()), LASSO)
    tally.all_agree()
    assert list(fit.selected_min) == value["selected_min"]
    assert list(fit.selected_1se) == value["selected_1se"]


def test_every_solution_meets_the_optimality_conditions(rng):
    X = rng.normal(size=(120, 12))
    outcome = rng.random(120) < sigmoid(X[:, 0] - X[:, 1])
    path = lasso_path(X, outcome)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for penalty, b in zip(path.penalty, path.coefficients, strict=True):
        gradient = Z.T @ (outcome - sigmoid(b[0] + X @ b[1:])) / 120
        assert np.abs(gradient).max() <= penalty + 1e-8
        active = b[1:] != 0.0
        np.testing.assert_allclose(
            gradient[active], penalty * np.sign(b[1:][active]), rtol=0, atol=1e-8
        )


def test_first_penalty_keeps_every_column_out(rng):
    X, outcome = rng.normal(size=(60, 4)), np.arange(60) % 2 == 0
    assert not lasso_path(X, outcome).coefficients[0, 1:].any()


def test_fewer_than_three_folds_are_refused(rng):
    with pytest.raises(CohortError) as refusal:
        fit_lasso(rng.normal(size=(20, 2)), np.arange(20) % 2, ["a", "b"], np.arange(20) % 2)
    assert refusal.value.code == "statistic_too_few_folds"


def test_auc_of_tiny_folds_falls_back_to_deviance(rng):
    X, outcome = rng.normal(size=(40, 2)), np.arange(40) % 2
    assert fit_lasso(X, outcome, ["a", "b"], np.arange(40) % 8, measure="auc").measure == "deviance"
