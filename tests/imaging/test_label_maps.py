import gzip

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.masks import open_mask
from dlcs_core.imaging.regions import Region
from dlcs_core.imaging.study import Grid
from dlcs_core.imaging.study_reading import read_study

SIZE = (7, 24, 20)
SPACING, ORIGIN = (5.0, 0.8, 0.7), (-9.0, -7.0, 40.0)
GRID = Grid(
    size=SIZE,
    spacing_mm=SPACING,
    origin_mm=ORIGIN,
    column_direction=(1.0, 0.0, 0.0),
    row_direction=(0.0, 1.0, 0.0),
    normal=(0.0, 0.0, 1.0),
    slice_positions_mm=tuple(ORIGIN[2] + 5.0 * k for k in range(SIZE[0])),
)


@pytest.fixture
def labels() -> np.ndarray:
    """Labels 1 and 5, with a gap between, different in every direction."""
    values = np.zeros(SIZE, dtype=np.uint8)
    values[1:4, 3:9, 2:12] = 1
    values[2, 3, 2] = 0
    values[3:6, 12:20, 10:15] = 5
    return values


def write(path, values: np.ndarray, **nifti) -> None:
    """Write (slice, row, column) values on GRID: NIfTI with nibabel, others with SimpleITK."""
    if ".nii" in path.name:
        affine = np.diag([-SPACING[2], -SPACING[1], SPACING[0], 1.0])
        affine[:3, 3] = [-ORIGIN[0], -ORIGIN[1], ORIGIN[2]]
        image = nibabel.Nifti1Image(values.transpose(2, 1, 0), affine)
        if nifti:
            image.header.set_slope_inter(**nifti)
        nibabel.save(image, path)
        return
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(SPACING[::-1])
    image.SetOrigin(ORIGIN)
    sitk.WriteImage(image, path, useCompression="packed" in path.name)


def draw(path, number: int) -> np.ndarray:
    label_map = open_mask(path)
    region = next(one for one in label_map.regions if one.number == number)
    mask, _ = label_map.draw(region, GRID)
    return np.stack([mask.plane(k) for k in range(SIZE[0])])


def refusal_code(path) -> str:
    with pytest.raises(ImagingError) as refusal:
        open_mask(path)
    return refusal.value.code


@pytest.mark.parametrize(
    "name", ["m.nii", "m.nii.gz", "m.nrrd", "packed.nrrd", "m.mha", "packed.mha"]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_labels_of_every_format_and_type_are_copied(tmp_path, labels, name, dtype):
    write(tmp_path / name, labels.astype(dtype))
    assert open_mask(tmp_path / name).regions == (Region(1, None), Region(5, None))
    for number in (1, 5):
        np.testing.assert_array_equal(draw(tmp_path / name, number), labels == number)


def test_format_is_told_by_content_not_by_name(tmp_path, labels):
    write(tmp_path / "m.nii.gz", labels)
    (tmp_path / "m.nii.gz").rename(tmp_path / "outline.dcm")
    assert open_mask(tmp_path / "outline.dcm").mask_format == "nifti"


def test_scaled_labels_are_the_real_values(tmp_path, labels):
    write(tmp_path / "m.nii", labels.astype(np.int16) * 2, slope=0.5, inter=0.0)
    assert nibabel.load(tmp_path / "m.nii").dataobj.slope == 0.5
    np.testing.assert_array_equal(draw(tmp_path / "m.nii", 5), labels == 5)


def test_boolean_like_255_is_one_region(tmp_path, labels):
    write(tmp_path / "m.nrrd", (labels == 1).astype(np.uint8) * 255)
    assert open_mask(tmp_path / "m.nrrd").regions == (Region(255, None),)


def test_large_label_values_are_kept(tmp_path, labels):
    write(tmp_path / "m.nii", np.where(labels == 5, 3_000_017, 0).astype(np.int32))
    assert draw(tmp_path / "m.nii", 3_000_017).sum() == (labels == 5).sum()


def test_probability_map_is_cut_at_one_half_with_a_warning(tmp_path):
    shares = np.zeros(SIZE, dtype=np.float32)
    shares[2, 4, :6] = [0.1, 0.4999, 0.5, 0.7, 0.999, 1.0]
    write(tmp_path / "m.nii.gz", shares)
    label_map = open_mask(tmp_path / "m.nii.gz")
    mask, notices = label_map.draw(label_map.regions[0], GRID)
    np.testing.assert_array_equal(mask.plane(2), shares[2] >= 0.5)
    assert [notice.code for notice in notices] == ["mask_fractional"]


def test_probability_map_below_one_half_has_no_region(tmp_path):
    write(tmp_path / "m.nii.gz", np.full(SIZE, 0.3, dtype=np.float32))
    assert open_mask(tmp_path / "m.nii.gz").regions == ()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2.5, "mask_values_not_labels"),
        (np.nan, "mask_values_not_labels"),
        (np.inf, "mask_values_not_labels"),
        (-3.0, "mask_is_an_image"),
    ],
)
def test_values_that_are_no_labels_are_refused(tmp_path, labels, value, code):
    values = labels.astype(np.float32)
    values[2, 2, 2] = value
    write(tmp_path / "m.nii", values)
    assert refusal_code(tmp_path / "m.nii") == code


