"""The demo cases: eight phantoms chosen for what they show, in every encoding and mask format.

Rebuilt from one seed. They are drawn apart from the demo bundle's cohort, so the shipped model
has not seen them.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dlcs_core.synthetic.patients import Patients, draw_patients
from dlcs_core.synthetic.phantoms import make_phantom, noise_seed
from dlcs_core.synthetic.records import clinical_table, recorded_age, truth_table
from dlcs_core.synthetic.rendering import FULL_FIELD, Phantom
from dlcs_core.synthetic.series import HIGHEST_FILLER_MM, PatientHeader, series_numbers

DEMO_SEED = 20_230_432
POOL_SIZE = 3000
SMALLEST_AREA_MM2 = 900.0
ANNULAR_HOLE = 0.08
"""Share of the filled outline that is lumen when a tumour counts as annular."""


@dataclass(frozen=True)
class DemoCase:
    """What a case shows and how it is stored.

    Attributes
    ----------
    name : str
        Folder; its title and note stand in the catalogues as ``demo_<name>`` and
        ``demo_<name>_note``.
    center, encoding, mask_format : str
        Scanner; transfer syntax; ``"rtstruct"``, ``"seg"``, ``"nifti"`` or ``"nrrd"``.
    n_slices : int
        Slices in the series, at most; keeps the file small.
    good_response : bool
        True outcome.
    score : tuple of float
        Range of the true posterior probability of good response.
    high_hazard : bool
        Whether the true hazard of death is above average.
    annular : bool
        Whether the tumour must surround the lumen on the key slice.
    drops_neighbors : bool
        Whether two slices beside the key slice are left out.
    """

    name: str
    center: str
    encoding: str
    mask_format: str
    n_slices: int
    good_response: bool
    score: tuple[float, float]
    high_hazard: bool
    annular: bool = False
    drops_neighbors: bool = False


DEMO_CASES = (
    DemoCase("good_responder", "C1", "jpeg_ls", "rtstruct", 24, True, (0.90, 0.99), False),
    DemoCase("poor_responder", "C1", "jpeg_ls", "seg", 24, False, (0.00, 0.02), True),
    DemoCase("uncertain_response", "C1", "jpeg_ls", "nifti", 24, False, (0.35, 0.55), True),
    DemoCase("annular_tumor", "E5", "rle", "nrrd", 22, False, (0.00, 0.10), True, annular=True),
    DemoCase("uncompressed_series", "E1", "uncompressed", "nifti", 6, True, (0.75, 0.99), False),
    DemoCase("thick_slices", "E3", "deflated", "seg", 14, False, (0.00, 0.10), False),
    DemoCase("thin_slices", "E4", "jpeg_ls", "rtstruct", 26, True, (0.60, 0.99), False),
    DemoCase(
        "missing_slices",
        "C1",
        "jpeg_ls",
        "rtstruct",
        22,
        False,
        (0.02, 0.30),
        True,
        drops_neighbors=True,
    ),
)


def write_demo_cases(directory: Path) -> tuple[Path, ...]:
    """Write every demo case below a folder, replacing what is there under the same names.

    Parameters
    ----------
    directory : Path
        Parent of the cases' folders; made where missing.

    Returns
    -------
    tuple of Path
        One folder per case: ``image/`` (DICOM series), ``mask.*``, ``clinical.json`` (form) and
        ``case.json`` (title, note, what really happened).
    """
    patients = draw_patients(POOL_SIZE, DEMO_SEED, centers=6)
    truth = truth_table(patients)
    taken: set[int] = set()
    folders = []
    for number, case in enumerate(DEMO_CASES, start=1):
        index = _choose(case, patients, truth, taken)
        taken.add(index)
        folders.append(_write_case(directory / case.name, number, case, patients, truth, index))
    return tuple(folders)


def _choose(
    case: DemoCase, patients: Patients, truth: Mapping[str, Sequence[Any]], taken: set[int]
) -> int:
    """Return the first patient who fits: complete form, no metastases, not taken."""
    score, hazard = np.array(truth["bayes_score"]), np.array(truth["os_log_hazard"])
    fits = (patients.center == case.center) & (patients.good_response == case.good_response)
    fits &= (score >= case.score[0]) & (score <= case.score[1])
    fits &= (hazard > 0) == case.high_hazard
    fits &= np.isfinite(patients.os_months) & (patients.codes["cm_stage"] == 0)
    for missing in patients.missing.values():
        fits &= ~missing
    for index in np.flatnonzero(fits).tolist():
        if index not in taken and _shows(case, make_phantom(patients, index, DEMO_SEED)):
            return int(index)
    raise LookupError(case.name)


def _shows(case: DemoCase, phantom: Phantom) -> bool:
    """Tell whether the key slice shows what the case is about, below the diaphragm."""
    if phantom.acquisition.z_mm(series_numbers(phantom)[-1]) > HIGHEST_FILLER_MM:
        return False
    outline = phantom.outline(phantom.key_slice_number)
    if np.count_nonzero(outline) * phantom.acquisition.pixel_mm**2 < SMALLEST_AREA_MM2:
        return False
    filled = ndimage.binary_fill_holes(outline)
    hole = 1 - np.count_nonzero(outline) / np.count_nonzero(filled)
    return not case.annular or bool(hole >= ANNULAR_HOLE)


def _write_case(
    folder: Path,
    number: int,
    case: DemoCase,
    patients: Patients,
    truth: Mapping[str, Sequence[Any]],
    index: int,
) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    phantom = make_phantom(patients, index, DEMO_SEED)
    sex = "M" if patients.codes["sex"][index] else "F"
    header = PatientHeader(
        f"DEMO-{number}", sex, recorded_age(patients, index), case.center, DEMO_SEED
    )
    _write_images(folder, case, phantom, header, index)
    form = {name: cells[index] for name, cells in clinical_table(patients).items()}
    _write_json(folder / "clinical.json", {"patient_id": header.patient_id, **form})
    _write_json(folder / "case.json", _description(case, patients, truth, index))
    return folder


def _write_images(
    folder: Path, case: DemoCase, phantom: Phantom, header: PatientHeader, index: int
) -> None:
    from dlcs_core.synthetic.dicom_writer import write_rtstruct, write_seg, write_series
    from dlcs_core.synthetic.volume_writer import write_volume

    numbers = _numbers_around_key(phantom, case.n_slices)
    noise = noise_seed(DEMO_SEED, index)
    instances = write_series(phantom, noise, folder / "image", header, numbers, case.encoding)
    outlines = [phantom.outline(number) for number in numbers]
    if case.mask_format in ("rtstruct", "seg"):
        write = write_rtstruct if case.mask_format == "rtstruct" else write_seg
        write(folder / "mask.dcm", instances, outlines, header)
    else:
        suffix = "nii.gz" if case.mask_format == "nifti" else "nrrd"
        mask: NDArray[np.uint8] = np.stack(outlines).astype(np.uint8)
        write_volume(folder / f"mask.{suffix}", mask, phantom, FULL_FIELD, numbers)
    if case.drops_neighbors:
        beside = numbers.index(phantom.key_slice_number) + 1
        for position in (beside, beside + 1):
            (folder / "image" / f"CT{position:04d}.dcm").unlink()


def _numbers_around_key(phantom: Phantom, most: int) -> range:
    """Return at most so many slices of the series, the key slice in the middle."""
    numbers, key = series_numbers(phantom), phantom.key_slice_number
    if len(numbers) <= most:
        return numbers
    first = min(max(key - most // 2, numbers[0]), numbers[-1] + 1 - most)
    return range(first, first + most)


def _description(
    case: DemoCase, patients: Patients, truth: Mapping[str, Sequence[Any]], index: int
) -> dict[str, Any]:
    return {
        "schema": "dlcs.demo_case/1",
        "research_use_only": True,
        "synthetic": True,
        "title_code": f"demo_{case.name}",
        "note_code": f"demo_{case.name}_note",
        "center": case.center,
        "encoding": case.encoding,
        "mask_format": case.mask_format,
        "truth": {
            "trg": int(patients.trg[index]),
            "good_response": bool(patients.good_response[index]),
            "bayes_score": float(truth["bayes_score"][index]),
            "bayes_score_dlcs": float(truth["bayes_score_dlcs"][index]),
            "os_months": float(patients.os_months[index]),
            "os_event": int(patients.os_event[index]),
        },
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
