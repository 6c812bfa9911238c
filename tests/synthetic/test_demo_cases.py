import json
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.clinical.record import read_record
from dlcs_core.errors import DlcsError
from dlcs_core.imaging.study_reading import read_study
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.synthetic.demo_cases import DEMO_CASES, write_demo_cases
from dlcs_core.translation import LANGUAGES, catalogue

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "demo_cases"
LARGEST_CASE_BYTES = 3_500_000
LARGEST_SET_BYTES = 30_000_000

cases = pytest.mark.parametrize("case", DEMO_CASES, ids=lambda case: case.name)


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def mask_file(folder):
    return next(folder.glob("mask.*"))


@cases
def test_shipped_case_is_read_without_a_warning_or_refused_as_meant(case):
    folder = SHIPPED / case.name
    if case.drops_neighbors:
        with pytest.raises(DlcsError, match="gap"):
            preprocess(read_study(folder / "image", mask_file(folder)), PreprocessingSettings())
        return
    study = read_study(folder / "image", mask_file(folder))
    model_input = preprocess(study, PreprocessingSettings())
    assert study.warnings + model_input.warnings == ()
    assert len(set(model_input.slice_indices)) == 3


@cases
def test_form_is_complete_and_agrees_with_the_header(case):
    folder = SHIPPED / case.name
    record, notices = read_record(folder / "clinical.json")
    assert notices == ()
    assert None not in record.values.values()
    header = read_study(folder / "image", mask_file(folder)).volume.header
    assert header.patient_id == record.patient_id
    assert header.patient_age_years == record.values["age_years"]
    assert header.patient_sex == {"female": "F", "male": "M"}[record.values["sex"]]


@cases
def test_case_is_small_and_described_in_both_languages(case):
    folder = SHIPPED / case.name
    assert size_of(folder) <= LARGEST_CASE_BYTES
    description = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    assert description["synthetic"] is True
    for language in LANGUAGES:
        assert {description["title_code"], description["note_code"]} <= set(catalogue(language))


def test_shipped_cases_cover_what_a_board_meets():
    folders = {path.name for path in SHIPPED.iterdir() if path.is_dir()}
    assert folders == {case.name for case in DEMO_CASES}
    assert size_of(SHIPPED) <= LARGEST_SET_BYTES
    truths = [json.loads((SHIPPED / name / "case.json").read_text())["truth"] for name in folders]
    assert {truth["good_response"] for truth in truths} == {True, False}
    assert {case.encoding for case in DEMO_CASES} == {"jpeg_ls", "rle", "deflated", "uncompressed"}
    assert {case.mask_format for case in DEMO_CASES} == {"rtstruct", "seg", "nifti", "nrrd"}


def test_shipped_case_is_what_the_code_makes(tmp_path, monkeypatch):
    wanted = next(case for case in DEMO_CASES if case.name == "uncompressed_series")
    monkeypatch.setattr("dlcs_core.synthetic.demo_cases.DEMO_CASES", (wanted,))
    (made,) = write_demo_cases(tmp_path)
    shipped = SHIPPED / wanted.name
    for name in ("image", "mask.nii.gz"):
        assert (made / name).exists()
    made_study, shipped_study = (
        read_study(folder / "image", mask_file(folder)) for folder in (made, shipped)
    )
    # Another processor may round a few pixels the other way.
    for k in range(made_study.volume.grid.size[0]):
        new, old = (s.volume.read_slice_hu(k) for s in (made_study, shipped_study))
        assert np.mean(np.abs(new - old) > 1) < 1e-3
        assert np.mean(made_study.mask.plane(k) != shipped_study.mask.plane(k)) < 1e-4
