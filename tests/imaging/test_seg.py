from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.masks import open_mask
from dlcs_core.imaging.regions import Region
from dlcs_core.imaging.seg import open_segmentation
from dlcs_core.imaging.series import read_series_candidates
from dlcs_core.imaging.study_reading import read_study


@pytest.fixture
def segments(plan) -> np.ndarray:
    """Two overlapping segments on some slices, odd in shape; 61 columns leave odd bits."""
    masks = np.zeros((*plan.hu.shape, 2), dtype=np.uint8)
    masks[2:5, 11:30, 7:19, 0] = 1
    masks[3, 11, 7, 0] = 0
    masks[4:7, 20:41, 15:33, 1] = 1
    return masks


@pytest.fixture
def odd_plan(plan, kit):
    return replace(plan, hu=kit.phantom_hu(8, 61, 43))


@pytest.fixture
def draw(tmp_path, kit):
    """Write a series and a SEG, draw one segment; return volume and notice codes."""

    def drawn(plan, dataset, number=1, syntax=ExplicitVRLittleEndian):
        kit.write_series(tmp_path / "image", plan)
        if syntax == DeflatedExplicitVRLittleEndian or not syntax.is_compressed:
            dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(tmp_path / "seg", enforce_file_format=True)
        grid = read_series_candidates(tmp_path / "image")[0].require_volume().grid
        segmentation = open_mask(tmp_path / "seg")
        region = next(one for one in segmentation.regions if one.number == number)
        mask, notices = segmentation.draw(region, grid)
        volume = np.stack([mask.plane(k) for k in range(grid.size[0])])
        return volume, [notice.code for notice in notices]

    return drawn


def malformed_code(dataset) -> str:
    with pytest.raises(ImagingError) as refusal:
        open_segmentation(dataset)
    return refusal.value.code


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("omit_empty_frames", [True, False])
def test_binary_segments_are_copied_bit_by_bit(odd_plan, mask_kit, draw, number, omit_empty_frames):
    masks = np.random.default_rng(3).integers(0, 2, (*odd_plan.hu.shape, 2)).astype(np.uint8)
    masks[[0, 5, 7]] = 0
    dataset = mask_kit.segmentation(odd_plan, masks, omit_empty_frames=omit_empty_frames)
    volume, codes = draw(odd_plan, dataset, number)
    np.testing.assert_array_equal(volume, masks[..., number - 1])
    assert codes == []


@pytest.mark.parametrize("number", [1, 2])
def test_overlapping_segments_keep_their_own_pixels(plan, mask_kit, draw, segments, number):
    volume, _ = draw(plan, mask_kit.segmentation(plan, segments), number)
    np.testing.assert_array_equal(volume, segments[..., number - 1])


def test_label_map_segmentation_is_copied(plan, mask_kit, draw, segments):
    labels = np.where(segments[..., 1] > 0, 2, segments[..., 0]).astype(np.uint8)
    for number in (1, 2):
        volume, codes = draw(plan, mask_kit.segmentation(plan, labels, "LABELMAP"), number)
        np.testing.assert_array_equal(volume, labels == number)
        assert codes == []


def test_fractional_segmentation_is_cut_at_one_half_with_a_warning(plan, mask_kit, draw):
    shares = np.zeros(plan.hu.shape, dtype=np.float32)
    shares[3, 10, :5] = [0.1, 0.49, 0.51, 0.8, 1.0]
    volume, codes = draw(plan, mask_kit.segmentation(plan, shares, "FRACTIONAL"))
    np.testing.assert_array_equal(volume, shares >= 0.5)
    assert codes == ["mask_fractional"]


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_frames_are_decoded(plan, mask_kit, draw, segments, syntax):
    dataset = mask_kit.segmentation(
        plan, segments[..., 0].astype(np.float32), "FRACTIONAL", transfer_syntax_uid=syntax
    )
    volume, _ = draw(plan, dataset, syntax=syntax)
    np.testing.assert_array_equal(volume, segments[..., 0])


def test_deflated_file_is_read(plan, mask_kit, draw, segments):
    dataset = mask_kit.segmentation(plan, segments)
    volume, _ = draw(plan, dataset, syntax=DeflatedExplicitVRLittleEndian)
    np.testing.assert_array_equal(volume, segments[..., 0])


