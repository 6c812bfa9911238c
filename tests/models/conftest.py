"""A phantom cohort whose response and survival follow known laws."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.models.clinical_signature import fit_clinical_signature
from dlcs_core.models.fusion import fit_fusion
from dlcs_core.models.recalibration import fit_recalibration
from dlcs_core.models.survival import fit_survival

N_PATIENTS = 600
N_FOLDS = 5


def random_table(rng, n):
    """All 22 variables, independent of one another."""
    columns = {}
    for variable in VARIABLES:
        if variable.levels:
            columns[variable.name] = rng.choice(variable.levels, n).astype(object)
        else:
            low, high = variable.soft_limits
            columns[variable.name] = rng.uniform(low, high, n)
    return pd.DataFrame(columns)


class Phantom:
    """The cohort: table, out-of-fold logits, response and survival."""

    def __init__(self, seed=1, n=N_PATIENTS):
        rng = np.random.default_rng(seed)
        self.table = random_table(rng, n)
        self.fold = np.arange(n) % N_FOLDS
        signal = rng.normal(size=n)
        shift, scale = np.array([0, 1, -1, 0.5, 2.0]), np.array([1, 2, 0.5, 1, 3.0])
        # Each network sees the signal with its own noise, offset and spread.
        self.fold_logits = shift[:, None] + scale[:, None] * (
            signal + 0.5 * rng.normal(size=(N_FOLDS, n))
        )
        self.logits = self.fold_logits[self.fold, np.arange(n)]
        diameter = self.table["max_diameter_cm"].to_numpy(dtype=float)
        signet = (self.table["src_component"] == "yes").to_numpy()
        log_odds = -0.5 + 1.3 * signal - 0.2 * (diameter - 6) - 0.9 * signet
        self.good_response = rng.random(n) < 1 / (1 + np.exp(-log_odds))
        hazard = np.exp(-0.4 * signal + 0.12 * (diameter - 6)) / 30
        death = rng.exponential(1 / hazard)
        leaving = rng.uniform(6, 60, n)
        self.time = np.ceil(np.minimum(death, leaving))
        self.event = death <= leaving

    def patient(self, row):
        """Clinical values of one patient."""
        return self.table.iloc[row].to_dict()


@pytest.fixture(scope="session")
def phantom():
    return Phantom()


@pytest.fixture(scope="session")
def recalibration(phantom):
    return fit_recalibration(
        phantom.logits, phantom.fold, phantom.good_response, phantom.fold_logits
    )


@pytest.fixture(scope="session")
def dl_signature(phantom, recalibration):
    return recalibration.out_of_fold_probabilities(phantom.logits, phantom.fold)


@pytest.fixture(scope="session")
def fusion(phantom, dl_signature):
    return fit_fusion(phantom.table, dl_signature, phantom.good_response)


@pytest.fixture(scope="session")
def clinical_signature(phantom):
    return fit_clinical_signature(phantom.table, phantom.good_response, phantom.fold)


@pytest.fixture(scope="session")
def survival(phantom, dl_signature):
    return fit_survival(phantom.table, dl_signature, phantom.time, phantom.event)
