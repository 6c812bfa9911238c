"""Geometry of a DICOM stack: order by position, canonical axes, gaps, tilt, duplicates."""

from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.reading import read_volume

HEAD_TO_FEET = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
PRONE = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
ROTATED = (0.0, 1.0, 0.0, 1.0, 0.0, 0.0)


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


def code_of(path):
    with pytest.raises(ImagingError) as refusal:
        read_volume(path)
    return refusal.value.code


def codes(volume):
    return [warning.code for warning in volume.warnings]


def patient_position(plan, index, row, column):
    """Position by the DICOM equation (PS3.3 C.7.6.2.1.1), independent of the reader."""
    along_row, along_column = np.array(plan.orientation[:3]), np.array(plan.orientation[3:])
    in_plane = along_row * plan.spacing[1] * column + along_column * plan.spacing[0] * row
    return plan.position(index) + in_plane


def nearest_index(grid, position):
    """Index of a patient position on a grid, by its directions."""
    offset = np.asarray(position) - grid.origin_mm
    axes = (grid.normal, grid.row_direction, grid.column_direction)
    return tuple(round(float(offset @ np.asarray(axes[i])) / grid.spacing_mm[i]) for i in range(3))


@pytest.mark.parametrize(
    "orientation", [HEAD_TO_FEET, PRONE, CORONAL, SAGITTAL, ROTATED, (1, 0, 0, 0, -1, 0)]
)
def test_every_orientation_lands_on_the_same_patient_positions(orientation, kit, plan, tmp_path):
    turned = replace(plan, orientation=orientation)
    kit.write_series(tmp_path, turned)
    volume = read_volume(tmp_path)
    hu = volume_hu(volume)
    grid = volume.grid
    assert np.argmax(np.abs(grid.normal)) == 2
    assert min(grid.normal[2], grid.row_direction[1], grid.column_direction[0]) == 1.0
    for index, row, column in [(0, 0, 0), (7, 63, 47), (3, 20, 31), (5, 40, 11)]:
        position = patient_position(turned, index, row, column)
        found = nearest_index(grid, position)
        np.testing.assert_allclose(grid.patient_position_mm(*found), position, atol=1e-6)
        assert hu[found] == plan.hu[index, row, column]


def test_slices_are_sorted_by_position_whatever_their_names_and_numbers(kit, plan, tmp_path):
    def shuffle_numbers(index, dataset):
        dataset.InstanceNumber = (index * 5) % 8

    kit.write_series(tmp_path, plan, shuffle_numbers, names=lambda k: f"{(k * 3) % 8}.x{k}")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.sop_instance_uids == tuple(plan.sop_uid(index) for index in range(8))
    np.testing.assert_allclose(volume.grid.slice_positions_mm, 100 + 5 * np.arange(8))


def test_files_running_from_head_to_feet_are_flipped(kit, plan, tmp_path):
    kit.write_series(tmp_path, replace(plan, step_mm=-5.0))
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu[::-1])
    assert volume.sop_instance_uids[0] == plan.sop_uid(7)
    assert volume.grid.origin_mm == (-20.0, -30.0, 65.0)


def test_slice_spacing_is_the_median_distance_not_the_thickness(kit, plan, tmp_path):
    heights = [0, 5, 10, 15, 20, 25, 30, 35.5]
    kit.write_series(tmp_path, replace(plan, positions=tuple((0.0, 0.0, z) for z in heights)))
    volume = read_volume(tmp_path)
    assert volume.grid.spacing_mm == (5.0, 0.8, 0.7)
    assert volume.header.slice_thickness_mm == 2.5


def test_oblique_slices_are_not_taken_for_a_tilt(kit, plan, tmp_path):
    angle = np.radians(12)
    oblique = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(np.sin(angle)))
    kit.write_series(tmp_path, replace(plan, orientation=oblique))
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    np.testing.assert_allclose(np.diff(volume.grid.slice_positions_mm), 5.0, atol=1e-6)