def test_ct_numbers_are_refused(tmp_path):
    hu = np.random.default_rng(0).integers(-1000, 1000, SIZE).astype(np.int16)
    write(tmp_path / "ct.nii.gz", hu)
    write(tmp_path / "shifted.nii.gz", (hu + 1024).astype(np.uint16))
    assert refusal_code(tmp_path / "ct.nii.gz") == "mask_is_an_image"
    assert refusal_code(tmp_path / "shifted.nii.gz") == "mask_is_an_image"


def test_all_zero_map_has_no_region(tmp_path):
    write(tmp_path / "m.nii.gz", np.zeros(SIZE, dtype=np.uint8))
    assert open_mask(tmp_path / "m.nii.gz").regions == ()


@pytest.mark.parametrize("keep", [40, 200, 0.5, 0.99])
def test_cut_file_is_refused(tmp_path, labels, keep):
    noise = np.random.default_rng(0).integers(0, 3, SIZE).astype(np.uint8)
    write(tmp_path / "m.nii.gz", noise)
    content = (tmp_path / "m.nii.gz").read_bytes()
    kept = int(keep * len(content)) if keep < 1 else keep
    (tmp_path / "m.nii.gz").write_bytes(content[:kept])
    assert refusal_code(tmp_path / "m.nii.gz") in ("volume_truncated", "volume_header")


def test_wrong_checksum_is_refused(tmp_path, labels):
    write(tmp_path / "m.nii", labels)
    content = bytearray(gzip.compress((tmp_path / "m.nii").read_bytes()))
    content[-8] ^= 1
    (tmp_path / "m.nii.gz").write_bytes(content)
    assert refusal_code(tmp_path / "m.nii.gz") == "volume_truncated"


def slicer_header(segments: list[dict[str, str]], layers: int | None) -> bytes:
    """Return the header of a .seg.nrrd as 3D Slicer writes it."""
    listed = layers is not None
    sizes = [str(layers)] * listed + [str(SIZE[2]), str(SIZE[1]), str(SIZE[0])]
    directions = f"({SPACING[2]},0,0) (0,{SPACING[1]},0) (0,0,{SPACING[0]})"
    lines = [
        "NRRD0004",
        "# Complete NRRD file format specification at:",
        "# http://teem.sourceforge.net/nrrd/format.html",
        "type: unsigned char",
        f"dimension: {len(sizes)}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(sizes)}",
        f"space directions: {'none ' * listed}{directions}",
        f"kinds: {'list ' * listed}domain domain domain",
        "encoding: gzip",
        f"space origin: ({ORIGIN[0]},{ORIGIN[1]},{ORIGIN[2]})",
    ]
    lines += [
        f"Segment{place}_{key}:={value}"
        for place, segment in enumerate(segments)
        for key, value in segment.items()
    ]
    return "\n".join(
        [*lines, "Segmentation_MasterRepresentation:=Binary labelmap", "", ""]
    ).encode()


def write_slicer(path, segments: list[dict[str, str]], layers: list[np.ndarray]) -> None:
    if len(layers) == 1:
        header, content = slicer_header(segments, None), layers[0].tobytes()
    else:
        header, content = slicer_header(segments, len(layers)), np.stack(layers, axis=-1).tobytes()
    path.write_bytes(header + gzip.compress(content))


def test_slicer_segments_carry_their_names(tmp_path, labels):
    segments = [
        {"ID": "Segment_1", "Name": "Magen", "LabelValue": "5", "Layer": "0"},
        {"ID": "Segment_2", "Name": "胃肿瘤", "LabelValue": "1", "Layer": "0"},
        {"ID": "Segment_3", "Name": "Leber", "LabelValue": "9", "Layer": "0"},
    ]
    write_slicer(tmp_path / "m.seg.nrrd", segments, [labels])
    assert open_mask(tmp_path / "m.seg.nrrd").regions == (
        Region(5, "Magen"),
        Region(1, "胃肿瘤"),
        Region(9, "Leber", is_drawn=False),
    )
    np.testing.assert_array_equal(draw(tmp_path / "m.seg.nrrd", 1), labels == 1)


