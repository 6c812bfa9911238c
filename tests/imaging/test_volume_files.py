"""NRRD and MetaImage volumes written by SimpleITK, and what is refused of them."""

import bz2
import gzip

import numpy as np
import pytest
import SimpleITK

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.reading import read_volume

ORIGIN = (-20.0, -30.0, 100.0)


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


def refusal_of(path):
    with pytest.raises(ImagingError) as refusal:
        read_volume(path)
    return refusal.value.code


def write(hu, path, *, compress=False, direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)):
    image = SimpleITK.GetImageFromArray(hu)
    image.SetSpacing((0.7, 0.8, 5.0))
    image.SetOrigin(ORIGIN)
    image.SetDirection(direction)
    SimpleITK.WriteImage(image, str(path), compress)
    return path


@pytest.mark.parametrize("compress", [False, True], ids=["raw", "packed"])
@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
def test_what_simpleitk_writes_is_read(suffix, compress, dtype, plan, tmp_path):
    path = write(plan.hu.astype(dtype), tmp_path / f"image{suffix}", compress=compress)
    volume = read_volume(path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.grid.origin_mm == ORIGIN
    assert volume.grid.spacing_mm == (5.0, 0.8, 0.7)
    assert volume.source_format == suffix[1:]
    assert volume.warnings == ()


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_oblique_directions_agree_with_simpleitk(suffix, plan, tmp_path):
    angle = np.radians(15)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    direction = (-1, 0, 0, 0, cosine, -sine, 0, sine, cosine)
    path = write(plan.hu, tmp_path / f"image{suffix}", direction=direction)
    image = SimpleITK.ReadImage(str(path))
    volume = read_volume(path)
    hu = volume_hu(volume)
    for index in [(0, 0, 0), (3, 10, 20), (7, 63, 47)]:
        position = volume.grid.patient_position_mm(*index)
        column, row, slice_index = image.TransformPhysicalPointToIndex(position.tolist())
        assert hu[index] == image[column, row, slice_index]


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("compress", [False, True], ids=["raw", "packed"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.99])
def test_a_cut_file_is_refused(suffix, compress, kept, plan, tmp_path):
    path = write(plan.hu, tmp_path / f"image{suffix}", compress=compress)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert refusal_of(path) in ("volume_truncated", "volume_detached", "volume_header")


def nrrd(hu, **changes):
    """Bytes of an NRRD file whose fields may be replaced, added or dropped (None)."""
    fields = {
        "type": "short",
        "dimension": "3",
        "space": "left-posterior-superior",
        "sizes": f"{hu.shape[2]} {hu.shape[1]} {hu.shape[0]}",
        "space directions": "(0.7,0,0) (0,0.8,0) (0,0,5)",
        "kinds": "domain domain domain",
        "endian": "little",
        "encoding": "raw",
        "space origin": "(-20,-30,100)",
    }
    fields |= {name.replace("_", " "): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    data = hu.astype(">i2" if fields["endian"] == "big" else "<i2").tobytes()
    packers = {"gzip": gzip.compress, "bzip2": bz2.compress}
    data = packers.get(str(fields["encoding"]), bytes)(data)
    return "\n".join(["NRRD0004", "# comment", *lines, "key:=value", "", ""]).encode() + data


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2"])
@pytest.mark.parametrize("endian", ["little", "big"])
def test_encodings_and_byte_orders_of_nrrd(encoding, endian, plan, tmp_path):
    path = tmp_path / "image.nrrd"
    path.write_bytes(nrrd(plan.hu, encoding=encoding, endian=endian))
    np.testing.assert_array_equal(volume_hu(read_volume(path)), plan.hu)


@pytest.mark.parametrize(
    ("space", "signs"),
    [("RAS", (-1, -1)), ("left-anterior-superior", (1, -1)), ('"LPS"', (1, 1))],
)
def test_every_anatomical_space_lands_in_lps(space, signs, plan, tmp_path):
    path = tmp_path / "image.nrrd"
    directions = f"({0.7 * signs[0]},0,0) (0,{0.8 * signs[1]},0) (0,0,5)"
    origin = f"({-20 * signs[0]},{-30 * signs[1]},100)"
    path.write_bytes(nrrd(plan.hu, space=space, space_directions=directions, space_origin=origin))
    volume = read_volume(path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.grid.origin_mm == ORIGIN


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data_file": "/etc/passwd"}, "volume_detached"),
        ({"datafile": "image.raw"}, "volume_detached"),
        ({"space": None}, "geometry_missing"),
        ({"space": "scanner-xyz"}, "geometry_missing"),
        ({"space_directions": None}, "geometry_missing"),
        ({"space_origin": None}, "geometry_missing"),
        ({"space_directions": "(nan,0,0) (0,0.8,0) (0,0,5)"}, "geometry_not_finite"),
        ({"space_directions": "(0.7,0,0) (0.4,0.8,0) (0,0,5)"}, "grid_not_orthogonal"),
        ({"space_directions": "(x,0,0) (0,0.8,0) (0,0,5)"}, "volume_header"),
        ({"space_directions": "(1,0) (0,0.8,0) (0,0,5)"}, "volume_header"),
        ({"type": "block"}, "volume_type"),
        ({"encoding": "ascii"}, "volume_type"),
        ({"byte_skip": "-1"}, "volume_type"),
        ({"sizes": "48 64"}, "volume_header"),
        ({"sizes": "48 64 -8"}, "volume_header"),
        ({"sizes": "48 64 9"}, "volume_truncated"),
        ({"sizes": "48 64 4 2", "dimension": "4"}, "volume_not_3d"),
        ({"sizes": "99999 99999 9"}, "file_too_large"),
    ],
)
def test_untrustworthy_nrrd_headers_are_refused(changes, code, plan, tmp_path):
    path = tmp_path / "image.nrrd"
    path.write_bytes(nrrd(plan.hu, **changes))
    assert refusal_of(path) == code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"ElementDataFile = LOCAL", b"ElementDataFile = /etc/passwd", "volume_detached"),
        (b"ElementDataFile = LOCAL", b"ElementDataFile = LIST", "volume_detached"),
        (b"DimSize = 48 64 8", b"DimSize = 48 64 0", "volume_header"),
        (b"DimSize = 48 64 8", b"DimSize = 48 64 9", "volume_truncated"),
        (b"ElementType = MET_SHORT", b"ElementType = MET_OTHER", "volume_type"),
        (b"TransformMatrix", b"TransformNothing", "geometry_missing"),
        (b"ElementSpacing = 0", b"ElementSpacing = 1 0", "geometry_missing"),
        (b"ElementSpacing = 0.69999999999999996", b"ElementSpacing = -inf", "geometry_not_finite"),
        (b"ElementSpacing = 0.69999999999999996", b"ElementSpacing = 1e9", "geometry_not_finite"),
        (b"ElementSpacing = 0", b"ElementSpacing = x", "volume_header"),
        (b"NDims = 3", b"NDims = 4", "volume_not_3d"),
    ],
)
def test_untrustworthy_metaimage_headers_are_refused(old, new, code, plan, tmp_path):
    path = write(plan.hu, tmp_path / "image.mha")
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    assert refusal_of(path) == code


def test_a_slicer_segmentation_is_no_image(plan, tmp_path):
    path = tmp_path / "tumour.seg.nrrd"
    path.write_bytes(nrrd(plan.hu))
    assert refusal_of(path) == "no_images"
