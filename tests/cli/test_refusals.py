"""Whatever is wrong with the input: exit 2, one line on stderr, nothing left behind."""

import json
import shutil

import numpy as np
import pytest


def half_copied_folder(kit, case, tmp_path):
    folder = shutil.copytree(case.dicom, tmp_path / "half")
    for path in sorted(folder.iterdir())[::2]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return {"image": folder}


def text_named_dcm(kit, case, tmp_path):
    (tmp_path / "image.dcm").write_text("this is no image\n")
    return {"image": tmp_path / "image.dcm"}


def empty_mask(kit, case, tmp_path):
    kit.write_nifti(tmp_path / "empty.nii.gz", np.zeros(kit.SIZE, np.uint8))
    return {"mask": tmp_path / "empty.nii.gz"}


def mr_series(kit, case, tmp_path):
    image, _ = kit.phantom_hu()
    kit.write_dicom(tmp_path / "mr", image, modality="MR")
    return {"image": tmp_path / "mr"}


def mask_that_misses_the_image(kit, case, tmp_path):
    import nibabel

    mask = nibabel.load(case.mask)
    far = mask.affine.copy()
    far[:3, 3] += 5000
    nibabel.save(nibabel.Nifti1Image(np.asarray(mask.dataobj), far), tmp_path / "far.nii.gz")
    return {"mask": tmp_path / "far.nii.gz"}


def missing_image(kit, case, tmp_path):
    return {"image": tmp_path / "absent.nii.gz"}


def cut_nifti(kit, case, tmp_path):
    content = case.nifti.read_bytes()
    (tmp_path / "cut.nii.gz").write_bytes(content[: len(content) // 2])
    return {"image": tmp_path / "cut.nii.gz"}


def folder_as_form(kit, case, tmp_path):
    return {"clinical": tmp_path}


def form_with_nan(kit, case, tmp_path):
    (tmp_path / "form.json").write_text('{"age_years": NaN}')
    return {"clinical": tmp_path / "form.json"}


def deep_form(kit, case, tmp_path):
    (tmp_path / "form.json").write_text('{"x": ' + "[" * 100_000)
    return {"clinical": tmp_path / "form.json"}


def form_beyond_hard_limits(kit, case, tmp_path):
    (tmp_path / "form.json").write_text(json.dumps({"albumin_g_l": 3.9}))
    return {"clinical": tmp_path / "form.json"}


def folder_without_bundle(kit, case, tmp_path):
    return {"bundle": tmp_path}


def report_in_a_missing_folder(kit, case, tmp_path):
    return {"html": tmp_path / "absent" / "report.html"}


def several_regions(kit, case, tmp_path):
    _, tumor = kit.phantom_hu()
    labels = tumor.astype(np.uint8)
    labels[0, 0, 0] = 2
    kit.write_nifti(tmp_path / "two.nii.gz", labels)
    return {"mask": tmp_path / "two.nii.gz"}


@pytest.mark.parametrize(
    "broken",
    [
        half_copied_folder,
        text_named_dcm,
        empty_mask,
        mr_series,
        mask_that_misses_the_image,
        missing_image,
        cut_nifti,
        folder_as_form,
        form_with_nan,
        deep_form,
        form_beyond_hard_limits,
        folder_without_bundle,
        report_in_a_missing_folder,
        several_regions,
    ],
)
def test_bad_input_is_refused_in_one_line(broken, predict, refused, kit, case, tmp_path):
    refused(predict(**broken(kit, case, tmp_path)))


def test_a_refused_value_is_named_with_unit_and_remedy(predict, kit, case, tmp_path):
    result = predict(**form_beyond_hard_limits(kit, case, tmp_path))
    for part in ("albumin_g_l", "3.9", "g/L", "g/dL", "39"):
        assert part in result.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("no_such_verb",), ("predict",), ("predict", "--nonsense"), ("batch", "--jobs", "none")],
)
def test_usage_errors_are_one_line(run_cli, refused, arguments):
    refused(run_cli(*arguments))


def test_a_table_verb_refuses_in_one_line(run_cli, refused, untrained_bundle, tmp_path):
    (tmp_path / "table.csv").write_text("patient_id,image\nA,a.nii\n")
    out = tmp_path / "out.csv"
    options = ("--manifest", tmp_path / "table.csv", "--bundle", untrained_bundle, "--out", out)
    refused(run_cli("batch", *options))
    assert not out.exists()
