"""Small rendered cohorts, made once."""

import pytest

from dlcs_core.synthetic.cohort import synthesize
from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.phantoms import make_phantom

SEED = 7
N_PATIENTS = 8


@pytest.fixture(scope="session")
def patients():
    """The patients of both rendered cohorts; the last two are external (E2 and E1)."""
    return draw_patients(N_PATIENTS, SEED, centers=6)


@pytest.fixture(scope="session")
def phantom(patients):
    """The first patient, on the training scanner."""
    return make_phantom(patients, 0, SEED)


@pytest.fixture(scope="session")
def nifti_cohort(tmp_path_factory):
    """Folder and summary of a NIfTI cohort."""
    out = tmp_path_factory.mktemp("nifti") / "cohort"
    made = synthesize(out, N_PATIENTS, SEED, centers=6, file_format="nifti", jobs=1)
    return out, made


@pytest.fixture(scope="session")
def many_patients():
    """Many drawn patients of all cohorts, for moments and calibration."""
    return draw_patients(20_000, 3, centers=6)
