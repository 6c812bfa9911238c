import csv
import json

import numpy as np
import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import SynthesisError
from dlcs_core.synthetic import cohort as cohort_module
from dlcs_core.synthetic.cohort import synthesize
from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.records import PLAUSIBLE, clinical_table, manifest_table, write_table


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_manifest_has_the_contracts_columns_and_existing_files(nifti_cohort):
    out, made = nifti_cohort
    rows = read_rows(out / "manifest.csv")
    expected = ["patient_id", "center", "cohort", "trg", "good_response"]
    expected += [variable.name for variable in VARIABLES]
    assert list(rows[0]) == [*expected, "os_months", "os_event", "image", "mask"]
    assert len(rows) == made.patients == 8
    assert all((out / row[name]).is_file() for row in rows for name in ("image", "mask"))


def test_truth_stays_out_of_the_manifest_and_covers_the_same_patients(nifti_cohort):
    out, _ = nifti_cohort
    manifest, truth = read_rows(out / "manifest.csv"), read_rows(out / "truth.csv")
    assert list(truth[0])[:5] == [
        "patient_id",
        "good_response",
        "bayes_score",
        "bayes_score_dlcs",
        "bayes_score_biology",
    ]
    for name in ("patient_id", "good_response"):
        assert [row[name] for row in truth] == [row[name] for row in manifest]
    assert set(truth[0]) & set(manifest[0]) == {"patient_id", "good_response"}


def test_summary_is_finite_json_that_says_what_it_is(nifti_cohort):
    summary = json.loads(json.dumps(nifti_cohort[1].to_dict(), allow_nan=False))
    assert summary["schema"] == "dlcs.synthesis/1"
    assert summary["research_use_only"] is True
    assert summary["warnings"] == []
    assert summary["by_center"] == {"C1": 6, "E1": 1, "E2": 1}
    assert summary["parameters"]["format"] == "nifti"


def test_table_of_many_patients_is_accepted_by_the_cohort_reader(tmp_path):
    drawn = draw_patients(2000, 3, centers=6)
    write_table(tmp_path / "cohort.csv", manifest_table(drawn, [("i", "m")] * 2000))
    cohort = read_cohort(tmp_path / "cohort.csv")
    assert len(cohort.table) == 2000
    np.testing.assert_array_equal(cohort.table["good_response"].astype(bool), drawn.good_response)


def test_rounding_keeps_the_cut_offs_of_table_1(many_patients):
    table = clinical_table(many_patients)
    age = np.array(table["age_years"])
    np.testing.assert_array_equal(age >= 60, many_patients.continuous["age_years"] >= 60)
    for name, edge in (("bmi_kg_m2", 24.0), ("max_diameter_cm", 5.0)):
        known = ~many_patients.missing[name]
        recorded = np.array(table[name], dtype=float)[known]
        exact = many_patients.continuous[name][known]
        above = (recorded >= edge, exact >= edge) if edge == 24 else (recorded > edge, exact > edge)
        np.testing.assert_array_equal(*above)


def test_recorded_values_stay_plausible(many_patients):
    table = clinical_table(many_patients)
    for name, (low, high) in PLAUSIBLE.items():
        values = np.array([cell for cell in table[name] if cell is not None], dtype=float)
        assert low <= values.min()
        assert values.max() <= high


def test_same_seed_writes_the_same_pixels(nifti_cohort, tmp_path):
    synthesize(tmp_path / "again", 8, 7, centers=6, file_format="nifti", jobs=1)
    for name in ("manifest.csv", "truth.csv", "PH-00002/mask.nii.gz", "PH-00007/image.nii.gz"):
        assert (tmp_path / "again" / name).read_bytes() == (nifti_cohort[0] / name).read_bytes()


def test_folder_with_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SynthesisError) as refusal:
        synthesize(tmp_path, 2, 1, file_format="nifti")
    assert refusal.value.code == "synthesis_folder_not_empty"
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_unknown_format_is_refused(tmp_path):
    with pytest.raises(SynthesisError) as refusal:
        synthesize(tmp_path / "out", 2, 1, file_format="png")
    assert refusal.value.code == "synthesis_format_unknown"


def test_nothing_half_written_stays_when_rendering_fails(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cohort_module, "render_patient", fail)
    with pytest.raises(SynthesisError) as refusal:
        synthesize(tmp_path / "out", 2, 1, file_format="nifti", jobs=1)
    assert refusal.value.code == "synthesis_cannot_write"
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_up_to_all_patients(tmp_path):
    seen = []
    synthesize(
        tmp_path / "out",
        2,
        1,
        file_format="nifti",
        progress=lambda done, total: seen.append((done, total)),
        jobs=1,
    )
    assert seen == [(1, 2), (2, 2)]


def test_shortcut_makes_the_good_responders_images_smoother():
    from dlcs_core.synthetic.phantoms import make_phantom

    drawn = draw_patients(12, 3, signal="shortcut")
    for index in range(12):
        kernel = make_phantom(drawn, index, 3).acquisition.scanner.kernel
        assert kernel.endswith("_SOFT") == bool(drawn.soft_kernel[index])
