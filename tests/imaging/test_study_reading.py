import shutil
import zipfile
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.series import read_series_candidates
from dlcs_core.imaging.study_reading import read_study

RING = np.array([[9.5, 9.5], [9.5, 19.5], [25.5, 19.5], [25.5, 9.5]])


def codes(study) -> list[str]:
    return [notice.code for notice in study.warnings]


def refusal_of(*arguments) -> ImagingError:
    with pytest.raises(ImagingError) as refusal:
        read_study(*arguments)
    return refusal.value


@pytest.fixture
def outline(plan) -> np.ndarray:
    masks = np.zeros(plan.hu.shape, dtype=np.uint8)
    masks[2:5, 10:26, 10:20] = 1
    return masks


@pytest.fixture
def write_masks(tmp_path, kit, mask_kit, outline):
    """Write the outline of a plan's series as RTSTRUCT and SEG; edit changes either dataset."""

    def write(plan, edit=lambda dataset: None):
        contours = [mask_kit.contour(mask_kit.patient_points(plan, k, RING)) for k in (2, 3, 4)]
        structure_set = mask_kit.structure_set(plan, {"GTV": contours})
        segmentation = mask_kit.segmentation(plan, outline[: len(plan.hu)])
        for dataset in (structure_set, segmentation):
            edit(dataset)
        kit.save(structure_set, tmp_path / "rtstruct")
        segmentation.save_as(tmp_path / "seg")

    return write


def write_nifti(path, values: np.ndarray, grid) -> None:
    """Write (slice, row, column) values on a canonical grid."""
    steps = [
        np.asarray(direction) * spacing
        for direction, spacing in zip(
            (grid.column_direction, grid.row_direction, grid.normal),
            grid.spacing_mm[::-1],
            strict=True,
        )
    ]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.array(steps).T, grid.origin_mm
    to_ras = np.diag([-1.0, -1.0, 1.0, 1.0])
    nibabel.save(nibabel.Nifti1Image(values.transpose(2, 1, 0), to_ras @ affine), path)


def grid_of(path):
    return read_series_candidates(path)[0].require_volume().grid


def forget_references(dataset: Dataset) -> None:
    for keyword in (
        "ReferencedFrameOfReferenceSequence", "ReferencedSeriesSequence", "FrameOfReferenceUID",
    ):  # fmt: skip
        if keyword in dataset:
            delattr(dataset, keyword)
    for roi in dataset.get("StructureSetROISequence") or ():
        del roi.ReferencedFrameOfReferenceUID
    for group in dataset.get("PerFrameFunctionalGroupsSequence") or ():
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence


def refer_elsewhere(dataset: Dataset) -> None:
    """Leave nothing but a frame of reference, that of no image here."""
    forget_references(dataset)
    if dataset.Modality == "SEG":
        dataset.FrameOfReferenceUID = "1.2.3.4"
    for roi in dataset.get("StructureSetROISequence") or ():
        roi.ReferencedFrameOfReferenceUID = "1.2.3.4"


def keep_frame_of_reference_only(dataset: Dataset) -> None:
    frame = dataset.get("FrameOfReferenceUID")
    frames = [r.ReferencedFrameOfReferenceUID for r in dataset.get("StructureSetROISequence") or ()]
    forget_references(dataset)
    if frame:
        dataset.FrameOfReferenceUID = frame
    for roi, uid in zip(dataset.get("StructureSetROISequence") or (), frames, strict=True):
        roi.ReferencedFrameOfReferenceUID = uid