def test_overlapping_slicer_segments_lie_in_layers(tmp_path, labels):
    other = np.zeros_like(labels)
    other[1:6, 5:15, 4:14] = 2
    segments = [
        {"ID": "a", "Name": "tumour", "LabelValue": "1", "Layer": "0"},
        {"ID": "b", "Name": "wall", "LabelValue": "2", "Layer": "1"},
    ]
    write_slicer(tmp_path / "m.seg.nrrd", segments, [np.where(labels == 1, labels, 0), other])
    assert open_mask(tmp_path / "m.seg.nrrd").regions == (Region(1, "tumour"), Region(2, "wall"))
    np.testing.assert_array_equal(draw(tmp_path / "m.seg.nrrd", 1), labels == 1)
    np.testing.assert_array_equal(draw(tmp_path / "m.seg.nrrd", 2), other == 2)


def test_layers_without_label_values_are_one_segment_each(tmp_path, labels):
    segments = [{"ID": "a", "Name": "first"}, {"ID": "b", "Name": "second"}]
    layers = [(labels == 1).astype(np.uint8), (labels == 5).astype(np.uint8)]
    write_slicer(tmp_path / "m.seg.nrrd", segments, layers)
    label_map = open_mask(tmp_path / "m.seg.nrrd")
    for region, expected in zip(label_map.regions, layers, strict=True):
        mask, _ = label_map.draw(region, GRID)
        found = np.stack([mask.plane(k) for k in range(SIZE[0])])
        np.testing.assert_array_equal(found, expected.astype(bool))
    assert [region.name for region in label_map.regions] == ["first", "second"]


def test_label_that_no_segment_names_is_offered_by_its_number(tmp_path, labels):
    segments = [{"ID": "a", "Name": "tumour", "LabelValue": "1", "Layer": "0"}]
    write_slicer(tmp_path / "m.seg.nrrd", segments, [labels])
    assert open_mask(tmp_path / "m.seg.nrrd").regions == (Region(1, "tumour"), Region(5, None))


@pytest.mark.parametrize("broken", [{"LabelValue": "-1"}, {"LabelValue": "x"}, {"Layer": "3"}])
def test_segment_header_that_makes_no_sense_is_refused(tmp_path, labels, broken):
    segment = {"ID": "a", "Name": "n", "LabelValue": "1", "Layer": "0"} | broken
    write_slicer(tmp_path / "m.seg.nrrd", [segment], [labels])
    assert refusal_code(tmp_path / "m.seg.nrrd") == "volume_header"


def test_four_dimensional_nifti_is_refused(tmp_path, labels):
    nibabel.save(
        nibabel.Nifti1Image(np.stack([labels] * 2, axis=-1), np.eye(4)), tmp_path / "m.nii"
    )
    assert refusal_code(tmp_path / "m.nii") == "volume_not_3d"


@pytest.mark.parametrize(
    ("name", "number"),
    [("liver_spine_gapped_seg", 1), ("liver_spine_gapped_seg", 5), ("heart_seg", 3)],
)
def test_real_nrrd_labels_equal_those_of_simpleitk(shared_data, name, number):
    case = shared_data / "ct" / "abdomen_dcmqi_3slice"
    path = case / "nrrd" / f"{name}.nrrd"
    study = read_study(case / "dicom", path, str(number))
    found = np.stack([study.mask.plane(k) for k in range(3)])
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(sitk.ReadImage(path)) == number)
    assert study.warnings == ()


def test_real_nifti_label_equals_that_of_nibabel_turned_to_lps(shared_data):
    case = shared_data / "ct" / "abdomen_totalseg_3mm"
    study = read_study(case / "image.nii.gz", case / "mask_multilabel.nii.gz", "6")
    image = nibabel.load(case / "mask_multilabel.nii.gz")
    turned = nibabel.as_closest_canonical(image)
    expected = (np.asarray(turned.dataobj) == 6)[::-1, ::-1].transpose(2, 1, 0)
    found = np.stack([study.mask.plane(k) for k in range(study.mask.size[0])])
    np.testing.assert_array_equal(found, expected)
    assert expected.sum() == 4675
