from dataclasses import dataclass, replace

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.masks import open_mask
from dlcs_core.imaging.polygons import fill_polygons
from dlcs_core.imaging.rtstruct import open_structure_set
from dlcs_core.imaging.series import read_series_candidates
from dlcs_core.imaging.study import Grid, Mask
from dlcs_core.imaging.study_reading import read_study

OUTER, INNER = 14.3, 6.2
CENTER = (31.7, 23.9)


def ring(radius: float, center: tuple[float, float] = CENTER, n_vertices: int = 60) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, n_vertices, endpoint=False)
    return np.stack(
        [center[0] + radius * np.sin(angle), center[1] + radius * np.cos(angle)], axis=1
    )


@dataclass(frozen=True)
class Drawn:
    mask: Mask
    counts: dict[str, int]
    grid: Grid


@pytest.fixture
def draw(tmp_path, kit, mask_kit):
    """Write a series and contours at (slice, ring); return the mask and the notices' counts."""

    def drawn(plan, placed, edit=None, kind="CLOSED_PLANAR"):
        kit.write_series(tmp_path / "image", plan)
        contours = [mask_kit.contour(mask_kit.patient_points(plan, k, r), kind) for k, r in placed]
        dataset = mask_kit.structure_set(plan, {"GTV": contours})
        if edit is not None:
            edit(dataset)
        kit.save(dataset, tmp_path / "RS.dcm")
        grid = read_series_candidates(tmp_path / "image")[0].require_volume().grid
        structure_set = open_mask(tmp_path / "RS.dcm")
        mask, notices = structure_set.draw(structure_set.regions[0], grid)
        return Drawn(mask, {one.code: one.values["count"] for one in notices}, grid)

    return drawn


def refusal_code(draw, *arguments, **options) -> str:
    with pytest.raises(ImagingError) as refusal:
        draw(*arguments, **options)
    return refusal.value.code


def first_contour(dataset):
    return dataset.ROIContourSequence[0].ContourSequence[0]


def test_annulus_keeps_its_hole_on_its_slice(plan, draw):
    drawn = draw(plan, [(3, ring(OUTER)), (3, ring(INNER))])
    row, column = np.meshgrid(np.arange(64), np.arange(48), indexing="ij")
    distance = np.hypot(row - CENTER[0], column - CENTER[1])
    plane = drawn.mask.plane(3)
    assert list(drawn.mask.planes) == [3]
    assert plane[(distance < OUTER - 0.1) & (distance > INNER + 0.1)].all()
    assert not plane[(distance > OUTER) | (distance < INNER - 0.1)].any()
    assert drawn.counts == {}