def change_frame_of_reference(dataset: Dataset) -> None:
    """Keep series and instances, give another frame of reference."""
    if dataset.Modality == "SEG":
        dataset.FrameOfReferenceUID = "1.2.3.4"
        return
    dataset.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = "1.2.3.4"
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3.4"


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
@pytest.mark.parametrize(
    "edit", [lambda dataset: None, keep_frame_of_reference_only, change_frame_of_reference]
)
def test_frame_of_reference_or_series_is_enough(
    tmp_path, plan, kit, write_masks, outline, mask, edit
):
    kit.write_series(tmp_path / "image", plan)
    write_masks(plan, edit)
    study = read_study(tmp_path / "image", tmp_path / mask)
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))
    assert study.mask_format == mask
    assert codes(study) == []


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_mask_of_another_image_is_refused(tmp_path, plan, kit, write_masks, mask):
    kit.write_series(tmp_path / "image", plan)
    write_masks(replace(plan, name="another patient"))
    assert refusal_of(tmp_path / "image", tmp_path / mask).code == "mask_of_another_image"
    write_masks(plan, refer_elsewhere)
    assert refusal_of(tmp_path / "image", tmp_path / mask).code == "mask_of_another_image"


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_mask_without_a_reference_is_matched_by_position(
    tmp_path, plan, kit, write_masks, outline, mask
):
    kit.write_series(tmp_path / "image", plan)
    write_masks(plan, forget_references)
    study = read_study(tmp_path / "image", tmp_path / mask)
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))
    assert codes(study) == ["mask_without_reference"]


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_nifti_image_takes_a_dicom_mask_by_position(
    tmp_path, plan, kit, write_masks, outline, mask
):
    kit.write_series(tmp_path / "image", plan)
    write_nifti(tmp_path / "image.nii.gz", plan.hu, grid_of(tmp_path / "image"))
    write_masks(plan)
    study = read_study(tmp_path / "image.nii.gz", tmp_path / mask)
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))
    assert "mask_without_reference" in codes(study)


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_series_named_by_the_mask_is_taken_among_several(tmp_path, plan, kit, write_masks, mask):
    meant = replace(plan, name="portal")
    for name in ("arterial", "portal", "late"):
        kit.write_series(tmp_path / "image" / name, replace(plan, name=name))
    write_masks(meant)
    study = read_study(tmp_path / "image", tmp_path / mask)
    assert study.volume.series_instance_uid == meant.series_uid
    assert codes(study) == ["other_series_left_out"]


def same_frame_of_reference(plan):
    def edit(slice_index: int, dataset: Dataset) -> None:
        dataset.FrameOfReferenceUID = plan.frame_of_reference_uid

    return edit


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_named_series_goes_before_others_in_its_frame_of_reference(
    tmp_path, plan, kit, write_masks, mask
):
    kit.write_series(tmp_path / "image" / "portal", plan)
    other = replace(plan, name="late")
    kit.write_series(tmp_path / "image" / "late", other, same_frame_of_reference(plan))
    write_masks(plan)
    study = read_study(tmp_path / "image", tmp_path / mask)
    assert study.volume.series_instance_uid == plan.series_uid


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_frame_of_reference_with_several_equal_series_is_refused(
    tmp_path, plan, kit, write_masks, mask
):
    kit.write_series(tmp_path / "image" / "portal", plan)
    other = replace(plan, name="late")
    kit.write_series(tmp_path / "image" / "late", other, same_frame_of_reference(plan))
    write_masks(plan, keep_frame_of_reference_only)
    assert refusal_of(tmp_path / "image", tmp_path / mask).code == "several_series"


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_frame_of_reference_decides_for_the_series_with_the_masks_slices(
    tmp_path, plan, kit, write_masks, mask
):
    kit.write_series(tmp_path / "image" / "thick", plan)
    thin = replace(plan, name="thin", hu=kit.phantom_hu(29), step_mm=1.25)
    kit.write_series(tmp_path / "image" / "thin", thin, same_frame_of_reference(plan))
    write_masks(plan, keep_frame_of_reference_only)
    study = read_study(tmp_path / "image", tmp_path / mask)
    assert study.volume.series_instance_uid == plan.series_uid


def test_label_map_takes_the_series_whose_grid_it_fits(tmp_path, plan, kit, outline):
    kit.write_series(tmp_path / "image" / "thick", plan)
    thin = replace(plan, name="thin", hu=kit.phantom_hu(29), step_mm=1.25)
    kit.write_series(tmp_path / "image" / "thin", thin)
    write_nifti(tmp_path / "mask.nii.gz", outline, grid_of(tmp_path / "image" / "thick"))
    study = read_study(tmp_path / "image", tmp_path / "mask.nii.gz")
    assert study.volume.series_instance_uid == plan.series_uid
    assert codes(study) == ["other_series_left_out"]


