"""What a folder, zip or list of files may hold, and what is refused."""

import shutil
import struct
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEGLSLossless,
    MediaStorageDirectoryStorage,
    MRImageStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
)

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.reading import read_volume
from dlcs_core.imaging.series import read_series_candidates
from dlcs_core.translation import LANGUAGES, sentence_of


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


def refusal_of(path):
    with pytest.raises(ImagingError) as refusal:
        read_volume(path)
    for language in LANGUAGES:
        worded = sentence_of(refusal.value, language)
        assert worded != refusal.value.code
        assert "\n" not in worded
        assert "PHANTOM" not in worded
    return refusal.value


def codes(volume):
    return [warning.code for warning in volume.warnings]


def test_folders_below_the_given_one_are_searched(kit, plan, tmp_path):
    kit.write_series(tmp_path / "study" / "a b" / "c", plan)
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path)), plan.hu)


def test_a_list_of_files_in_any_order_is_a_series(kit, plan, tmp_path):
    paths = kit.write_series(tmp_path, plan)
    volume = read_volume([*paths[3:], *paths[:3]])
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)


def test_a_path_may_be_text(kit, plan, tmp_path):
    kit.write_series(tmp_path, plan)
    assert read_volume(str(tmp_path)).grid.size == (8, 64, 48)


def test_a_zip_reads_like_its_folder_and_leaves_nothing_behind(kit, plan, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    kit.write_series(tmp_path / "series", replace(plan, transfer_syntax=JPEGLSLossless))
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path / "series")
    volume = read_volume(zipped)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert list(temporary.iterdir()) == []


def test_a_file_without_preamble_and_meta_header_is_read(kit, plan, tmp_path):
    paths = kit.write_series(tmp_path, plan)
    for path in paths:
        content = path.read_bytes()
        meta_length = struct.unpack_from("<L", content, 140)[0]
        path.write_bytes(content[144 + meta_length :])
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path)), plan.hu)


def test_localizers_reports_and_side_files_are_left_out_with_a_count(kit, plan, tmp_path):
    kit.write_series(tmp_path, plan)
    scout = kit.slice_dataset(replace(plan, name="scout"), 0)
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    kit.save(scout, tmp_path / "scout")
    structure = kit.slice_dataset(replace(plan, name="structure"), 0)
    for keyword in ("Rows", "Columns", "PixelData", "BitsAllocated", "BitsStored", "HighBit"):
        delattr(structure, keyword)
    structure.SOPClassUID = RTStructureSetStorage
    structure.Modality = "RTSTRUCT"
    kit.save(structure, tmp_path / "structure")
    (tmp_path / "readme.txt").write_text("about")
    (tmp_path / "README").write_text("about")
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1")
    volume = read_volume(tmp_path)
    assert codes(volume) == ["non_images_skipped"]
    assert volume.warnings[0].values == {"count": 4}


def test_a_capture_without_geometry_does_not_compete(kit, plan, tmp_path):
    kit.write_series(tmp_path, plan)
    capture = kit.slice_dataset(replace(plan, name="capture"), 0)
    capture.SOPClassUID = SecondaryCaptureImageStorage
    del capture.ImagePositionPatient, capture.ImageOrientationPatient
    del capture.RescaleIntercept, capture.RescaleSlope
    kit.save(capture, tmp_path / "capture")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert codes(volume) == ["other_series_left_out"]


@pytest.mark.parametrize("modality", ["MR", "PT", "RTDOSE"])
def test_another_modality_is_refused_by_its_name(modality, kit, plan, tmp_path):
    def rename(_, dataset):
        dataset.Modality = modality

    kit.write_series(tmp_path, plan, rename)
    refusal = refusal_of(tmp_path)
    assert refusal.code == "not_ct"
    assert refusal.values["found"] == modality


def test_an_mr_object_that_calls_itself_ct_is_refused(kit, plan, tmp_path):
    def reclass(_, dataset):
        dataset.SOPClassUID = MRImageStorage

    kit.write_series(tmp_path, plan, reclass)
    assert refusal_of(tmp_path).values["found"] == "MR"


