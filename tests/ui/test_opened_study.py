"""An opened study lives in memory: its files are gone, its hash is that of their contents."""

from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.study import Grid, Mask, Study, Volume
from dlcs_core.preprocessing.slices import select_slices
from dlcs_core.ui.opened_study import _hash_of, _write, in_memory


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


def test_the_three_slices_stay_readable_when_the_files_are_gone(study):
    gone = []

    def read(index):
        if gone:
            raise AssertionError("the files are gone")
        return np.full((16, 16), index, np.float32)

    kept = in_memory(replace(study, volume=replace(study.volume, read_slice_hu=read)))
    gone.append(True)
    assert select_slices(kept).image_hu[:, 0, 0].tolist() == [3, 4, 5]


def test_another_slice_is_refused_by_name(study):
    with pytest.raises(ImagingError) as refusal:
        in_memory(study).volume.read_slice_hu(0)
    assert refusal.value.code == "ui_slice_not_kept"


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
