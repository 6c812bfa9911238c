"""NIfTI volumes: every orientation and type gives the same volume, defects are refused."""

import gzip
import struct
from itertools import permutations, product

import nibabel
import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.reading import read_volume

SPACING = (0.7, 0.8, 5.0)
ORIGIN_LPS = (-20.0, -30.0, 100.0)
RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


def affine_lps():
    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = ORIGIN_LPS
    return affine


def plain_image(hu, affine=None, header=None):
    affine = affine_lps() if affine is None else affine
    return nibabel.Nifti1Image(hu.transpose(2, 1, 0), RAS @ affine, header)


def reoriented(hu, order, flips):
    """The same image with its array axes permuted and flipped, and the affine to match."""
    array, affine = hu.transpose(2, 1, 0), RAS @ affine_lps()
    for axis in range(3):
        if flips[axis]:
            array = np.flip(array, axis)
            shift = np.eye(4)
            shift[axis, axis], shift[axis, 3] = -1, array.shape[axis] - 1
            affine = affine @ shift
    return nibabel.Nifti1Image(array.transpose(order), affine[:, [*order, 3]])


def refusal_of(path):
    with pytest.raises(ImagingError) as refusal:
        read_volume(path)
    return refusal.value.code


def codes(volume):
    return [warning.code for warning in volume.warnings]


@pytest.fixture
def saved(plan, tmp_path):
    path = tmp_path / "image.nii.gz"
    nibabel.save(plain_image(plan.hu), path)
    return path


@pytest.fixture
def edit_header(plan, tmp_path):
    """Write a plain .nii after changing bytes of its header: offset to packed value."""

    def edit(changes):
        path = tmp_path / "edited.nii"
        nibabel.save(plain_image(plan.hu), path)
        content = bytearray(path.read_bytes())
        for offset, packed in changes.items():
            content[offset : offset + len(packed)] = packed
        path.write_bytes(content)
        return path

    return edit


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("flips", list(product([False, True], repeat=3)), ids=str)
def test_all_48_orientations_give_the_same_volume(order, flips, plan, tmp_path):
    nibabel.save(reoriented(plan.hu, order, flips), tmp_path / "image.nii")
    volume = read_volume(tmp_path / "image.nii")
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    np.testing.assert_allclose(volume.grid.origin_mm, ORIGIN_LPS, atol=1e-4)
    np.testing.assert_allclose(volume.grid.spacing_mm, (5.0, 0.8, 0.7), atol=1e-5)
    np.testing.assert_allclose(volume.grid.slice_positions_mm, 100 + 5 * np.arange(8), atol=1e-4)


def test_nifti_equals_dicom_on_positions_and_values(kit, plan, saved, tmp_path):
    kit.write_series(tmp_path / "dicom", plan)
    ours, theirs = read_volume(saved), read_volume(tmp_path / "dicom")
    np.testing.assert_array_equal(volume_hu(ours), volume_hu(theirs))
    for name in ("origin_mm", "spacing_mm", "normal", "row_direction", "slice_positions_mm"):
        found, expected = getattr(ours.grid, name), getattr(theirs.grid, name)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert ours.sop_instance_uids == (None,) * 8
    assert ours.modality is None


@pytest.mark.parametrize("dtype", ["i2", "i4", "f4", "f8", ">i2", ">f4"])
@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz", "no_extension"])
def test_types_byte_orders_and_names(dtype, name, plan, tmp_path):
    image = plain_image(plan.hu.astype(dtype))
    image.header.set_data_dtype(dtype.strip(">"))
    if dtype.startswith(">"):
        image = nibabel.Nifti1Image(image.dataobj, image.affine, image.header.as_byteswapped(">"))
    path = tmp_path / name
    path.write_bytes(image.to_bytes())
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(image.to_bytes()))
    np.testing.assert_array_equal(volume_hu(read_volume(path)), plan.hu)