@pytest.mark.parametrize(
    "orientation",
    [
        (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        (1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
        (0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
        (0.9961947, 0.0871557, 0.0, -0.0871557, 0.9961947, 0.0),
    ],
)
def test_pixels_keep_their_place_in_every_orientation(
    plan, mask_kit, kit, draw, tmp_path, segments, orientation
):
    turned = replace(plan, orientation=orientation)
    volume, codes = draw(turned, mask_kit.segmentation(turned, segments))
    grid = read_series_candidates(tmp_path / "image")[0].require_volume().grid
    found = [grid.patient_position_mm(*index) for index in np.argwhere(volume)]
    stored = np.vstack(
        [
            mask_kit.patient_points(turned, k, np.argwhere(plane).astype(float))
            for k, plane in enumerate(segments[..., 0])
        ]
    )
    np.testing.assert_allclose(by_position(found), by_position(stored), atol=1e-3)
    assert codes == []


def by_position(points) -> np.ndarray:
    rounded = np.round(np.asarray(points), 2)
    return rounded[np.lexsort(rounded.T)]


def test_frames_in_any_order_land_on_their_slices(plan, mask_kit, draw, segments):
    dataset = mask_kit.segmentation(plan, segments[..., :1])
    groups = dataset.PerFrameFunctionalGroupsSequence
    n_bytes = plan.hu[0].size // 8
    frames = [dataset.PixelData[k * n_bytes : (k + 1) * n_bytes] for k in range(len(groups))]
    order = np.random.default_rng(1).permutation(len(groups))
    dataset.PerFrameFunctionalGroupsSequence = [groups[k] for k in order]
    dataset.PixelData = b"".join(frames[k] for k in order)
    volume, _ = draw(plan, dataset)
    np.testing.assert_array_equal(volume, segments[..., 0])


def test_thickness_that_is_no_slice_distance_does_not_matter(plan, mask_kit, draw, segments):
    dataset = mask_kit.segmentation(plan, segments)
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = 12.5
    del measures.SpacingBetweenSlices
    volume, codes = draw(plan, dataset)
    np.testing.assert_array_equal(volume, segments[..., 0])
    assert codes == []


def test_single_thick_frame_fills_its_own_slice_only(plan, mask_kit, draw, segments):
    masks = np.zeros_like(segments[..., :1])
    masks[4] = segments[4, ..., :1]
    dataset = mask_kit.segmentation(plan, masks)
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = 25.0
    del measures.SpacingBetweenSlices
    volume, codes = draw(plan, dataset)
    np.testing.assert_array_equal(volume, masks[..., 0])
    assert codes == []


def test_frames_without_an_image_slice_are_counted(plan, mask_kit, draw, segments):
    dataset = mask_kit.segmentation(plan, segments)
    shorter = replace(plan, hu=plan.hu[:4])
    volume, codes = draw(shorter, dataset)
    np.testing.assert_array_equal(volume, segments[:4, ..., 0])
    assert codes == ["mask_partly_outside_image"]


def test_segment_without_a_pixel_is_not_drawn(plan, mask_kit, segments):
    segments[..., 1] = 0
    dataset = mask_kit.segmentation(plan, segments, omit_empty_frames=False)
    assert open_segmentation(dataset).regions == (
        Region(1, "Segment 1"),
        Region(2, "Segment 2", is_drawn=False),
    )


def test_references_gather_frame_series_and_instances(plan, mask_kit, segments):
    segmentation = open_segmentation(mask_kit.segmentation(plan, segments))
    references = segmentation.references(segmentation.regions[0])
    assert references.frame_of_reference_uids == {plan.frame_of_reference_uid}
    assert references.series_instance_uids == {plan.series_uid}
    assert plan.sop_uid(3) in references.sop_instance_uids


@pytest.mark.parametrize(
    "spoil",
    [
        lambda dataset: delattr(dataset, "SegmentationType"),
        lambda dataset: delattr(dataset, "PerFrameFunctionalGroupsSequence"),
        lambda dataset: dataset.PerFrameFunctionalGroupsSequence.pop(),
        lambda dataset: setattr(dataset, "NumberOfFrames", 0),
        lambda dataset: setattr(dataset, "Rows", 0),
        lambda dataset: setattr(dataset.SegmentSequence[1], "SegmentNumber", 1),
        lambda dataset: delattr(dataset.SharedFunctionalGroupsSequence[0], "PixelMeasuresSequence"),
        lambda dataset: delattr(
            dataset.PerFrameFunctionalGroupsSequence[0], "PlanePositionSequence"
        ),
        lambda dataset: setattr(
            dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0],
            "PixelSpacing",
            [0.8, 0.0],
        ),
        lambda dataset: setattr(
            dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0],
            "ImageOrientationPatient",
            [1, 0, 0, 1, 0, 0],
        ),
        lambda dataset: delattr(
            dataset.SharedFunctionalGroupsSequence[0], "SegmentIdentificationSequence"
        ),
    ],
)
def test_malformed_segmentation_is_refused(plan, mask_kit, segments, spoil):
    segments[..., 1] = segments[..., 0]
    dataset = mask_kit.segmentation(plan, segments)
    first = dataset.PerFrameFunctionalGroupsSequence[0]
    shared = dataset.SharedFunctionalGroupsSequence[0]
    if "SegmentIdentificationSequence" in first:
        shared.SegmentIdentificationSequence = first.SegmentIdentificationSequence
        for group in dataset.PerFrameFunctionalGroupsSequence:
            del group.SegmentIdentificationSequence
    spoil(dataset)
    assert malformed_code(dataset) == "seg_malformed"


def test_values_of_a_wrong_kind_are_refused_when_the_file_is_opened(
    plan, mask_kit, segments, tmp_path
):
    shares = segments[..., 0].astype(np.float32)
    dataset = mask_kit.segmentation(plan, shares, "FRACTIONAL")
    dataset.MaximumFractionalValue = [255, 255]
    dataset.save_as(tmp_path / "seg", enforce_file_format=True)
    with pytest.raises(ImagingError) as refusal:
        open_mask(tmp_path / "seg")
    assert refusal.value.code == "seg_malformed"


def test_frames_in_two_orientations_are_refused(plan, mask_kit, draw, segments):
    dataset = mask_kit.segmentation(plan, segments[..., :1])
    shared = dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    del dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    for group in dataset.PerFrameFunctionalGroupsSequence:
        group.PlaneOrientationSequence = [deepcopy(shared[0])]
    last = dataset.PerFrameFunctionalGroupsSequence[-1].PlaneOrientationSequence[0]
    last.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]
    with pytest.raises(ImagingError) as refusal:
        draw(plan, dataset)
    assert refusal.value.code == "seg_malformed"


