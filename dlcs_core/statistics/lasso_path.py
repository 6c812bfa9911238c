"""The path of LASSO solutions over decreasing penalties, solved exactly by active sets."""

from dataclasses import dataclass

import numpy as np

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.logistic_regression import sigmoid

N_PENALTIES = 100
SMALLEST_SHARE = 1e-4
"""Last penalty over the first with more rows than columns; 0.01 otherwise."""
SMALLEST_SHARE_WIDE = 1e-2
MIN_PENALTIES = 5
SMALLEST_GAIN = 1e-5
"""The path ends where the explained share of deviance grows by less, as in glmnet."""
LARGEST_EXPLAINED = 0.999

KKT_TOLERANCE = 1e-10
MAX_STEPS = 500


@dataclass(frozen=True, eq=False)
class LassoPath:
    """Solutions at each penalty.

    Attributes
    ----------
    penalty : array of float64, shape (n_lambda,)
        Decreasing.
    coefficients : array of float64, shape (n_lambda, 1 + n_columns)
        Intercept and coefficients on the original scale.
    """

    penalty: FloatArray
    coefficients: FloatArray


def lambda_grid(X: FloatArray, outcome: BoolArray) -> FloatArray:
    """Grid of glmnet: from the smallest penalty that keeps every column out, down on a log scale.

    Parameters
    ----------
    X : array of float64, shape (n_patients, n_columns)
        Design columns.
    outcome : array of bool, shape (n_patients,)
        Both classes.

    Returns
    -------
    array of float64, shape (100,)
        Decreasing; the last is the first times 1e-4 (1e-2 with no more rows than columns).
    """
    Z, _, _ = _scaled(X)
    largest = float(np.abs(Z.T @ (outcome - outcome.mean())).max()) / len(X)
    share = SMALLEST_SHARE if X.shape[0] > X.shape[1] else SMALLEST_SHARE_WIDE
    return np.asarray(largest * share ** np.linspace(0.0, 1.0, N_PENALTIES))


def lasso_path(X: FloatArray, outcome: BoolArray) -> LassoPath:
    """Solve for each penalty of glmnet's grid, starting from the solution before.

    Parameters
    ----------
    X : array of float64, shape (n_patients, n_columns)
        Design columns.
    outcome : array of bool, shape (n_patients,)
        Both classes.

    Returns
    -------
    LassoPath
        Optimality conditions met to 1e-10. It ends where it no longer gains, by glmnet's rules.

    Raises
    ------
    ModelError
        If a solution is not found.
    """
    Z, mean, scale = _scaled(X)
    grid = lambda_grid(X, outcome)
    solver = _Solver(np.column_stack([np.ones(len(Z)), Z]), outcome.astype(np.float64))
    beta = np.zeros(1 + X.shape[1])
    beta[0] = np.log(outcome.mean() / (1.0 - outcome.mean()))
    null = solver.loss(beta)
    solutions: list[FloatArray] = []
    explained = [0.0]
    for penalty in grid:
        beta = solver.solve(beta, float(penalty))
        solutions.append(beta)
        explained.append(1.0 - solver.loss(beta) / null)
        if _exhausted(explained):
            break
    standardised = np.array(solutions)
    slopes = standardised[:, 1:] / scale
    coefficients = np.column_stack([standardised[:, 0] - slopes @ mean, slopes])
    return LassoPath(grid[: len(solutions)], coefficients)


def at_penalties(path: LassoPath, penalties: FloatArray) -> FloatArray:
    """Read a path at other penalties, by glmnet's linear interpolation in lambda.

    Parameters
    ----------
    path : LassoPath
        From :func:`lasso_path`.
    penalties : array of float64, shape (n,)
        Beyond the ends of the path its end is taken.

    Returns
    -------
    array of float64, shape (n, 1 + n_columns)
        Intercept and coefficients on the original scale.
    """
    increasing, solutions = path.penalty[::-1], path.coefficients[::-1]
    return np.column_stack([np.interp(penalties, increasing, b) for b in solutions.T])


def _scaled(X: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Standardised columns with their mean and deviation; constant columns become 0."""
    mean = X.mean(axis=0)
    deviation = np.sqrt(((X - mean) ** 2).mean(axis=0))
    scale = np.where(deviation > 0.0, deviation, 1.0)
    return (X - mean) / scale, mean, scale


def _exhausted(explained: list[float]) -> bool:
    """Whether glmnet would end the path after this entry."""
    if len(explained) <= MIN_PENALTIES:
        return False
    gain = explained[-1] - explained[-2]
    return explained[-1] > LARGEST_EXPLAINED or gain < SMALLEST_GAIN


@dataclass(frozen=True, eq=False)
class _Solver:
    """Minimises mean negative log likelihood + penalty on all but the first coefficient."""

    X: FloatArray
    y: FloatArray

    def loss(self, beta: FloatArray) -> float:
        """Mean negative log likelihood."""
        logit = self.X @ beta
        return float((np.logaddexp(0.0, logit) - self.y * logit).mean())

    def solve(self, start: FloatArray, penalty: float) -> FloatArray:
        """Newton on the active columns; let the worst violator in, or out at a sign change."""
        beta = start.copy()
        active = beta != 0.0
        active[0] = True
        sign = np.sign(beta)
        sign[0] = 0.0
        for _ in range(MAX_STEPS):
            p = sigmoid(self.X @ beta)
            gradient = self.X.T @ (p - self.y) / len(self.y)
            left = gradient + penalty * sign
            if np.abs(left[active]).max() <= KKT_TOLERANCE:
                worst = int(np.argmax(np.where(active, 0.0, np.abs(gradient))))
                if active[worst] or abs(gradient[worst]) <= penalty + KKT_TOLERANCE:
                    return beta
                active[worst] = True
                sign[worst] = -np.sign(gradient[worst])
                left = gradient + penalty * sign
            step = self._newton_step(p, left, active)
            beta, active = self._move(beta, step, active, sign, penalty)
            sign = np.where(active, sign, 0.0)
        raise ModelError("model_lasso_not_converged", penalty=penalty)

    def _newton_step(self, p: FloatArray, left: FloatArray, active: BoolArray) -> FloatArray:
        """Newton direction on the active columns."""
        X = self.X[:, active]
        hessian = (X * (p * (1.0 - p))[:, None]).T @ X / len(self.y)
        step = np.zeros(active.size)
        step[active] = -np.linalg.lstsq(hessian, left[active], rcond=1e-13)[0]
        return step

    def _move(
        self,
        beta: FloatArray,
        step: FloatArray,
        active: BoolArray,
        sign: FloatArray,
        penalty: float,
    ) -> tuple[FloatArray, BoolArray]:
        """Go along a direction up to the first sign change, and no further than it pays."""
        crossing = active & (sign != 0.0) & ((beta + step) * sign < 0.0)
        reach = np.where(crossing, -beta / np.where(crossing, step, 1.0), np.inf)
        length = min(1.0, float(reach.min()))
        leaving = reach <= length
        now = self.loss(beta) + penalty * float(sign @ beta)
        for _ in range(40):
            trial = beta + length * step
            if self.loss(trial) + penalty * float(sign @ trial) <= now + 1e-14:
                break
            length, leaving = 0.5 * length, np.zeros_like(leaving)
        return np.where(leaving, 0.0, trial), active & ~leaving