@pytest.mark.parametrize(
    "orientation",
    [
        (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        (1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
        (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
        (0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
        (0.9961947, 0.0871557, 0.0, -0.0871557, 0.9961947, 0.0),
        (1.0, 0.0, 0.0, 0.0, 0.9848078, 0.1736482),
    ],
)
def test_mask_covers_the_same_patient_positions_in_every_orientation(
    plan, draw, mask_kit, orientation
):
    turned = replace(plan, orientation=orientation)
    shape = ring(OUTER) * [1.0, 0.6] + [0.0, 9.0]
    drawn = draw(turned, [(2, shape), (3, shape)])
    found = [
        drawn.grid.patient_position_mm(k, row, column)
        for k, plane in drawn.mask.planes.items()
        for row, column in np.argwhere(plane)
    ]
    pixels = np.argwhere(fill_polygons([shape], (64, 48))).astype(float)
    stored = np.vstack([mask_kit.patient_points(turned, k, pixels) for k in (2, 3)])
    np.testing.assert_allclose(by_position(found), by_position(stored), atol=1e-4)


def by_position(points) -> np.ndarray:
    rounded = np.round(np.asarray(points), 3)
    return rounded[np.lexsort(rounded.T)]


def test_contour_within_half_a_slice_belongs_to_the_nearest_slice(plan, draw):
    drawn = draw(plan, [(2.45, ring(INNER)), (4.55, ring(INNER))])
    assert sorted(drawn.mask.planes) == [2, 5]


def test_contour_over_a_missing_slice_is_counted_and_left_out(plan, draw):
    positions = [tuple(plan.position(k)) for k in (0, 1, 2, 3, 5, 6, 7, 8)]
    drawn = draw(replace(plan, positions=tuple(positions)), [(3, ring(INNER)), (4, ring(INNER))])
    assert list(drawn.mask.planes) == [3]
    assert drawn.counts == {"contours_without_slice": 1}


def test_contours_all_off_the_series_are_refused(plan, draw):
    assert refusal_code(draw, plan, [(30, ring(INNER)), (31, ring(INNER))]) == "mask_outside_image"


def test_contours_beside_the_pixels_are_refused(plan, draw):
    assert refusal_code(draw, plan, [(3, ring(INNER, (900, 900)))]) == "mask_outside_image"


def test_finer_contours_do_not_cancel_each_other_on_one_slice(plan, draw):
    planes = [(k, ring(INNER)) for k in np.arange(1.6, 4.5, 0.2)]
    drawn = draw(plan, planes)
    alone = draw(plan, [(3, ring(INNER))])
    assert sorted(drawn.mask.planes) == [2, 3, 4]
    np.testing.assert_array_equal(drawn.mask.plane(3), alone.mask.plane(3))
    assert drawn.counts == {"contours_between_slices": 12}


def test_contour_exported_twice_counts_once(plan, draw):
    drawn = draw(plan, [(3, ring(INNER)), (3, ring(INNER))])
    assert drawn.mask.plane(3).any()
    assert drawn.counts == {"contours_repeated": 1}


def test_open_contours_are_counted_and_left_out(plan, draw):
    def open_second(dataset):
        dataset.ROIContourSequence[0].ContourSequence[1].ContourGeometricType = "OPEN_PLANAR"

    drawn = draw(plan, [(3, ring(INNER)), (4, ring(INNER))], open_second)
    assert list(drawn.mask.planes) == [3]
    assert drawn.counts == {"contours_not_closed": 1}


@pytest.mark.parametrize("kind", ["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", ""])
def test_region_without_a_closed_contour_is_refused(plan, draw, kind):
    assert refusal_code(draw, plan, [(3, ring(INNER))], kind=kind) == "mask_region_is_open"


def test_contours_across_the_slices_are_refused(plan, draw):
    def stand_up(dataset):
        item = first_contour(dataset)
        points = np.array(item.ContourData, dtype=float).reshape(-1, 3)
        item.ContourData = [f"{value:.4f}" for value in points[:, [2, 1, 0]].ravel()]

    assert refusal_code(draw, plan, [(3, ring(INNER))], stand_up) == "contours_not_parallel"


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (["1", "2", "3", "4"], 1),
        (["1", "2", "3"] * 5, 6),
        (["1", "nan", "3"] * 5, 5),
        (["1", "inf", "3"] * 5, 5),
    ],
)
def test_malformed_contour_is_refused(plan, draw, data, count):
    def spoil(dataset):
        item = first_contour(dataset)
        with pydicom.config.disable_value_validation():
            item.add_new("ContourData", "DS", "\\".join(data))
        item.NumberOfContourPoints = count

    assert refusal_code(draw, plan, [(3, ring(INNER))], spoil) == "rtstruct_contour_malformed"


def test_region_listed_without_contours_is_not_drawn(plan, draw, mask_kit):
    dataset = mask_kit.structure_set(plan, {"empty": [], "GTV": [mask_kit.contour(np.eye(3))]})
    regions = open_structure_set(dataset).regions
    assert [(one.number, one.name, one.is_drawn) for one in regions] == [
        (1, "empty", False),
        (2, "GTV", True),
    ]


def test_two_regions_of_one_number_are_refused(plan, mask_kit):
    dataset = mask_kit.structure_set(plan, {"a": [], "b": []})
    dataset.StructureSetROISequence[1].ROINumber = 1
    with pytest.raises(ImagingError) as refusal:
        open_structure_set(dataset)
    assert refusal.value.code == "rtstruct_malformed"


def test_references_gather_frame_series_and_instances(plan, mask_kit):
    item = mask_kit.contour(np.eye(3))
    image = Dataset()
    image.ReferencedSOPInstanceUID = plan.sop_uid(4)
    item.ContourImageSequence = [image]
    structure_set = open_structure_set(mask_kit.structure_set(plan, {"GTV": [item]}))
    references = structure_set.references(structure_set.regions[0])
    assert references.frame_of_reference_uids == {plan.frame_of_reference_uid}
    assert references.series_instance_uids == {plan.series_uid}
    assert references.sop_instance_uids == {plan.sop_uid(4)}


def test_reference_of_another_frame_is_not_that_of_the_region(plan, mask_kit):
    dataset = mask_kit.structure_set(plan, {"GTV": [mask_kit.contour(np.eye(3))]})
    other = mask_kit.structure_set(
        replace(plan, name="other"), {}
    ).ReferencedFrameOfReferenceSequence
    dataset.ReferencedFrameOfReferenceSequence.append(other[0])
    structure_set = open_structure_set(dataset)
    references = structure_set.references(structure_set.regions[0])
    assert references.series_instance_uids == {plan.series_uid}


def test_real_structure_set_equals_its_published_label_map(shared_data):
    case = shared_data / "ct" / "sarcoma_sts_041"
    study = read_study(case / "dicom", case / "rtstruct")
    published = np.asarray(nibabel.load(case / "nifti" / "mask.nii.gz").dataobj) > 0
    # Its affine has x and y negative: stored to the left and to the back, as DICOM.
    expected = published.transpose(2, 1, 0)
    found = np.stack([study.mask.plane(k) for k in range(study.mask.size[0])])
    dice = 2 * np.count_nonzero(found & expected) / (found.sum() + expected.sum())
    assert dice > 0.999
    assert found.sum() == pytest.approx(expected.sum(), rel=0.001)