def test_modality_text_is_not_echoed(kit, plan, tmp_path):
    def inject(_, dataset):
        dataset.add_new("Modality", "LO", "<b>Phantom^One\nX")

    kit.write_series(tmp_path, plan, inject)
    refusal = refusal_of(tmp_path)
    assert refusal.values["found"] == "?"


def test_ct_beside_pet_is_chosen_with_a_warning(kit, plan, tmp_path):
    kit.write_series(tmp_path / "ct", plan)

    def pet(_, dataset):
        dataset.Modality = "PT"

    kit.write_series(tmp_path / "pt", replace(plan, name="pet"), pet)
    volume = read_volume(tmp_path)
    assert volume.series_instance_uid == plan.series_uid
    assert codes(volume) == ["other_series_left_out"]


def test_several_ct_series_are_refused_with_a_list(kit, plan, tmp_path):
    kit.write_series(tmp_path / "a", plan)
    thin = replace(plan, name="thin", step_mm=1.25, hu=plan.hu[:5])

    def number(_, dataset):
        dataset.SeriesNumber = 7
        dataset.SeriesDescription = "PHANTOM secret"

    kit.write_series(tmp_path / "b", thin, number)
    refusal = refusal_of(tmp_path)
    assert refusal.code == "several_series"
    assert refusal.values["series"] == "#3: 8 x 5 mm; #7: 5 x 1.25 mm"


def test_candidates_tell_what_a_mask_needs_to_choose(kit, plan, tmp_path):
    kit.write_series(tmp_path / "a", plan)
    kit.write_series(tmp_path / "b", replace(plan, name="second"))
    candidates = {one.series_instance_uid: one for one in read_series_candidates(tmp_path)}
    one = candidates[plan.series_uid]
    assert one.frame_of_reference_uid == plan.frame_of_reference_uid
    assert one.sop_instance_uids == {plan.sop_uid(index) for index in range(8)}
    assert (one.modality, one.n_slices, one.problem) == ("CT", 8, None)
    assert one.require_volume().grid.size == (8, 64, 48)


def test_a_spoiled_series_beside_a_good_one_keeps_its_problem_to_itself(kit, plan, tmp_path):
    kit.write_series(tmp_path / "a", plan)

    def spoil(_, dataset):
        del dataset.RescaleIntercept

    kit.write_series(tmp_path / "b", replace(plan, name="second"), spoil)
    problems = [
        one.problem.code if one.problem is not None else None
        for one in read_series_candidates(tmp_path)
    ]
    assert sorted(problems, key=str) == [None, "rescale_missing"]


def test_a_text_file_named_dcm_is_refused(kit, plan, tmp_path):
    path = tmp_path / "slice.dcm"
    path.write_text("not an image\n" * 100)
    assert refusal_of(path).code == "not_an_image"
    kit.write_series(tmp_path, plan)
    assert refusal_of(tmp_path).code == "not_dicom"


def test_an_empty_folder_and_a_folder_without_images_are_refused(tmp_path):
    assert refusal_of(tmp_path).code == "no_files"
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert refusal_of(tmp_path).code == "no_images"


def test_a_path_that_does_not_exist_is_named_as_typed(tmp_path):
    refusal = refusal_of(tmp_path / "nowhere")
    assert refusal.code == "path_not_found"
    assert refusal.values["path"] == str(tmp_path / "nowhere")


@pytest.mark.parametrize("kept_bytes", [0, 1, 100, 131, 140, 300, 700, 1000, -1])
def test_a_half_copied_folder_is_refused(kept_bytes, kit, plan, tmp_path):
    path = kit.write_series(tmp_path, plan)[5]
    path.write_bytes(path.read_bytes()[:kept_bytes])
    expected = {0: "file_empty", 1: "not_dicom", 100: "not_dicom", 131: "not_dicom"}
    assert refusal_of(tmp_path).code == expected.get(kept_bytes, "dicom_truncated")