def test_gantry_tilt_is_refused_with_its_angle(kit, plan, tmp_path):
    angle = np.radians(12)
    tilted = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(np.sin(angle)))
    heights = tuple((0.0, 0.0, 5.0 * k) for k in range(8))
    kit.write_series(tmp_path, replace(plan, orientation=tilted, positions=heights))
    with pytest.raises(ImagingError) as refusal:
        read_volume(tmp_path)
    assert refusal.value.code == "gantry_tilt"
    assert refusal.value.values["degrees"] == 12.0


def test_declared_gantry_tilt_is_refused_although_positions_hide_it(kit, plan, tmp_path):
    def declare(_, dataset):
        dataset.GantryDetectorTilt = 15.0

    kit.write_series(tmp_path, plan, declare)
    assert code_of(tmp_path) == "gantry_tilt"


def test_rounded_positions_are_not_taken_for_a_tilt(kit, plan, tmp_path):
    positions = tuple((0.05 * (k % 2), -0.04 * (k % 3), 1.0 * k) for k in range(8))
    kit.write_series(tmp_path, replace(plan, positions=positions))
    assert read_volume(tmp_path).warnings == ()


@pytest.mark.parametrize("step_mm", [5.0, -5.0])
def test_a_missing_slice_is_recorded_below_the_gap(step_mm, kit, plan, tmp_path):
    paths = kit.write_series(tmp_path, replace(plan, step_mm=step_mm))
    paths[5].unlink()
    volume = read_volume(tmp_path)
    below = 4 if step_mm > 0 else 1
    assert volume.gaps == (below,)
    positions = volume.grid.slice_positions_mm
    assert positions[below + 1] - positions[below] == pytest.approx(10.0)
    assert codes(volume) == ["slices_missing"]
    assert volume.grid.spacing_mm[0] == pytest.approx(5.0)


def test_a_gap_among_three_slices_is_found(kit, plan, tmp_path):
    heights = ((0.0, 0.0, 0.0), (0.0, 0.0, 5.0), (0.0, 0.0, 15.0))
    kit.write_series(tmp_path, replace(plan, hu=plan.hu[:3], positions=heights))
    assert read_volume(tmp_path).gaps == (1,)


def test_a_coronal_stack_with_a_missing_slice_is_refused(kit, plan, tmp_path):
    kit.write_series(tmp_path, replace(plan, orientation=CORONAL))[4].unlink()
    assert code_of(tmp_path) == "resliced_stack_uneven"


def test_one_slice_is_accepted_with_a_warning(kit, plan, tmp_path):
    path = kit.write_series(tmp_path, replace(plan, hu=plan.hu[:1]))[0]
    volume = read_volume(path)
    assert codes(volume) == ["single_slice"]
    assert volume.grid.size == (1, 64, 48)
    assert volume.grid.spacing_mm[0] == 2.5


def test_two_slices_at_one_position_are_refused(kit, plan, tmp_path):
    positions = tuple((0.0, 0.0, 5.0 * min(k, 6)) for k in range(8))
    kit.write_series(tmp_path, replace(plan, positions=positions))
    assert code_of(tmp_path) == "duplicate_positions"


def test_copies_of_one_file_are_used_once(kit, plan, tmp_path):
    paths = kit.write_series(tmp_path / "a", plan)
    (tmp_path / "b").mkdir()
    for path in paths[:3]:
        (tmp_path / "b" / path.name).write_bytes(path.read_bytes())
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert codes(volume) == ["slice_copies_dropped"]
    assert volume.warnings[0].values == {"count": 3}


def test_one_uid_with_other_pixels_at_its_place_is_no_copy(kit, plan, tmp_path):
    kit.write_series(tmp_path / "a", plan)
    other = kit.slice_dataset(replace(plan, hu=plan.hu + 1), 2)
    kit.save(other, tmp_path / "other")
    assert code_of(tmp_path) == "duplicate_positions"


