import os
from pathlib import Path

import pytest

from dlcs_core.errors import TrainingError
from dlcs_core.preprocessing.settings import PreprocessingSettings
from trainer.sources import NOTHING, read_earlier, signature


@pytest.fixture
def series(tmp_path: Path) -> Path:
    (tmp_path / "series" / "deep").mkdir(parents=True)
    for name in ("a.dcm", "b.dcm", "deep/c.dcm"):
        (tmp_path / "series" / name).write_bytes(name.encode())
    (tmp_path / "mask.nii").write_bytes(b"mask")
    return tmp_path / "series"


def signed(series: Path, region: str | None = None) -> str:
    return signature(series, series.parent / "mask.nii", region)


def test_signature_stays_while_nothing_changes(series: Path) -> None:
    assert signed(series) == signed(series)


def grow(series: Path) -> None:
    (series / "a.dcm").write_bytes(b"longer than before")


def touch(series: Path) -> None:
    os.utime(series / "deep" / "c.dcm", ns=(1, 1))


def add(series: Path) -> None:
    (series / "d.dcm").touch()


def remove(series: Path) -> None:
    (series / "b.dcm").unlink()


def rename(series: Path) -> None:
    (series / "b.dcm").rename(series / "e.dcm")


def change_mask(series: Path) -> None:
    (series.parent / "mask.nii").write_bytes(b"other mask")


@pytest.mark.parametrize("change", [grow, touch, add, remove, rename, change_mask])
def test_signature_follows_every_change_of_a_file(series: Path, change) -> None:  # type: ignore[no-untyped-def]
    before = signed(series)
    change(series)
    assert signed(series) != before


def test_signature_follows_the_region_and_does_not_need_the_files(series: Path) -> None:
    assert signed(series, "1") != signed(series, "2")
    assert len(signature(series / "absent", series / "absent", None)) == 64


def test_what_is_no_cache_is_not_overwritten_and_a_broken_one_is_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(TrainingError) as refusal:
        read_earlier(tmp_path / "folder", PreprocessingSettings())
    assert refusal.value.code == "cache_target_exists"
    (tmp_path / "folder" / "cache.json").write_text("{}")
    assert read_earlier(tmp_path / "folder", PreprocessingSettings()) is NOTHING
    assert read_earlier(tmp_path / "absent", PreprocessingSettings()) is NOTHING