def test_nifti_2_is_read(plan, tmp_path):
    image = nibabel.Nifti2Image(plan.hu.transpose(2, 1, 0), RAS @ affine_lps())
    nibabel.save(image, tmp_path / "image.nii.gz")
    volume = read_volume(tmp_path / "image.nii.gz")
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.grid.origin_mm == ORIGIN_LPS


def test_slope_and_intercept_are_applied(plan, tmp_path):
    image = plain_image((plan.hu + 1024).astype(np.uint16))
    image.header.set_slope_inter(1.0, -1024.0)
    path = tmp_path / "image.nii"
    nibabel.save(image, path)
    content = bytearray(path.read_bytes())
    struct.pack_into("<ff", content, 112, 1.0, -1024.0)
    content[352:] = (plan.hu + 1024).astype("<u2").tobytes()
    path.write_bytes(content)
    np.testing.assert_array_equal(volume_hu(read_volume(path)), plan.hu)


def test_an_extra_axis_of_one_is_dropped(plan, tmp_path):
    image = nibabel.Nifti1Image(plan.hu.transpose(2, 1, 0)[..., None], RAS @ affine_lps())
    nibabel.save(image, tmp_path / "image.nii")
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path / "image.nii")), plan.hu)


def test_several_volumes_in_one_file_are_refused(plan, tmp_path):
    array = np.repeat(plan.hu.transpose(2, 1, 0)[..., None], 2, axis=3)
    nibabel.save(nibabel.Nifti1Image(array, RAS @ affine_lps()), tmp_path / "image.nii")
    assert refusal_of(tmp_path / "image.nii") == "volume_not_3d"


@pytest.mark.parametrize("kept", [1, 20, 0.3, 0.5, 0.9, -8, -4, -1])
def test_a_cut_gzip_file_is_refused(kept, saved):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else kept])
    assert refusal_of(saved) == "volume_truncated" if kept != 1 else "volume_header"


@pytest.mark.parametrize("kept", [348, 352, 5000, -1])
def test_a_cut_plain_file_is_refused(kept, plan, tmp_path):
    path = tmp_path / "image.nii"
    nibabel.save(plain_image(plan.hu), path)
    path.write_bytes(path.read_bytes()[:kept])
    assert refusal_of(path) == "volume_truncated"


def test_a_wrong_checksum_is_refused(saved):
    content = bytearray(saved.read_bytes())
    content[-6] ^= 0xFF
    saved.write_bytes(content)
    assert refusal_of(saved) == "volume_truncated"


def test_a_header_that_claims_too_much_is_refused_without_taking_memory(edit_header, tmp_path):
    path = edit_header({42: struct.pack("<hhh", 32000, 32000, 3)})
    assert refusal_of(path) == "file_too_large"
    packed = tmp_path / "bomb.nii.gz"
    path = edit_header({42: struct.pack("<hhh", 32000, 320, 90)})
    packed.write_bytes(gzip.compress(path.read_bytes()[:1000]))
    assert refusal_of(packed) == "volume_truncated"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({280: struct.pack("<f", np.inf)}, "geometry_not_finite"),
        ({292: struct.pack("<f", np.nan)}, "geometry_not_finite"),
        ({280: bytes(48)}, "geometry_not_finite"),
        ({284: struct.pack("<f", 0.1)}, "grid_not_orthogonal"),
        ({252: bytes(4)}, "geometry_missing"),
        ({70: struct.pack("<h", 128)}, "volume_type"),
        ({70: struct.pack("<h", 32)}, "volume_type"),
        ({40: struct.pack("<h", 9)}, "volume_header"),
        ({42: struct.pack("<h", -64)}, "volume_header"),
        ({123: b"\x07"}, "volume_header"),
        ({344: b"ni1\0"}, "volume_detached"),
        ({108: struct.pack("<f", np.nan)}, "volume_header"),
        ({108: struct.pack("<f", 1e30)}, "volume_header"),
        ({112: struct.pack("<f", np.inf)}, "rescale_missing"),
    ],
)
def test_impossible_headers_are_refused(changes, code, edit_header):
    assert refusal_of(edit_header(changes)) == code


