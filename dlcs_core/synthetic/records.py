"""Drawn patients as the rows of the clinical table and of the table of truths."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.synthetic.paper_marginals import MARKERS, paper_marginals
from dlcs_core.synthetic.patients import TYPES, Patients
from dlcs_core.synthetic.posterior import bayes_scores
from dlcs_core.synthetic.signal import PARAMETERS
from dlcs_core.synthetic.survival_times import TIME_ORIGIN, linear_predictor

Cell = str | float | int | None
Table = dict[str, list[Cell]]

PLAUSIBLE = {
    "age_years": (22.0, 92.0),
    "bmi_kg_m2": (13.0, 45.0),
    "albumin_g_l": (18.0, 60.0),
    "plateletcrit_percent": (0.04, 0.90),
    "lymphocytes_percent": (2.0, 75.0),
}
"""A normal law has tails that no patient has: recorded values stop here."""

DECIMALS = {
    "wall_thickness_cm": 2,
    "plateletcrit_percent": 3,
    "neutrophils_1e9_l": 2,
    "glucose_mmol_l": 2,
}
_DEFAULT_DECIMALS = 1


def patient_id(index: int) -> str:
    """Return the identifier of the patient drawn at a position, counted from 0."""
    return f"PH-{index + 1:05d}"


def recorded_age(patients: Patients, index: int) -> int:
    """Return the age in completed years as the clinical table has it."""
    values = np.clip(patients.continuous["age_years"][index], *PLAUSIBLE["age_years"])
    return int(values)


def clinical_table(patients: Patients) -> Table:
    """Return the 22 variables as recorded, in the order of the variable list.

    Cut-offs survive the rounding: age and body mass index are rounded down, diameter up, as
    they are in Table 1's ">= 60", ">= 24" and "> 5 cm".
    """
    return {variable.name: _recorded(patients, variable.name) for variable in VARIABLES}


def _recorded(patients: Patients, name: str) -> list[Cell]:
    if name == "enlarged_lymph_nodes":
        return [int(code) for code in patients.codes[name]]
    if name in patients.codes:
        return _levels(patients, name)
    if name == "age_years":
        return [recorded_age(patients, index) for index in range(len(patients))]
    values = np.clip(patients.continuous[name], *PLAUSIBLE.get(name, (-np.inf, np.inf)))
    cells: list[Cell] = _rounded(name, values).tolist()
    missing = patients.missing.get(name)
    if missing is None:
        return cells
    return [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]


def _rounded(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if name == "bmi_kg_m2":
        return np.floor(values * 10) / 10
    if name == "max_diameter_cm":
        return np.ceil(values * 10) / 10
    return np.round(values, DECIMALS.get(name, _DEFAULT_DECIMALS))


def _levels(patients: Patients, name: str) -> list[Cell]:
    if name == "pathological_type":
        levels: Sequence[str] = TYPES
    else:
        levels = paper_marginals("training").ordinal[name].levels
    cells: list[Cell] = [levels[code] for code in patients.codes[name]]
    if name not in MARKERS:
        return cells
    unknown = patients.unknown[name]
    return ["unknown" if hidden else cell for cell, hidden in zip(cells, unknown, strict=True)]


def manifest_table(patients: Patients, files: Sequence[tuple[str, str]]) -> Table:
    """Return the training manifest; ``files`` are image and mask of each patient."""
    return {
        "patient_id": [patient_id(k) for k in range(len(patients))],
        "center": patients.center.tolist(),
        "cohort": patients.cohort.tolist(),
        "trg": patients.trg.tolist(),
        "good_response": patients.good_response.astype(int).tolist(),
        **clinical_table(patients),
        "os_months": _blank_where_missing(patients.os_months),
        "os_event": [
            None if cell is None else int(cell) for cell in _blank_where_missing(patients.os_event)
        ],
        "image": [image for image, _ in files],
        "mask": [mask for _, mask in files],
    }


def _blank_where_missing(values: NDArray[np.float64]) -> list[Any]:
    return [None if np.isnan(value) else float(value) for value in values]


def truth_table(patients: Patients) -> Table:
    """Return what generated the patients: nothing of it may enter a model."""
    bayes = bayes_scores(patients)
    columns: dict[str, NDArray[np.float64]] = {
        "bayes_score": bayes.image,
        "bayes_score_dlcs": bayes.dlcs,
        "bayes_score_biology": bayes.biology,
        "latent_score": patients.latent_score,
        **{name: patients.image_parameters[:, k] for k, name in enumerate(PARAMETERS)},
        "os_log_hazard": linear_predictor(
            {**patients.continuous, **patients.codes, "latent_score": patients.latent_score}
        ),
    }
    n_patients = len(patients)
    return {
        "patient_id": [patient_id(k) for k in range(n_patients)],
        "good_response": patients.good_response.astype(int).tolist(),
        **{name: np.round(values, 6).tolist() for name, values in columns.items()},
        "soft_kernel": patients.soft_kernel.astype(int).tolist(),
        "time_origin": [TIME_ORIGIN] * n_patients,
        "signal": [patients.signal] * n_patients,
    }


def write_table(path: Path, table: Mapping[str, Sequence[Cell]]) -> None:
    """Write a table as CSV; an empty cell is a missing value."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table)
        for row in zip(*table.values(), strict=True):
            writer.writerow("" if cell is None else cell for cell in row)