@pytest.mark.parametrize("cut", [0.3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("syntax", [JPEGLSLossless, DeflatedExplicitVRLittleEndian])
def test_a_cut_file_is_refused_before_its_pixels_are_asked_for(syntax, cut, kit, plan, tmp_path):
    path = kit.write_series(tmp_path, replace(plan, transfer_syntax=syntax))[5]
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    assert refusal_of(tmp_path).code == "dicom_truncated"


def test_a_preallocated_file_of_zeros_is_refused(kit, plan, tmp_path):
    path = kit.write_series(tmp_path, plan)[5]
    path.write_bytes(bytes(path.stat().st_size))
    assert refusal_of(tmp_path).code == "not_dicom"


def test_damaged_pixels_are_refused_when_read(kit, plan, tmp_path):
    path = kit.write_series(tmp_path, replace(plan, transfer_syntax=JPEGLSLossless))[5]
    content = bytearray(path.read_bytes())
    start = content.rindex(b"\xff\xd8\xff")
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    volume = read_volume(tmp_path)
    with pytest.raises(ImagingError) as refusal:
        volume.read_slice_hu(5)
    assert refusal.value.code == "pixels_unreadable"


def nested_sequences(depth):
    """Bytes of RequestAttributesSequence in itself, explicit little endian, undefined lengths."""
    opening = b"\x40\0\x75\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return opening * depth + closing * depth


@pytest.mark.parametrize("depth", [250, 1000, 20_000])
def test_deep_nesting_is_refused(depth, kit, plan, tmp_path):
    path = kit.write_series(tmp_path, plan)[2]
    content = path.read_bytes()
    pixels = content.index(b"\xe0\x7f\x10\0OW")
    path.write_bytes(content[:pixels] + nested_sequences(depth) + content[pixels:])
    assert refusal_of(tmp_path).code == "dicom_too_deep"


def test_a_deflate_bomb_is_stopped(kit, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("dlcs_core.imaging.dicom.MAX_INFLATED_BYTES", 4000)
    kit.write_series(tmp_path, replace(plan, transfer_syntax=DeflatedExplicitVRLittleEndian))
    assert refusal_of(tmp_path).code == "file_too_large"


def test_a_deflated_file_beyond_any_ratio_of_images_is_stopped_early(kit, plan, tmp_path):
    kit.write_series(tmp_path, replace(plan, transfer_syntax=DeflatedExplicitVRLittleEndian))
    path = next(iter(tmp_path.iterdir()))
    content = path.read_bytes()
    meta_end = 132 + 12 + int.from_bytes(content[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(content[:meta_end] + packer.compress(bytes(9 << 20)) + packer.flush())
    assert refusal_of(tmp_path).code == "file_ratio"


def test_a_folder_of_volumes_and_a_zipped_volume(kit, plan, tmp_path):
    import nibabel

    affine = np.diag([-0.7, -0.8, 5.0, 1.0])
    image = nibabel.Nifti1Image(plan.hu.transpose(2, 1, 0), affine)
    nibabel.save(image, tmp_path / "image.nii.gz")
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        archive.write(tmp_path / "image.nii.gz", "folder/image.nii.gz")
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path / "zipped.zip")), plan.hu)
    nibabel.save(image, tmp_path / "second.nii.gz")
    assert refusal_of([tmp_path / "image.nii.gz", tmp_path / "second.nii.gz"]).code == (
        "several_series"
    )


def test_images_that_lost_detail_to_compression_are_warned_of(kit, plan, tmp_path):
    def declare(_, dataset):
        dataset.LossyImageCompression = "01"

    kit.write_series(tmp_path, plan, declare)
    assert codes(read_volume(tmp_path)) == ["lossy_compression"]


def test_a_path_in_a_message_is_one_printable_line(tmp_path):
    refusal = refusal_of(tmp_path / "a\nb\0c")
    assert refusal.values["path"] == f"{tmp_path}/a?b?c"


def test_a_directory_file_beside_the_images_is_left_out(kit, plan, tmp_path):
    kit.write_series(tmp_path / "disc", plan)
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = kit.uid("directory")
    directory.FileSetID = "DISC"
    directory.DirectoryRecordSequence = []
    kit.save(directory, tmp_path / "disc" / "DICOMDIR")
    volume = read_volume(tmp_path / "disc")
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert codes(volume) == ["non_images_skipped"]