def test_cut_pixel_data_is_refused(plan, mask_kit, draw, segments):
    dataset = mask_kit.segmentation(plan, segments)
    dataset.PixelData = dataset.PixelData[:-400]
    with pytest.raises(ImagingError) as refusal:
        draw(plan, dataset, number=2)
    assert refusal.value.code == "seg_pixels_broken"


def test_segmentation_without_segments_is_empty(plan, mask_kit, segments):
    dataset = mask_kit.segmentation(plan, segments)
    dataset.SegmentSequence = []
    assert malformed_code(dataset) == "mask_is_empty"


def test_real_binary_segmentation_equals_its_published_label_map(shared_data):
    case = shared_data / "ct" / "abdomen_dcmqi_3slice"
    study = read_study(case / "dicom", case / "seg" / "liver.dcm")
    published = sitk.GetArrayFromImage(sitk.ReadImage(case / "nrrd" / "liver_seg.nrrd")) == 1
    found = np.stack([study.mask.plane(k) for k in range(3)])
    np.testing.assert_array_equal(found, published)
    assert study.warnings == ()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_real_overlapping_segments_equal_those_of_highdicom(shared_data, number):
    import highdicom

    case = shared_data / "ct" / "abdomen_dcmqi_3slice"
    path = case / "seg" / "partial_overlaps.dcm"
    study = read_study(case / "dicom", path, str(number))
    volume = highdicom.seg.segread(path).get_volume(
        segment_numbers=[number], combine_segments=False, allow_missing_positions=True
    )
    first = study.volume.grid.slice_positions_mm
    for k in range(volume.spatial_shape[0]):
        at = int(np.argmin(np.abs(np.array(first) - volume.get_affine("LPS")[2, :] @ [k, 0, 0, 1])))
        np.testing.assert_array_equal(study.mask.plane(at), volume.array[k, ..., 0])