def test_units_of_metres_and_micrometres_are_honoured(edit_header, plan):
    rows = RAS @ affine_lps()
    for unit, scale in ((1, 1e-3), (3, 1e3)):
        packed = (rows[:3] * scale).astype("<f4").tobytes()
        path = edit_header({123: bytes([unit]), 280: packed, 252: struct.pack("<hh", 0, 1)})
        volume = read_volume(path)
        np.testing.assert_allclose(volume.grid.spacing_mm, (5.0, 0.8, 0.7), rtol=1e-5)
        np.testing.assert_allclose(volume.grid.origin_mm, ORIGIN_LPS, rtol=1e-5)


def test_the_qform_serves_where_there_is_no_sform(plan, tmp_path):
    angle = np.radians(20)
    turned = affine_lps()
    cosine, sine = np.cos(angle), np.sin(angle)
    rotation = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    turned[:3, :3] = rotation @ np.diag(SPACING)
    image = plain_image(plan.hu, turned)
    image.set_qform(image.affine, 1)
    image.set_sform(None, 0)
    nibabel.save(image, tmp_path / "image.nii")
    volume = read_volume(tmp_path / "image.nii")
    np.testing.assert_allclose(volume.grid.normal, rotation[:, 2], atol=2e-4)
    np.testing.assert_allclose(volume.grid.origin_mm, ORIGIN_LPS, atol=1e-4)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)


def test_forms_that_disagree_are_warned_of_and_the_sform_is_used(plan, tmp_path):
    image = plain_image(plan.hu)
    other = image.affine.copy()
    other[2, 3] += 40
    image.set_qform(other, 1)
    image.set_sform(image.affine, 1)
    nibabel.save(image, tmp_path / "image.nii")
    volume = read_volume(tmp_path / "image.nii")
    assert codes(volume) == ["nifti_forms_differ"]
    assert volume.grid.slice_positions_mm[0] == pytest.approx(100.0)


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 1)])
def test_values_without_any_below_zero_are_warned_of(low, high, plan, tmp_path):
    values = np.interp(plan.hu, (plan.hu.min(), plan.hu.max()), (low, high)).astype(np.float32)
    nibabel.save(plain_image(values), tmp_path / "image.nii")
    assert codes(read_volume(tmp_path / "image.nii")) == ["values_not_hu"]


def test_values_that_are_no_numbers_are_refused_when_read(plan, tmp_path):
    values = plan.hu.astype(np.float32)
    values[1, 5, 5] = np.nan
    nibabel.save(plain_image(values), tmp_path / "image.nii")
    volume = read_volume(tmp_path / "image.nii")
    with pytest.raises(ImagingError) as refusal:
        volume.read_slice_hu(1)
    assert refusal.value.code == "values_not_finite"


def test_one_slice_is_accepted_with_a_warning(plan, tmp_path):
    nibabel.save(plain_image(plan.hu[:1]), tmp_path / "image.nii")
    assert codes(read_volume(tmp_path / "image.nii")) == ["single_slice"]


def test_gzip_members_in_a_row_and_padding_are_one_stream(plan, tmp_path):
    content = plain_image(plan.hu).to_bytes()
    path = tmp_path / "image.nii.gz"
    members = [gzip.compress(content[:200]), gzip.compress(content[200:9000])]
    path.write_bytes(b"".join([*members, gzip.compress(content[9000:]), bytes(700)]))
    np.testing.assert_array_equal(volume_hu(read_volume(path)), plan.hu)


def test_anything_else_behind_the_gzip_stream_is_refused(saved):
    saved.write_bytes(saved.read_bytes() + b"anything")
    assert refusal_of(saved) == "volume_truncated"