def test_slices_without_uid_are_no_duplicates(kit, plan, tmp_path):
    def drop_uid(_, dataset):
        dataset.SOPInstanceUID = ""

    kit.write_series(tmp_path, plan, drop_uid)
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.sop_instance_uids == (None,) * 8
    assert volume.warnings == ()


def test_one_uid_on_all_slices_is_warned_of(kit, plan, tmp_path):
    def same_uid(_, dataset):
        dataset.SOPInstanceUID = plan.sop_uid(0)

    kit.write_series(tmp_path, plan, same_uid)
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert codes(volume) == ["sop_instance_uid_repeated"]


def _other_size(kit, dataset):
    kit.put_pixels(dataset, np.zeros((64, 40), dtype=np.uint16))


def _other_spacing(_, dataset):
    dataset.PixelSpacing = [0.8, 0.9]


def _other_orientation(_, dataset):
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 0.9962, 0.0872]


def _other_patient(_, dataset):
    dataset.PatientID = "PHANTOM-2"


def _other_frame_of_reference(kit, dataset):
    dataset.FrameOfReferenceUID = kit.uid("other")


def _no_position(_, dataset):
    del dataset.ImagePositionPatient


def _infinite_position(_, dataset):
    dataset.ImagePositionPatient = ["0", "0", "1e999"]


def _no_intercept(_, dataset):
    del dataset.RescaleIntercept


def _zero_intercept(_, dataset):
    dataset.RescaleIntercept = 0


def _colour(_, dataset):
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "RGB"
    dataset.PixelData = dataset.PixelData * 3


def _lookup_table(_, dataset):
    from pydicom.dataset import Dataset

    dataset.ModalityLUTSequence = [Dataset()]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_other_size, "series_sizes_differ"),
        (_other_spacing, "series_spacings_differ"),
        (_other_orientation, "series_orientations_differ"),
        (_other_patient, "two_patients"),
        (_other_frame_of_reference, "two_frames_of_reference"),
        (_no_position, "geometry_missing"),
        (_infinite_position, "geometry_not_finite"),
        (_no_intercept, "rescale_missing"),
        (_zero_intercept, "rescale_lost"),
        (_colour, "pixels_not_gray"),
        (_lookup_table, "modality_lut"),
    ],
)
def test_one_odd_slice_refuses_the_series(spoil, code, kit, plan, tmp_path):
    kit.write_series(tmp_path, plan, lambda k, ds: spoil(kit, ds) if k == 3 else None)
    assert code_of(tmp_path) == code


@pytest.mark.parametrize(
    ("orientation", "code"),
    [
        ((1, 0, 0, 0, 0, 0), "geometry_not_finite"),
        ((1, 0, 0, 1, 0, 0), "grid_not_orthogonal"),
        ((1, 0, 0, 0.1, 0.995, 0), "grid_not_orthogonal"),
        ((2, 0, 0, 0, 2, 0), "geometry_not_finite"),
    ],
)
def test_impossible_orientations_are_refused(orientation, code, kit, plan, tmp_path):
    def turn(_, dataset):
        dataset.ImageOrientationPatient = list(orientation)

    kit.write_series(tmp_path, plan, turn)
    assert code_of(tmp_path) == code


@pytest.mark.parametrize("spacing", [(0, 0.7), (-0.8, 0.7), ("NaN", 0.7)])
def test_impossible_pixel_spacing_is_refused(spacing, kit, plan, tmp_path):
    path = kit.write_series(tmp_path, plan)[0]
    text = "\\".join(str(value) for value in spacing).ljust(8).encode()
    content = path.read_bytes()
    assert content.count(b"0.8\\0.7 ") == 1
    for other in tmp_path.iterdir():
        padded = text[:8] if len(text) <= 8 else text
        other.write_bytes(other.read_bytes().replace(b"0.8\\0.7 ", padded))
    assert code_of(tmp_path) in ("geometry_not_finite", "dicom_unreadable")
