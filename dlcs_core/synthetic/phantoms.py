"""From a drawn patient to the phantom that shows it."""

import numpy as np

from dlcs_core.synthetic.anatomy import TumorShape
from dlcs_core.synthetic.anatomy_drawing import draw_anatomy
from dlcs_core.synthetic.paper_marginals import paper_marginals
from dlcs_core.synthetic.patients import Patients
from dlcs_core.synthetic.rendering import Phantom
from dlcs_core.synthetic.scanner import SCANNERS, draw_acquisition
from dlcs_core.synthetic.signal import TumorSignal

_SCAN_STREAM, _ANATOMY_STREAM, _NOISE_STREAM = 1, 2, 3
"""Independent streams of a patient's seed; stream 0 draws the clinical side."""

RENDERED_BMI = (15.0, 38.0)


def make_phantom(patients: Patients, index: int, seed: int) -> Phantom:
    """Return the phantom of one patient.

    Parameters
    ----------
    patients : Patients
        Drawn with the same seed.
    index : int
        Position among them.
    seed : int
        Seed of the cohort.

    Returns
    -------
    Phantom
        The same for every file format.
    """
    scanner = SCANNERS[str(patients.center[index])]
    if patients.soft_kernel[index]:
        scanner = scanner.smoothed()
    acquisition = draw_acquisition(np.random.default_rng([seed, index, _SCAN_STREAM]), scanner)
    bmi = float(np.clip(patients.continuous["bmi_kg_m2"][index], *RENDERED_BMI))
    anatomy = draw_anatomy(
        np.random.default_rng([seed, index, _ANATOMY_STREAM]),
        bmi,
        acquisition.iodine_gain,
        tumor_shape(patients, index),
        TumorSignal.from_parameters(patients.image_parameters[index]),
    )
    return Phantom(anatomy, acquisition)


def tumor_shape(patients: Patients, index: int) -> TumorShape:
    """Return the tumour's form as the clinical variables state it."""
    site = paper_marginals("training").ordinal["tumor_location"].levels
    return TumorShape(
        diameter_mm=10 * float(patients.continuous["max_diameter_cm"][index]),
        thickness_mm=10 * float(patients.continuous["wall_thickness_cm"][index]),
        site=site[patients.codes["tumor_location"][index]],
        enlarged_nodes=int(patients.codes["enlarged_lymph_nodes"][index]),
    )


def noise_seed(seed: int, index: int) -> tuple[int, int, int]:
    """Return the seed of one patient's image noise."""
    return seed, index, _NOISE_STREAM
