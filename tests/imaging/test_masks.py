import shutil

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.uid import ImplicitVRLittleEndian

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.masks import mask_kind, open_mask
from dlcs_core.imaging.sources import FileSource

CUT_CODES = {
    "dicom_truncated", "dicom_unreadable", "mask_kind_unknown", "seg_malformed",
    "volume_truncated", "volume_detached",
}  # fmt: skip


@pytest.fixture
def files(tmp_path, plan, kit, mask_kit):
    """One series and its outline in three formats, each in a folder of its own."""
    kit.write_series(tmp_path / "image", plan)
    masks = np.zeros(plan.hu.shape, dtype=np.uint8)
    masks[3, 10:20, 10:20] = 1
    ring = np.array([[9.5, 9.5], [9.5, 19.5], [19.5, 19.5], [19.5, 9.5]])
    contour = mask_kit.contour(mask_kit.patient_points(plan, 3, ring))
    for name in ("rtstruct", "seg", "label_map"):
        (tmp_path / name).mkdir()
    kit.save(mask_kit.structure_set(plan, {"GTV": [contour]}), tmp_path / "rtstruct" / "RS1")
    mask_kit.segmentation(plan, masks).save_as(tmp_path / "seg" / "0001")
    image = sitk.GetImageFromArray(masks)
    sitk.WriteImage(image, tmp_path / "label_map" / "m.nrrd")
    return tmp_path


def refusal_of(path) -> ImagingError:
    with pytest.raises(ImagingError) as refusal:
        open_mask(path)
    return refusal.value


@pytest.mark.parametrize(
    ("folder", "mask_format"), [("rtstruct", "rtstruct"), ("seg", "seg"), ("label_map", "nrrd")]
)
def test_folder_with_one_mask_is_that_mask(files, folder, mask_format):
    assert open_mask(files / folder).mask_format == mask_format


@pytest.mark.parametrize("folder", ["rtstruct", "seg", "label_map"])
def test_mask_is_found_in_a_deep_folder_beside_the_image_and_notes(files, folder):
    deep = files / "image" / "a" / "b"
    shutil.copytree(files / folder, deep)
    (deep / "notes.txt").write_text("outline of the tumour")
    (deep / "empty").write_bytes(b"")
    assert [region.number for region in open_mask(files / "image").regions] == [1]


def test_folder_with_two_masks_is_refused_with_their_count(files):
    shutil.copytree(files / "seg", files / "rtstruct" / "more")
    refusal = refusal_of(files / "rtstruct")
    assert (refusal.code, refusal.values["count"]) == ("mask_folder_has_several", 2)


def test_folder_with_images_only_is_refused(files):
    assert refusal_of(files / "image").code == "mask_not_in_folder"


def test_single_image_is_refused_as_mask(files):
    assert refusal_of(files / "image" / "IM0003").code == "mask_is_an_image"


def test_missing_path_is_named(files):
    refusal = refusal_of(files / "gone.nii.gz")
    assert refusal.code == "path_not_found"
    assert str(refusal.values["path"]).endswith("gone.nii.gz")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"no mask at all\n" * 50, "mask_kind_unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "mask_kind_unknown"),
        (b"%PDF-1.7" + bytes(500), "mask_kind_unknown"),
    ],
)
def test_other_files_are_refused(tmp_path, content, code):
    (tmp_path / "mask.dat").write_bytes(content)
    assert refusal_of(tmp_path / "mask.dat").code == code


def test_structure_set_without_preamble_is_read(files, plan, mask_kit):
    dataset = mask_kit.structure_set(plan, {"GTV": [mask_kit.contour(np.eye(3))]})
    dataset.SpecificCharacterSet = "ISO_IR 192"
    del dataset.file_meta
    path = files / "bare"
    dataset.save_as(path, implicit_vr=True, little_endian=True)
    assert path.read_bytes()[128:132] != b"DICM"
    assert open_mask(path).mask_format == "rtstruct"


def test_segmentation_without_preamble_is_read(files, plan, mask_kit):
    masks = np.zeros(plan.hu.shape, dtype=np.uint8)
    masks[3, 10:20, 10:20] = 1
    dataset = mask_kit.segmentation(plan, masks)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    del dataset.file_meta
    dataset.save_as(files / "bare", implicit_vr=True, little_endian=True)
    segmentation = open_mask(files / "bare")
    assert [region.is_drawn for region in segmentation.regions] == [True]


def test_implicit_structure_set_with_long_contours_is_read(files, plan, kit, mask_kit):
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    ring = 30 + 9 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    contour = mask_kit.contour(mask_kit.patient_points(plan, 3, ring))
    dataset = mask_kit.structure_set(plan, {"GTV": [contour]})
    kit.save(dataset, files / "RS2", ImplicitVRLittleEndian)
    assert [region.is_drawn for region in open_mask(files / "RS2").regions] == [True]


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8, 0.97, 0.999])
@pytest.mark.parametrize("name", ["rtstruct/RS1", "seg/0001", "label_map/m.nrrd"])
def test_cut_file_is_refused(files, name, kept):
    path = files / name
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert refusal_of(path).code in CUT_CODES


@pytest.mark.parametrize("undefined_length", [False, True])
@pytest.mark.parametrize("implicit", [False, True])
def test_structure_set_cut_at_any_byte_is_never_taken(
    files, plan, mask_kit, undefined_length, implicit
):
    ring = np.eye(3) * 10
    contours = [mask_kit.contour(mask_kit.patient_points(plan, k, ring[:, :2])) for k in (2, 3)]
    dataset = mask_kit.structure_set(plan, {"GTV": contours})
    for name in ("StructureSetROISequence", "ROIContourSequence"):
        dataset[name].is_undefined_length = undefined_length
    dataset.ROIContourSequence[0]["ContourSequence"].is_undefined_length = undefined_length
    if implicit:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    path = files / "RS3"
    dataset.save_as(path, enforce_file_format=True)
    content = path.read_bytes()
    assert open_mask(path).regions[0].is_drawn
    for kept in range(len(content) - 260, len(content)):
        path.write_bytes(content[:kept])
        assert refusal_of(path).code in CUT_CODES


@pytest.mark.parametrize("name", ["rtstruct/RS1", "seg/0001", "label_map/m.nrrd"])
def test_kind_is_told_without_the_name(files, name):
    path = files / name
    assert mask_kind(FileSource(path, path.stat().st_size)) == name.split("/")[0]
