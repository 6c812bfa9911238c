"""What counts as a file of the study, and what a path may be."""

import os
import zipfile

import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.sources import list_sources


def names(sources):
    return [source.path.name for source in sources]


def refusal_of(path):
    with pytest.raises(ImagingError) as refusal:
        list_sources(path)
    return refusal.value.code


def test_a_folder_is_searched_in_order_and_junk_is_left_out(tmp_path):
    for name in ("b/2", "a/1", "a/.DS_Store", "a/._1", "Thumbs.db", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert names(list_sources(tmp_path)) == ["c", "1", "2"]


def test_links_to_folders_are_not_followed_and_pipes_not_opened(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "slice").write_bytes(b"x")
    (tmp_path / "study" / "loop").symlink_to(tmp_path / "study")
    os.mkfifo(tmp_path / "study" / "pipe")
    assert names(list_sources(tmp_path / "study")) == ["slice"]
    assert refusal_of(tmp_path / "study" / "pipe") == "not_a_file"


def test_a_list_may_mix_files_folders_and_zips(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    with zipfile.ZipFile(tmp_path / "three.zip", "w") as archive:
        archive.writestr("deep/three", b"3")
    sources = list_sources([tmp_path / "folder", tmp_path / "two", tmp_path / "three.zip"])
    assert [source.read_bytes() for source in sources] == [b"1", b"2", b"3"]
    assert [source.size for source in sources] == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.DCM", ".dcm"),
        ("a.nii.gz", ".nii.gz"),
        ("a.b.seg.nrrd", ".seg.nrrd"),
        ("1.2.840.5", ".5"),
        ("plain", ""),
    ],
)
def test_compound_suffixes_stay_whole(name, suffix, tmp_path):
    (tmp_path / name).write_bytes(b"x")
    assert list_sources(tmp_path)[0].suffix == suffix


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("dlcs_core.imaging.sources.MAX_FILES", 3)
    for index in range(4):
        (tmp_path / str(index)).write_bytes(b"x")
    assert refusal_of(tmp_path) == "too_many_files"


def test_a_file_that_vanished_is_refused_when_opened(tmp_path):
    (tmp_path / "slice").write_bytes(b"x")
    source = list_sources(tmp_path)[0]
    (tmp_path / "slice").unlink()
    with pytest.raises(ImagingError) as refusal:
        source.read_bytes()
    assert refusal.value.code == "file_unreadable"
