"""An opened image is read on demand though its files are gone; the outline in hand is assessed."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.imaging.reading import read_volume
from dlcs_core.imaging.study import Grid, Mask, Study, Volume
from dlcs_core.ui.opened_study import (
    ImportedOutline,
    OpenedImage,
    _hash_of,
    _pack,
    _write,
    remembering,
    with_outline,
)
from dlcs_core.ui.settings import ASSETS


class Upload:
    """What Streamlit hands over: a name that somebody chose, and bytes."""

    def __init__(self, name, content):
        self.name, self.content = name, content

    def getbuffer(self):
        return memoryview(self.content)


@pytest.fixture
def study():
    """Nine slices, the tumour on the middle three."""
    size = (9, 16, 16)
    planes = {index: np.zeros(size[1:], bool) for index in (3, 4, 5)}
    for index, plane in planes.items():
        plane[4 : 8 + (index == 4), 4:8] = True
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    grid = Grid(size, (5.0, 1.0, 1.0), (0.0, 0.0, 0.0), *axes, tuple(5.0 * i for i in range(9)))
    volume = Volume(grid, lambda index: np.full(size[1:], index, np.float32), "nifti")
    return Study(volume, Mask(size, planes), None, "nifti")


def opened(study, imported=True):
    outline = ImportedOutline(study, "f" * 64) if imported else None
    return OpenedImage(study.volume, "a" * 64, False, outline, None)


def test_every_slice_of_an_upload_stays_readable_when_its_files_are_gone(tmp_path, study):
    image = tmp_path / "image"
    source = ASSETS / "demo_cases" / "uncompressed_series" / "image"
    paths = sorted(source.iterdir())
    _pack([Upload(path.name, path.read_bytes()) for path in paths], image)
    volume = read_volume(image)
    image.unlink()
    expected = read_volume(source)
    assert volume.grid == expected.grid
    for slice_index in range(volume.grid.size[0]):
        read = volume.read_slice_hu(slice_index)
        assert np.array_equal(read, expected.read_slice_hu(slice_index))


def test_a_single_zip_is_taken_as_it_is(tmp_path):
    archive = tmp_path / "given.zip"
    source = ASSETS / "demo_cases" / "uncompressed_series" / "image"
    with zipfile.ZipFile(archive, "w") as written:
        for path in source.iterdir():
            written.write(path, path.name)
    _pack([Upload("given.zip", archive.read_bytes())], tmp_path / "image")
    assert read_volume(tmp_path / "image").grid.size == read_volume(source).grid.size


def test_a_slice_is_decoded_once_while_it_is_in_use(study):
    decoded = []

    def read(index):
        decoded.append(index)
        return np.full((16, 16), index, np.float32)

    volume = remembering(replace(study.volume, read_slice_hu=read))
    for _ in range(3):
        assert [volume.read_slice_hu(index)[0, 0] for index in (3, 4, 5)] == [3, 4, 5]
    assert decoded == [3, 4, 5]
    with pytest.raises(ValueError, match="read-only"):
        volume.read_slice_hu(3)[0, 0] = 0


def test_an_outline_nobody_changed_stays_the_imported_one(study):
    image = opened(study)
    same = Mask(study.mask.size, {k: plane.copy() for k, plane in study.mask.planes.items()})
    assert with_outline(image, None).study is study
    assert with_outline(image, same).study is study
    assert with_outline(image, same).sha256 == with_outline(image, None).sha256


def test_one_pixel_more_is_another_study(study):
    image = opened(study)
    planes = {k: plane.copy() for k, plane in study.mask.planes.items()}
    planes[4][0, 0] = True
    changed = with_outline(image, Mask(study.mask.size, planes))
    assert changed.sha256 != with_outline(image, None).sha256
    assert changed.study.mask_format == "polygons"
    assert changed.study.mask.plane(4)[0, 0]


def test_without_any_outline_there_is_no_study(study):
    empty = Mask(study.mask.size, {})
    assert with_outline(opened(study, imported=False), None) is None
    assert with_outline(opened(study, imported=False), empty) is None
    assert with_outline(opened(study), empty) is None


def test_what_is_drawn_belongs_to_image_and_import(study):
    assert opened(study).key != opened(study, imported=False).key


def test_uploads_are_written_under_names_of_our_own(tmp_path):
    names = ["../../etc/passwd", "a/b.nii.gz", "x.dcm", "name.with spaces", "evil.; rm"]
    folder = tmp_path / "image"
    _write([Upload(name, name.encode()) for name in names], folder)
    written = sorted(path.name for path in folder.iterdir())
    assert written == ["00000", "00001.nii.gz", "00002.dcm", "00003", "00004"]
    assert list(tmp_path.iterdir()) == [folder]


def test_neither_names_nor_order_change_the_hash(tmp_path):
    for name, order in (("first", "abc"), ("second", "cab")):
        folder = tmp_path / name
        folder.mkdir()
        for place, content in enumerate(order):
            (folder / f"{place}.dcm").write_text(content)
    assert _hash_of(tmp_path / "first") == _hash_of(tmp_path / "second")
    (tmp_path / "second" / "0.dcm").write_text("d")
    assert _hash_of(tmp_path / "first") != _hash_of(tmp_path / "second")
