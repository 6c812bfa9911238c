"""One small phantom as NIfTI and as DICOM, its form, and a way to run the command line."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from dlcs_core.cli.main import main

SIZE = (8, 96, 96)
SPACING_MM = (5.0, 0.8, 0.8)

FORM = {
    "patient_id": "PH-1",
    "age_years": 62,
    "sex": "male",
    "bmi_kg_m2": 22.5,
    "tumor_location": "lower",
    "max_diameter_cm": 4.0,
    "wall_thickness_cm": 1.4,
    "borrmann_type": "III",
    "ct_stage": "T3",
    "cn_stage": "N1",
    "cm_stage": "M0",
    "differentiation": "poor",
    "src_component": "no",
    "cea": "negative",
    "ca125": "negative",
    "afp": "unknown",
    "neutrophils_1e9_l": 4.1,
    "lymphocytes_percent": 28,
    "plateletcrit_percent": 0.25,
    "albumin_g_l": 39,
    "glucose_mmol_l": 5.5,
    "enlarged_lymph_nodes": 2,
    "pathological_type": "adenocarcinoma",
}


@dataclass(frozen=True)
class Case:
    """Paths of one case in two formats."""

    nifti: Path
    mask: Path
    dicom: Path
    clinical: Path


@dataclass(frozen=True)
class Run:
    """What a command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out, parse_constant=pytest.fail)


def phantom_hu():
    """Noise, fat around, an ellipsoid tumour in the middle; and its mask."""
    rng = np.random.default_rng(7)
    slices, rows, columns = np.indices(SIZE).astype(float)
    body = np.hypot(rows - 47.5, columns - 47.5) < 44
    tumor = ((slices - 3.6) / 2.4) ** 2 + ((rows - 50) / 17) ** 2 + ((columns - 44) / 24) ** 2 < 1
    image = np.where(tumor, 85, np.where(body, -80, -1000)) + rng.normal(scale=12, size=SIZE)
    return np.rint(image).astype(np.int16), tumor


def write_nifti(path, array):
    """Write (slice, row, column) towards head, back and left as NIfTI (RAS)."""
    affine = np.diag([-SPACING_MM[2], -SPACING_MM[1], SPACING_MM[0], 1.0])
    nibabel.save(nibabel.Nifti1Image(array.transpose(2, 1, 0), affine), path)


def write_dicom(directory, array, modality="CT", patient_id="PH-1", **changes):
    """Write one file per slice, names in no order."""
    directory.mkdir(parents=True)
    series, frame = generate_uid(), generate_uid()
    for index, plane in enumerate(array):
        dataset = slice_dataset(plane, index, series, frame, modality, patient_id)
        for name, value in changes.items():
            setattr(dataset, name, value)
        dataset.save_as(directory / f"{(index * 5) % len(array)}.dcm", enforce_file_format=True)


def slice_dataset(plane, index, series, frame, modality, patient_id):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.Modality, dataset.PatientID, dataset.PatientName = modality, patient_id, "Secret^Name"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = series, series
    dataset.FrameOfReferenceUID = frame
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [0.0, 0.0, SPACING_MM[0] * index]
    dataset.PixelSpacing = list(SPACING_MM[1:])
    dataset.SliceThickness, dataset.InstanceNumber = SPACING_MM[0], index + 1
    dataset.BodyPartExamined, dataset.ContrastBolusAgent = "ABDOMEN", "synthetic"
    dataset.Rows, dataset.Columns = plane.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    dataset.PixelData = plane.astype("<i2").tobytes()
    return dataset


@pytest.fixture(scope="session")
def case(tmp_path_factory) -> Case:
    """The phantom on disk; not to be changed."""
    folder = tmp_path_factory.mktemp("case")
    image, tumor = phantom_hu()
    write_nifti(folder / "image.nii.gz", image)
    write_nifti(folder / "mask.nii.gz", tumor.astype(np.uint8))
    write_dicom(folder / "dicom", image)
    (folder / "clinical.json").write_text(json.dumps(FORM))
    return Case(
        folder / "image.nii.gz", folder / "mask.nii.gz", folder / "dicom", folder / "clinical.json"
    )


@pytest.fixture(scope="session")
def run_cli(tmp_path_factory):
    """Run ``python -m dlcs_core`` in a process of its own, with a temporary folder of its own."""

    def run(*arguments, **environment):
        temporary = tmp_path_factory.mktemp("tmpdir")
        done = subprocess.run(
            [sys.executable, "-m", "dlcs_core", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "TMPDIR": str(temporary), "DLCS_LANGUAGE": "en", **environment},
        )
        assert not list(temporary.iterdir()), "files were left in the temporary folder"
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def predict(run_cli, case, untrained_bundle):
    """Run ``predict --json`` on the phantom, with options replaced or added."""

    def run(**options):
        given = {
            "image": case.nifti,
            "mask": case.mask,
            "clinical": case.clinical,
            "bundle": untrained_bundle,
            **options,
        }
        listed = [text for name, value in given.items() for text in (f"--{name}", value)]
        return run_cli("predict", "--json", *listed)

    return run


def assert_refused(run):
    """Exit 2, nothing on stdout, exactly one line on stderr that is a sentence."""
    assert run.code == 2
    assert run.out == ""
    lines = run.err.splitlines()
    assert len(lines) == 1, run.err
    assert lines[0].endswith((".", ".)", "help.")), lines[0]
    for word in ("Traceback", "Error(", "error:", "Exception", "Secret", "internal"):
        assert word not in run.err
    assert "nternal error" not in run.err


@pytest.fixture(scope="session")
def refused():
    """The check of a refusal."""
    return assert_refused


@pytest.fixture(scope="session")
def kit():
    """Functions that write images."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def run_python():
    """Run some Python in a fresh interpreter."""

    def run(code, **environment):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, **environment},
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def write(tmp_path):
    """Write columns as a CSV table."""

    def written(columns, name="table.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        return path

    return written


@pytest.fixture
def run_json(capfd):
    """Run a verb in this process; the object on stdout, or the refusal's line."""

    def run(*arguments):
        code = main([*map(str, arguments), "--json"])
        captured = capfd.readouterr()
        if code == 0:
            assert captured.err == ""
            return json.loads(captured.out, parse_constant=pytest.fail)
        assert (code, captured.out) == (2, "")
        assert captured.err.count("\n") == 1
        return captured.err

    return run


@pytest.fixture
def followed_up():
    """Columns of 120 patients with follow-up, a risk and predicted survival."""
    rng = np.random.default_rng(5)
    risk = rng.normal(size=120)
    death, censoring = rng.exponential(30 * np.exp(-risk)), rng.uniform(10, 60, 120)
    time = np.minimum(death, censoring)
    return {
        "patient_id": [f"P-{i}" for i in range(120)],
        "os_months": time.round(3).tolist(),
        "os_event": (death <= censoring).astype(int).tolist(),
        "os_linear_predictor": risk.tolist(),
        "s12": np.exp(-12 / 30 * np.exp(risk)).tolist(),
        "s24": np.exp(-24 / 30 * np.exp(risk)).tolist(),
        "s35": np.exp(-35 / 30 * np.exp(risk)).tolist(),
        "arm": ["b", "a"] * 60,
    }