def test_label_map_takes_the_only_series_it_overlaps(tmp_path, plan, kit, outline):
    kit.write_series(tmp_path / "image" / "near", plan)
    far = replace(plan, name="far", origin=(-20.0, -30.0, 900.0))
    kit.write_series(tmp_path / "image" / "far", far)
    grid = grid_of(tmp_path / "image" / "near")
    moved = replace(grid, origin_mm=tuple(np.add(grid.origin_mm, 0.3)))
    write_nifti(tmp_path / "mask.nii.gz", outline, moved)
    study = read_study(tmp_path / "image", tmp_path / "mask.nii.gz")
    assert study.volume.series_instance_uid == plan.series_uid
    assert codes(study) == ["other_series_left_out", "mask_resampled"]


def test_label_map_that_fits_several_series_is_refused_with_the_series(
    tmp_path, plan, kit, outline
):
    for name in ("arterial", "portal"):
        kit.write_series(tmp_path / "image" / name, replace(plan, name=name))
    write_nifti(tmp_path / "mask.nii.gz", outline, grid_of(tmp_path / "image" / "portal"))
    refusal = refusal_of(tmp_path / "image", tmp_path / "mask.nii.gz")
    assert refusal.code == "several_series"
    assert "8" in str(refusal.values["series"])


def test_label_map_beside_every_series_is_refused(tmp_path, plan, kit, outline):
    for name in ("arterial", "portal"):
        kit.write_series(tmp_path / "image" / name, replace(plan, name=name))
    grid = grid_of(tmp_path / "image" / "portal")
    write_nifti(tmp_path / "mask.nii.gz", outline, replace(grid, origin_mm=(0.0, 0.0, 900.0)))
    refusal = refusal_of(tmp_path / "image", tmp_path / "mask.nii.gz")
    assert refusal.code == "mask_outside_image"


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_mask_may_lie_in_the_image_folder(tmp_path, plan, kit, write_masks, outline, mask):
    kit.write_series(tmp_path / "image", plan)
    write_masks(plan)
    shutil.copy(tmp_path / mask, tmp_path / "image" / "ZZ")
    for given in (tmp_path / "image" / "ZZ", tmp_path / "image"):
        study = read_study(tmp_path / "image", given)
        np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))
        assert codes(study) == []


def test_label_map_may_lie_beside_a_nifti_image(tmp_path, plan, kit, outline):
    kit.write_series(tmp_path / "dicom", plan)
    grid = grid_of(tmp_path / "dicom")
    (tmp_path / "case").mkdir()
    write_nifti(tmp_path / "case" / "a.nii.gz", plan.hu, grid)
    write_nifti(tmp_path / "case" / "b.nii.gz", outline, grid)
    study = read_study(tmp_path / "case", tmp_path / "case" / "b.nii.gz")
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))


def test_image_and_mask_in_zips_are_read(tmp_path, plan, kit, write_masks, outline):
    paths = kit.write_series(tmp_path / "image", plan)
    write_masks(plan)
    with zipfile.ZipFile(tmp_path / "image.zip", "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    with zipfile.ZipFile(tmp_path / "mask.zip", "w") as archive:
        archive.write(tmp_path / "rtstruct", "a/rs")
    study = read_study(tmp_path / "image.zip", tmp_path / "mask.zip")
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))


def test_image_and_mask_in_one_zip_are_read(tmp_path, plan, kit, write_masks, outline):
    paths = kit.write_series(tmp_path / "image", plan)
    write_masks(plan)
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        for path in (*paths, tmp_path / "seg"):
            archive.write(path, path.name)
    study = read_study(tmp_path / "case.zip", tmp_path / "case.zip")
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))


def test_files_of_the_image_may_be_listed(tmp_path, plan, kit, write_masks, outline):
    paths = kit.write_series(tmp_path / "image", plan)
    write_masks(plan)
    study = read_study(paths[::-1], tmp_path / "seg")
    np.testing.assert_array_equal(study.mask.pixel_counts(), outline.sum(axis=(1, 2)))


