import numpy as np


def test_the_networks_input_is_written_with_its_types_and_range(run_cli, case, tmp_path):
    out = tmp_path / "input.npz"
    study = ("--image", case.nifti, "--mask", case.mask)
    result = run_cli("preprocess", *study, "--out", out, "--json")
    assert (result.code, result.err) == (0, "")
    assert result.json["study"]["slice_indices"] == [3, 4, 5]
    assert [path.name for path in tmp_path.iterdir()] == ["input.npz"]
    with np.load(out, allow_pickle=False) as written:
        image, mask = written["image"], written["mask"]
    assert (image.dtype, image.shape) == (np.float32, (3, 112, 112))
    assert (mask.dtype, mask.shape) == (np.uint8, (3, 112, 112))
    assert image.min() >= 0
    assert image.max() <= 1
    assert set(np.unique(mask)) == {0, 1}


def test_dicom_and_nifti_give_the_same_input(run_cli, case, tmp_path):
    images = []
    for name, image in (("a", case.nifti), ("b", case.dicom)):
        out = tmp_path / f"{name}.npz"
        run_cli("preprocess", "--image", image, "--mask", case.mask, "--out", out)
        with np.load(out, allow_pickle=False) as written:
            images.append(written["image"])
    np.testing.assert_allclose(images[0], images[1], atol=1e-6)


def test_an_output_that_is_a_folder_is_refused(run_cli, refused, case, tmp_path):
    study = ("--image", case.nifti, "--mask", case.mask)
    refused(run_cli("preprocess", *study, "--out", tmp_path))
