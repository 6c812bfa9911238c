"""Do the Cox intervals cover the hazard ratios that were planted? Fresh cohorts, again and again.

``python -m trainer.survival_replicates [--replicates N] [--patients N] [--seed S]``. Patients,
survival and the twelve planted hazard ratios are those of the synthetic cohort; images are not
rendered. In place of networks there are five noisy readings of the latent score with the
correlation that the planting assumes, so that the hazard ratio of the signature is the attenuated
one. Scaling by fold, recalibration and Cox regression are those of the trainer.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.models.recalibration import fit_recalibration
from dlcs_core.models.screening import fit_cox_model
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975
from dlcs_core.synthetic.copula import LATENT
from dlcs_core.synthetic.patients import Patients, draw_patients
from dlcs_core.synthetic.survival_times import (
    HAZARD_RATIOS,
    SIGNATURE_RELIABILITY,
    risk_factors,
)

PATIENTS, REPLICATES, FOLDS = 654, 100, 5
"""The paper's patients with follow-up and its folds."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coverage:
    """How often the 95 % intervals of one hazard ratio held the planted one.

    Attributes
    ----------
    planted, mean_estimate : float
        Hazard ratios per standard deviation; the mean is geometric.
    covered, replicates : int
        Intervals that held the planted value, and all.
    """

    planted: float
    mean_estimate: float
    covered: int
    replicates: int

    @property
    def share(self) -> float:
        """Measured coverage, in [0, 1]."""
        return self.covered / self.replicates


def hazard_ratio_coverage(
    replicates: int = REPLICATES, patients: int = PATIENTS, seed: int = 0
) -> Mapping[str, Coverage]:
    """Fit the survival model to fresh cohorts and count what its intervals cover.

    Parameters
    ----------
    replicates : int
        Cohorts.
    patients : int
        In each.
    seed : int
        Of the first cohort; the others follow.

    Returns
    -------
    mapping of str to Coverage
        By planted factor; the latent score stands for the signature that reads it.
    """
    fits = [_one_cohort(patients, seed + k) for k in range(replicates)]
    planted = np.log(np.array(list(HAZARD_RATIOS.values())))
    estimates, errors = (np.array(part) for part in zip(*fits, strict=True))
    held = np.abs(estimates - planted) <= NORMAL_QUANTILE_975 * errors
    return {
        name: Coverage(
            planted=HAZARD_RATIOS[name],
            mean_estimate=float(np.exp(estimates[:, k].mean())),
            covered=int(held[:, k].sum()),
            replicates=replicates,
        )
        for k, name in enumerate(HAZARD_RATIOS)
    }


def _one_cohort(patients: int, seed: int) -> tuple[Floats, Floats]:
    """Return log hazard ratios per standard deviation and their errors, factor by factor."""
    drawn = draw_patients(patients, seed)
    columns = {**drawn.continuous, **drawn.codes, LATENT: drawn.latent_score}
    factors = risk_factors(columns) | {LATENT: out_of_fold_log_odds(drawn, seed)}
    matrix = np.column_stack([factors[name] for name in HAZARD_RATIOS])
    known = np.isfinite(matrix).all(axis=1) & np.isfinite(drawn.os_months)
    matrix, spread = matrix[known], matrix[known].std(axis=0)
    fit, kept, _ = fit_cox_model(
        matrix, drawn.os_months[known], drawn.os_event[known], list(HAZARD_RATIOS), patients
    )
    # A factor that nobody has says nothing: its interval holds everything.
    estimate, error = np.zeros(len(HAZARD_RATIOS)), np.full(len(HAZARD_RATIOS), np.inf)
    estimate[kept] = fit.coefficients * spread[kept]
    error[kept] = fit.standard_errors * spread[kept]
    return estimate, error


def out_of_fold_log_odds(patients: Patients, seed: int) -> Floats:
    """Return the log odds of a signature that five readers of the latent score would give.

    Each reader is noisy, with its own offset and scale, and reads the patients of its fold.
    """
    rng = np.random.default_rng([seed, 77])
    latent = patients.latent_score
    standard = (latent - latent.mean()) / latent.std()
    noise = np.sqrt(1 / SIGNATURE_RELIABILITY**2 - 1)
    reading = standard + noise * rng.standard_normal(len(latent))
    fold = rng.permutation(len(latent)) % FOLDS
    logit = rng.normal(0, 0.5, FOLDS)[fold] + rng.uniform(0.8, 1.5, FOLDS)[fold] * reading
    fitted = fit_recalibration(logit, fold, patients.good_response)
    z = fitted.out_of_fold_logits(logit, fold)
    return np.asarray(fitted.out_of_fold_intercept + fitted.out_of_fold_slope * z)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the coverage of every hazard ratio."""
    parser = argparse.ArgumentParser(prog="python -m trainer.survival_replicates")
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    found = hazard_ratio_coverage(options.replicates, options.patients, options.seed)
    print(f"{'factor':24} planted estimate covered")
    for name, one in found.items():
        print(f"{name:24} {one.planted:7.3f} {one.mean_estimate:8.3f} {one.share:7.0%}")
    total = sum(one.covered for one in found.values()) / sum(o.replicates for o in found.values())
    print(f"all intervals {total:.1%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