def test_series_is_named_by_its_instances_alone(tmp_path, plan, kit, write_masks):
    def keep_one_instance(dataset: Dataset) -> None:
        forget_references(dataset)
        if dataset.Modality == "RTSTRUCT":
            image = Dataset()
            image.ReferencedSOPInstanceUID = plan.sop_uid(3)
            dataset.ROIContourSequence[0].ContourSequence[1].ContourImageSequence = [image]

    for name in ("arterial", plan.name):
        kit.write_series(tmp_path / "image" / name, replace(plan, name=name))
    write_masks(plan, keep_one_instance)
    study = read_study(tmp_path / "image", tmp_path / "rtstruct")
    assert study.volume.series_instance_uid == plan.series_uid


def test_region_is_chosen_and_named(tmp_path, plan, kit, mask_kit):
    kit.write_series(tmp_path / "image", plan)
    contours = {
        name: [mask_kit.contour(mask_kit.patient_points(plan, k, RING))]
        for name, k in (("Liver", 2), ("Tumour", 5))
    }
    kit.save(mask_kit.structure_set(plan, contours), tmp_path / "rs")
    for roi in ("tumour", "2"):
        study = read_study(tmp_path / "image", tmp_path / "rs", roi)
        assert study.region_name == "Tumour"
        assert list(study.mask.planes) == [5]
    refusal = refusal_of(tmp_path / "image", tmp_path / "rs")
    assert refusal.values["regions"] == "1 (Liver), 2 (Tumour)"


def test_mask_of_most_of_the_image_is_told(tmp_path, plan, kit):
    kit.write_series(tmp_path / "image", plan)
    everything = np.ones(plan.hu.shape, dtype=np.uint8)
    write_nifti(tmp_path / "mask.nii", everything, grid_of(tmp_path / "image"))
    assert codes(read_study(tmp_path / "image", tmp_path / "mask.nii")) == ["mask_covers_most"]


def test_outline_that_skips_slices_is_told(tmp_path, plan, kit, mask_kit):
    kit.write_series(tmp_path / "image", plan)
    contours = [mask_kit.contour(mask_kit.patient_points(plan, k, RING)) for k in (1, 3, 6)]
    kit.save(mask_kit.structure_set(plan, {"GTV": contours}), tmp_path / "rs")
    (notice,) = read_study(tmp_path / "image", tmp_path / "rs").warnings
    assert (notice.code, notice.values["count"]) == ("contours_skip_slices", 3)


def test_image_given_as_mask_is_refused(tmp_path, plan, kit):
    kit.write_series(tmp_path / "image", plan)
    write_nifti(tmp_path / "image.nii.gz", plan.hu, grid_of(tmp_path / "image"))
    assert refusal_of(tmp_path / "image", tmp_path / "image").code == "mask_not_in_folder"
    assert refusal_of(tmp_path / "image", tmp_path / "image.nii.gz").code == "mask_is_an_image"


@pytest.mark.parametrize("mask", ["rtstruct", "seg"])
def test_mask_given_as_image_is_refused(tmp_path, plan, kit, write_masks, mask):
    kit.write_series(tmp_path / "image", plan)
    write_masks(plan)
    assert refusal_of(tmp_path / mask, tmp_path / mask).code == "not_ct"


def test_mask_of_an_mr_series_is_refused_for_its_modality(tmp_path, plan, kit, write_masks):
    def to_mr(slice_index: int, dataset: Dataset) -> None:
        dataset.Modality = "MR"

    kit.write_series(tmp_path / "image" / "ct", replace(plan, name="ct"))
    kit.write_series(tmp_path / "image" / "mr", plan, to_mr)
    write_masks(plan)
    assert refusal_of(tmp_path / "image", tmp_path / "rtstruct").code == "not_ct"


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("dicom", "rtstruct"),
        ("dicom", "nifti/mask.nii.gz"),
        ("nifti/image.nii.gz", "rtstruct/RS.dcm"),
        ("nifti/image.nii.gz", "nifti/mask.nii.gz"),
        ("dicom", "rtstruct/RS.dcm"),
    ],
)
def test_one_real_case_gives_one_mask_in_every_wrapping(shared_data, image, mask):
    case = shared_data / "ct" / "sarcoma_sts_041"
    study = read_study(case / image, case / mask)
    published = np.asarray(nibabel.load(case / "nifti" / "mask.nii.gz").dataobj) > 0
    found = np.stack([study.mask.plane(k) for k in range(study.mask.size[0])])
    np.testing.assert_array_equal(found, published.transpose(2, 1, 0))
